import { present } from '../../base/index.ts';
import type {
  BpfMapSpec,
  NamedParam,
  ProbeKind,
  RecordSpec,
  RuntimeConstant,
  ScriptMap,
  SourceTrail,
  Target,
  UnwindMaps,
} from '../../program/index.ts';
import { currentPid } from '../builtins/index.ts';
import { type Func, FuncBuilder, type ValueId } from '../ir/index.ts';
import type { Diagnostic, Source } from '../language/index.ts';
import { type ResolvedProbe, sessionQuestion } from '../probes/index.ts';
import {
  type MapIndex,
  type TypedBody,
  type TypedProbe,
  type TypedProgram,
  walkStatements,
} from '../typed/index.ts';
import { lowerStatements } from './blocks.ts';
import { lowerFor } from './calls.ts';
import { findCaptures } from './captures.ts';
import { findCells } from './cells.ts';
import { lowerIntoByKind } from './composites.ts';
import { ConstantPool } from './constants.ts';
import { branch } from './control.ts';
import { readBeforeAssigned } from './definite-assignment.ts';
import { denseSlots } from './dense-bounds.ts';
import { lowerScalarByKind } from './expressions.ts';
import { Refusal } from './failure.ts';
import { at, type FuncContext, releaseLoops } from './func-context.ts';
import { functionsAreCheap } from './function-cost.ts';
import { keyCounts } from './key-counts.ts';
import { LineTable } from './line-table.ts';
import { LoopForms } from './loop-form.ts';
import { lowerScalar } from './lower-expr.ts';
import { mapsInCountedLoops } from './map-functions.ts';
import { MapTable } from './map-table.ts';
import { loopsToOutline } from './outlining.ts';
import type { ProgContext, ProgramContext } from './program-context.ts';
import { RecordTable } from './record-table.ts';
import { leaveAfterRunEnd, placeRunEnd } from './run-end.ts';
import { runtimeConstant } from './runtime-constants.ts';
import { lowerStatement } from './statements.ts';
import { planStorage } from './storage.ts';

/** One prog as IR: the main function, then the callbacks and subprograms it uses. */
export interface LoweredProg {
  /** Index of its ResolvedProbe. */
  readonly probe: number;
  readonly funcs: readonly Func[];
}

