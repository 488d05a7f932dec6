/**
 * From the syntax tree to the typed tree.
 *
 *     macros  ->  maps of the script  ->  types, until they stop growing  ->  one last walk that reports and is kept
 */
import { voidType } from '../../types/index.ts';
import { type Diagnostic, hasErrors, type Probe } from '../language/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import type {
  TypedBody,
  TypedFn,
  TypedLocal,
  TypedProbe,
  TypedProgram,
  TypedStatement,
} from '../typed/index.ts';
import { checkBody } from './blocks.ts';
import {
  type Body,
  DiagnosticSink,
  type FnSignature,
  inScope,
  makeBody,
  makeCheckDiagnostic,
  type ProgramContext,
  report,
  type Variable,
} from './body.ts';
import { type CheckInput, makeContext } from './check-input.ts';
import { checkCondition } from './conditionals.ts';
import { declareFns } from './declare-fns.ts';
import {
  checkClockMap,
  checkMapKinds,
  checkUsualSize,
  declareArrays,
  declareMaps,
  typedMap,
} from './declare-maps.ts';
import { indexArrayMaps } from './elements.ts';
import { Inference } from './inference.ts';
import { isUnknown } from './literals.ts';
import { expandMacros, shownName } from './macros.ts';
import { collectMapShapes, mapsMentioned } from './map-shapes.ts';
import { alwaysReturns, reportNoResult } from './statements.ts';
import { declareVariable } from './variables.ts';
import { inOrderOfPasses } from './warning-order.ts';

export interface CheckResult {
  /** Absent when there is an error among the diagnostics. */
  readonly program?: TypedProgram;
  readonly diagnostics: readonly Diagnostic[];
}

/** Types only grow, and there are few of them; more rounds than this mean that compile-time branches contradict each other. */
const MAX_ROUNDS = 200;

/** Checks a whole script; everything that is wrong is among the diagnostics. */
export function checkScript(input: CheckInput): CheckResult {
  const expanded = expandMacros(input.script);
  if (hasErrors(expanded.diagnostics)) return { diagnostics: expanded.diagnostics };
  const inference = new Inference();
  const sink = new DiagnosticSink();
  for (const diagnostic of expanded.diagnostics) sink.add(diagnostic);
  const declarations = input.script.items.filter((item) => item.kind === 'map-declaration');
  const arrays = input.script.items.filter((item) => item.kind === 'map-type-declaration');
  const arrayNames = new Set(arrays.map(({ map }) => map.name));
  const scriptProbes = expanded.probes.map((probe) => indexArrayMaps(probe, arrayNames));
  const scriptFns = expanded.fns.map((fn) => indexArrayMaps(fn, arrayNames));
  const shapes = collectMapShapes(declarations, scriptFns, scriptProbes);
  const maps = declareMaps(inference, shapes, declarations, sink);
  declareArrays(input, inference, arrays, sink);
  markPruned(inference, scriptProbes, input.probes);
  const program = makeContext(input, inference, sink, declareFns(input, inference, scriptFns, sink));
  const bodies = {
    probes: input.probes.map((probe) => ({ probe, id: {}, block: scriptProbes[probe.block] })),
    fns: program.fns,
  };
  settle(program, bodies);
  program.isFinal = true;
  const fns = bodies.fns.map((fn) => checkFn(program, fn));
  const probes = bodies.probes.flatMap(({ probe, id, block }, index) =>
    block ? [checkProbe(program, probe, id, block, index)] : [],
  );
  checkMapKinds(program, maps);
  checkUsualSize(input, maps, sink);
  checkClockMap(sink, input.options.clockMap, maps);
  if (program.untyped && !hasErrors(sink.diagnostics)) {
    sink.add(makeCheckDiagnostic('type-unresolved', program.untyped, []));
  }
  const diagnostics = inOrderOfPasses(sink.diagnostics);
  if (hasErrors(diagnostics)) return { diagnostics };
  return {
    diagnostics,
    program: {
      maps: inference.maps.map((map) => typedMap(map, input.options.maxMapKeys)),
      probes,
      fns,
      namedParams: program.namedParams.all,
      structs: input.types,
      settings: input.settings,
      license: input.license,
      options: input.options,
    },
  };
}