/** A script as IR, and the tables of its Program that this filled. */
export interface LoweredProgram {
  readonly progs: readonly LoweredProg[];
  /** `mapFd` and `mapValue` name these by index. */
  readonly bpfMaps: readonly BpfMapSpec[];
  readonly maps: readonly ScriptMap[];
  readonly records: readonly RecordSpec[];
  readonly namedParams: readonly NamedParam[];
  readonly runtimeConstants: readonly RuntimeConstant[];
  /** Indexes into `bpfMaps`. */
  readonly ringBuffer: number | undefined;
  readonly constants: number | undefined;
  readonly unwind: UnwindMaps | undefined;
  readonly lost: { readonly map: number; readonly offset: number; readonly stride: number } | undefined;
  /** IR line -> place in the script; places name `sources` by index. */
  readonly trails: readonly SourceTrail[];
  readonly sources: readonly Source[];
  /** What this target cannot do. With any of them the rest is not to be used. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Turns a typed program into IR.
 *
 * @param probes the attach points that `TypedProbe.probe` names. Program.probes is expected to hold the attachments of
 * `typed.probes`, in order: user-space symbols and stacks say in their value which of them they come from.
 */
export function lowerProgram(
  typed: TypedProgram,
  probes: readonly ResolvedProbe[],
  target: Target,
): LoweredProgram {
  const mapTable = new MapTable(target);
  const maps = planStorage(
    typed.maps,
    {
      addressTaken: addressedMaps(typed),
      dense: functionsAreCheap(target) ? denseSlots(typed) : new Map(),
      keys: typed.options.isObject ? new Map() : keyCounts(typed, probes, target),
    },
    mapTable,
    target,
    typed.structs,
  );
  const constants = new ConstantPool(typed.namedParams, typed.structs);
  const program: ProgramContext = {
    typed,
    target,
    structs: typed.structs,
    options: typed.options,
    maps,
    mapTable,
    records: new RecordTable(),
    constants,
    lines: new LineTable(),
    sharedFuncs: new Map(),
    loopForms: new LoopForms(
      target,
      typed.probes.flatMap((probe) => [...loopsToOutline(probe, probes[probe.probe]?.kind, target)]),
    ),
    ended: placeRunEnd(typed, probes, mapTable),
    clockMap: clockMapOf(typed),
  };
  const progs: LoweredProg[] = [];
  const diagnostics: Diagnostic[] = [];
  let probeId = 0;
  for (const probe of typed.probes) {
    const resolved = present(probes[probe.probe], 'a typed probe names a resolved one');
    const { session } = resolved;
    // It is lowered with its entry.
    if (session?.half === 'exit') continue;
    const exit =
      session === undefined
        ? undefined
        : {
            typed: present(
              typed.probes.find((other) => other.probe === session.exit),
              'the return of a session is checked as any probe',
            ),
            resolved: present(probes[session.exit], 'a session names its return'),
          };
    const lowered = lowerProbe(program, { typed: probe, resolved }, exit, probeId);
    if ('refusals' in lowered) diagnostics.push(...lowered.refusals);
    else progs.push({ probe: probe.probe, funcs: lowered.funcs });
    probeId += resolved.attachments.length;
  }
  // Named parameters are there for the command line, whether or not a prog reads them.
  if (typed.namedParams.length > 0) void mapTable.constants;
  const used = mapTable.used;
  return {
    progs,
    lost:
      used.ringBuffer === undefined
        ? undefined
        : { map: mapTable.globals, offset: 0, stride: mapTable.rowStride },
    bpfMaps: mapTable.finish(constants.contents()),
    maps: program.maps,
    records: program.records.specs,
    namedParams: constants.namedParams,
    runtimeConstants: constants.runtimeConstants,
    ringBuffer: used.ringBuffer,
    constants: used.constants,
    unwind: used.unwind,
    trails: program.lines.trails,
    sources: program.lines.sources,
    diagnostics,
  };
}

function clockMapOf({ maps, options }: TypedProgram): MapIndex | undefined {
  if (options.clockMap === undefined) return undefined;
  return maps.findIndex(({ name }) => name === options.clockMap) as MapIndex; // the checker found it
}

function addressedMaps(typed: TypedProgram): ReadonlySet<MapIndex> {
  const found = new Set<MapIndex>();
  const bodies: readonly TypedBody[] = [...typed.probes, ...typed.fns];
  for (const { statements } of bodies) {
    walkStatements(statements, {
      expr: (expr) => {
        if (expr.kind === 'address-of-map') found.add(expr.map);
      },
    });
  }
  return found;
}

/** A probe's body, and where it runs. */
interface Half {
  readonly typed: TypedProbe;
  readonly resolved: ResolvedProbe;
}

/** @param exit the return that the session of a kprobe runs as well */
function lowerProbe(
  program: ProgramContext,
  entry: Half,
  exit: Half | undefined,
  probeId: number,
): { readonly funcs: readonly Func[] } | { readonly refusals: readonly Diagnostic[] } {
  const funcs: Func[] = [];
  const subprograms = new Set<string>();
  const refusals: Diagnostic[] = [];
  const b = new FuncBuilder({ name: entry.resolved.name.replace(/\W+/g, '_'), role: 'prog', params: 1 });
  const inBody = (half: Half, lower: (f: FuncContext) => void): void => {
    const f = bodyContext(b, half.typed, {
      program,
      probe: half.resolved,
      probeId,
      funcs,
      subprograms,
      mapsBehindFunctions: mapsInCountedLoops(half.typed.statements, program),
      refusals,
      inlining: [],
    });
    at(f, half.typed.at, () => lower(f));
  };
  try {
    if (exit !== undefined) {
      inBody(exit, (f) => branch(f, sessionReturns(f), () => lowerBody(f, exit)));
    }
    inBody(entry, (f) => lowerBody(f, entry));
  } catch (error) {
    // Behind a refusal the function is in no state to be built any further.
    if (error instanceof Refusal) refusals.push(error.diagnostic);
    else if (refusals.length === 0) throw error;
  }
  if (refusals.length > 0) return { refusals };
  return { funcs: [b.finish(), ...funcs] };
}

function bodyContext(b: FuncBuilder, typed: TypedProbe, prog: ProgContext): FuncContext {
  const { program, probe } = prog;
  // A session's prog that gives 1 at the entry would not run at the return.
  const resultOf = (value: ValueId): ValueId => (probe.session === undefined ? value : b.const(0));
  const f: FuncContext = {
    b,
    byKind: { scalar: lowerScalarByKind, into: lowerIntoByKind, statement: lowerStatement },
    prog,
    ctx: () => b.param(0),
    leaveProbe: (value) => b.return(resultOf(value)),
    loops: [],
    body: {
      typed,
      captures: findCaptures(typed, program.loopForms),
      readEarly: readBeforeAssigned(typed.statements, []),
      homes: new Map(),
      cellOffsets: new Map(),
      owner: undefined,
      loopDepth: 0,
      onReturn: (value) => {
        const result = value === undefined ? b.const(probe.defaultReturn) : lowerScalar(f, value);
        releaseLoops(f, 0);
        b.return(resultOf(result));
      },
    },
  };
  return f;
}

function lowerBody(f: FuncContext, { typed, resolved }: Half): void {
  if (resolved.pidFilter) filterByPid(f);
  if (f.prog.program.options.excludeSelf && !ownKinds.has(resolved.kind)) leaveOutSelf(f);
  leaveAfterRunEnd(f);
  if (f.body.captures.inCells.size > 0)
    f.cells = findCells(f.b, f, () => f.leaveProbe(f.b.const(resolved.defaultReturn)));
  lowerStatements(f, typed.statements);
  if (!f.b.isEnded) f.b.return(f.b.const(resolved.defaultReturn));
}

/** Not 0 where the function returns. The kfunc has been given ctx since Linux 7.0. */
function sessionReturns(f: FuncContext): ValueId {
  const btf = f.prog.program.target.btf();
  const id = btf?.find(sessionQuestion, 'func');
  const takesCtx = btf !== undefined && id !== undefined && btf.prototypeOf(id)?.params.length === 1;
  const answer = f.b.callKfunc(sessionQuestion, takesCtx ? [f.ctx()] : []);
  // A bool is the low byte of the result.
  return f.b.binary('and', answer, f.b.const(0xff));
}

/** Kinds that are not about what a process does: the tracer runs them, or a clock does. */
const ownKinds: ReadonlySet<ProbeKind> = new Set([
  'begin',
  'end',
  'self',
  'test',
  'bench',
  'interval',
  'iter',
]);

/** --exclude-self: nothing happens in the tracer. */
function leaveOutSelf(f: FuncContext): void {
  const { b } = f;
  const pid = currentPid(lowerFor(f), 'curr_ns');
  branch(
    f,
    b.compare('eq', pid, runtimeConstant(f, 'self-pid')),
    () => b.return(b.const(f.prog.probe.defaultReturn)),
    undefined,
    'then',
  );
}

/** -p and -c: nothing happens in other processes. */
function filterByPid(f: FuncContext): void {
  const { b } = f;
  const pid = currentPid(lowerFor(f), 'curr_ns');
  branch(f, b.compare('ne', pid, runtimeConstant(f, 'pid-filter')), () => {
    b.return(b.const(f.prog.probe.defaultReturn));
  });
}