/** Blocks without attach points (config `missing_probes`) are not looked at; the maps they alone fill exist all the same. */
function markPruned(
  inference: Inference,
  blocks: readonly Probe[],
  resolved: readonly ResolvedProbe[],
): void {
  const kept = new Set(resolved.map((probe) => probe.block));
  for (const [index, block] of blocks.entries()) {
    if (kept.has(index)) continue;
    for (const name of mapsMentioned(block)) {
      const map = inference.map(name);
      if (map) map.isRead = true;
    }
  }
}

interface Bodies {
  readonly probes: readonly {
    readonly probe: ResolvedProbe;
    readonly id: object;
    readonly block: Probe | undefined;
  }[];
  readonly fns: readonly FnSignature[];
}

/** Walks all bodies until no type grows any more. */
function settle(program: ProgramContext, bodies: Bodies): void {
  const { inference } = program;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const fn of bodies.fns) checkFn(program, fn);
    for (const [index, { probe, id, block }] of bodies.probes.entries()) {
      if (block) checkProbe(program, probe, id, block, index);
    }
    if (inference.takeGrowth() || inference.seedMaps()) continue;
    if (program.guessesIntegers) {
      if (!inference.seedCircles()) return;
    } else if (inference.hasCircles()) program.guessesIntegers = true;
    else return;
  }
}

/** `probe /predicate/ { … }` is `probe { if (predicate) { … } }`. */
function checkProbe(
  program: ProgramContext,
  resolved: ResolvedProbe,
  id: object,
  block: Probe,
  index: number,
): TypedProbe {
  const body = makeBody(program, id, resolved, undefined);
  const { predicate } = block;
  const condition =
    predicate &&
    inScope(body, () => checkCondition(body, predicate, { at: block.predicateSpan ?? predicate.span }));
  const inner = checkBody(body, block.body);
  const isGuarded = predicate && condition && !isUnknown(condition);
  const statements: readonly TypedStatement[] = isGuarded
    ? // biome-ignore lint/suspicious/noThenProperty: the tree's own word; nodes are never awaited
      [{ kind: 'if', at: predicate.span, condition, then: inner, else: [] }]
    : inner;
  return { probe: index, at: block.headSpan, ...finishBody(body, statements) };
}

function checkFn(program: ProgramContext, signature: FnSignature): TypedFn {
  const { fn, params, result } = signature;
  const body = makeBody(program, fn, undefined, signature);
  return inScope(body, () => {
    const locals = fn.params.map((param, index) => {
      const type = params[index]?.type ?? voidType;
      return declareVariable(body, {
        name: param.variable.name,
        declaration: param,
        at: param.span,
        fixed: type,
        origin: 'parameter',
        isAssigned: true,
      }).index;
    });
    const statements = checkBody(body, fn.body);
    if (result.kind !== 'void' && !alwaysReturns(statements)) reportNoResult(body, signature, fn.headSpan);
    return { name: fn.name.text, params: locals, result, at: fn.headSpan, ...finishBody(body, statements) };
  });
}

function finishBody(body: Body, statements: readonly TypedStatement[]): TypedBody {
  for (const variable of body.variables) {
    if (variable.origin === 'let' && !variable.isAssigned) {
      report(body, 'variable-never-assigned', variable.at, [shownName(variable.name)]);
    }
  }
  const readFirst = [...body.readAtStart.values()].map(
    ({ local, value }): TypedStatement => ({ kind: 'set-local', at: value.at, local, value }),
  );
  return {
    locals: body.variables.map((variable) => typedLocal(body, variable)),
    statements: [...readFirst, ...statements],
  };
}

function typedLocal(body: Body, variable: Variable): TypedLocal {
  const type = variable.fixed ?? body.program.inference.variable(body.id, variable.declaration);
  return { name: shownName(variable.name), type: type ?? { kind: 'int', size: 8, signed: true } };
}
