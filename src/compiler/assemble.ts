/**
 * The last stage: IR functions become encoded progs, and everything a run needs becomes one Program.
 *
 * Attach points whose progs came out equal share one: a block on ten tracepoints that reads no argument is loaded once.
 */
import { binaryString, onceForEach, present } from '../base/index.ts';
import type {
  BpfMapSpec,
  LineEntry,
  ProbeSpec,
  Prog,
  ProgFunc,
  Program,
  Reloc,
  SourceTrail,
} from '../program/index.ts';
import { type EmittedProg, emitProg, StackTooSmallError } from './backend/index.ts';
import { collectTypes } from './collect-types.ts';
import type { Func } from './ir/index.ts';
import type { LoweredProgram } from './lower/index.ts';
import type { ObjectFunc } from './object/index.ts';
import { optimize } from './opt/index.ts';
import type { Attachment, ResolvedProbe } from './probes/index.ts';
import type { TypedProgram } from './typed/index.ts';

/** Where stages are shown (`-d`); each call is one function or prog after a stage. */
export interface StageTrace {
  /** The typed tree, and the names of its probes. */
  typed?(program: TypedProgram, probeNames: readonly string[]): void;
  func?(stage: 'ir' | 'ir-opt', func: Func): void;
  prog?(name: string, prog: EmittedProg): void;
  /** Does the work of a stage, once or several times in a compilation; for measuring. */
  step?<T>(stage: string, work: () => T): T;
}

/** Does the work of a stage as the trace wants it. */
export function inStage<T>(trace: StageTrace | undefined, stage: string, work: () => T): T {
  return trace?.step ? trace.step(stage, work) : work();
}

export interface AssembleInput {
  readonly typed: TypedProgram;
  readonly probes: readonly ResolvedProbe[];
  readonly lowered: LoweredProgram;
  readonly cpuV4: boolean;
  /** Functions of imported objects. */
  readonly objectFuncs: readonly ObjectFunc[];
  readonly trace?: StageTrace;
  /** For recordings. */
  readonly noting?: Noting;
}

/** What makes progs tell what they run for and what they are told. Each attachment then has a prog of its own, to be told apart. */
export interface Noting {
  /** Maps behind those of the script. */
  readonly maps: readonly BpfMapSpec[];
  readonly ringBuffer: number;
  /** @param index of the attachment in Program.probes. */
  note(funcs: readonly Func[], probe: ResolvedProbe, attachment: Attachment, index: number): readonly Func[];
}

/** As long as the name of a prog's function may be. Source: include/linux/kallsyms.h, KSYM_NAME_LEN before Linux 6.1, without its NUL. */
const MAX_NAME = 127;
/** A per-CPU map value cannot be larger. Source: include/linux/percpu.h, PCPU_MIN_UNIT_SIZE. */
const MAX_PER_CPU_VALUE = 32768;

export function assemble(input: AssembleInput): Program {
  const { lowered, probes, typed, noting } = input;
  const bpfMaps: BpfMapSpec[] = [...lowered.bpfMaps, ...(noting?.maps ?? [])];
  const ringBuffer = noting?.ringBuffer ?? lowered.ringBuffer;
  const progs: Prog[] = [];
  /** Without another one to be equal to, a prog has no key. */
  const isAlone = noting === undefined && lowered.progs.length === 1;
  const progByCode = new Map<string, number>();
  const specs: ProbeSpec[] = [];
  for (const { probe: index, funcs } of lowered.progs) {
    const probe = present(probes[typed.probes[index]?.probe ?? -1], 'a lowered prog names a probe');
    const optimized = optimizeAll(input, funcs);
    const groups = noting ? probe.attachments.map((each) => [each]) : [probe.attachments];
    for (const attachments of groups) {
      const [first] = attachments;
      const noted = first && noting?.note(optimized, probe, first, specs.length);
      const emitted = emit(input, noted ?? optimized, probe);
      const key = isAlone ? '' : codeKey(emitted, probe);
      let number = progByCode.get(key);
      if (number === undefined) {
        number =
          progs.push(
            makeProg(
              emitted,
              probe,
              lowered.trails,
              [...funcs, ...rawParams(input.objectFuncs)],
              progs.length,
              () => addScratch(bpfMaps, emitted.scratchBytes),
            ),
          ) - 1;
        progByCode.set(key, number);
      }
      for (const each of attachments) specs.push(withProg(each, number));
    }
  }
  return {
    license: typed.license,
    sources: lowered.sources.map(({ name, text }) => ({ name, text })),
    bpfMaps,
    maps: lowered.maps,
    records: lowered.records,
    progs,
    probes: specs,
    types: collectTypes(lowered.records, lowered.maps, typed.structs),
    ...(ringBuffer === undefined ? {} : { ringBuffer }),
    ...(lowered.constants === undefined ? {} : { constants: lowered.constants }),
    runtimeConstants: lowered.runtimeConstants,
    namedParams: lowered.namedParams,
    ...(lowered.unwind === undefined ? {} : { unwind: lowered.unwind }),
    ...(lowered.lost === undefined ? {} : { lost: lowered.lost }),
    settings: typed.settings,
  };
}

/** A ProbeSpec is its attachment and a prog: the type of the first says so for every kind, which the union hides from the compiler. */
function withProg(attachment: Attachment, prog: number): ProbeSpec {
  return { ...attachment, prog } as ProbeSpec;
}

/** Progs share functions. */
const optimizeOnce = onceForEach((func: Func) => optimize(func));

function optimizeAll({ trace }: AssembleInput, funcs: readonly Func[]): readonly Func[] {
  for (const func of funcs) trace?.func?.('ir', func);
  return inStage(trace, 'optimize', () => funcs.map(optimizeOnce));
}

function emit(input: AssembleInput, optimized: readonly Func[], probe: ResolvedProbe): EmittedProg {
  const { trace } = input;
  for (const func of optimized) trace?.func?.('ir-opt', func);
  const { onStackLimit } = input.typed.options;
  const emitted = inStage(trace, 'emit', () => {
    try {
      return emitProg(optimized, { cpuV4: input.cpuV4, onStackLimit }, input.objectFuncs);
    } catch (error) {
      if (!(error instanceof StackTooSmallError)) throw error;
      throw new ProbeTooLargeError(probe, error.message, { cause: error });
    }
  });
  trace?.prog?.(probe.name, emitted);
  return emitted;
}

/** Equal for progs that the kernel could not tell apart, names and lines left out. */
function codeKey(emitted: EmittedProg, probe: ResolvedProbe): string {
  const target = JSON.stringify([
    probe.progType,
    probe.expectedAttachType,
    probe.attachBtf,
    emitted.relocs,
    emitted.scratchBytes,
  ]);
  return target + binaryString(emitted.insns);
}

function addScratch(bpfMaps: BpfMapSpec[], bytes: number): number {
  return (
    bpfMaps.push({
      name: `scratch${bpfMaps.length}`,
      type: 'BPF_MAP_TYPE_PERCPU_ARRAY',
      keySize: 4,
      valueSize: bytes,
      maxEntries: 1,
      flags: 0,
      role: 'scratch',
    }) - 1
  );
}

/** What is said of a function beside its code. */
interface Signature {
  readonly name: string;
  readonly role?: Func['role'];
  readonly params: readonly unknown[];
}

function rawParams(funcs: readonly ObjectFunc[]): readonly Signature[] {
  return funcs.map(({ name, params }) => ({ name, params: Array.from({ length: params }) }));
}

function makeProg(
  emitted: EmittedProg,
  probe: ResolvedProbe,
  trails: readonly SourceTrail[],
  funcs: readonly Signature[],
  index: number,
  scratchMap: () => number,
): Prog {
  if (emitted.scratchBytes > MAX_PER_CPU_VALUE) {
    throw new ProbeTooLargeError(
      probe,
      `the strings and other large values of this probe need ${emitted.scratchBytes} bytes at once, and a CPU has ${MAX_PER_CPU_VALUE} for them`,
    );
  }
  const scratch = emitted.scratchBytes > 0 ? scratchMap() : -1;
  const byName = new Map(funcs.map((func) => [func.name, func]));
  const number = `_${index + 1}`;
  const name = probe.name.replace(/[^A-Za-z0-9]/g, '_').slice(0, MAX_NAME - number.length) + number;
  return {
    name,
    type: probe.progType,
    ...(probe.expectedAttachType === undefined ? {} : { expectedAttachType: probe.expectedAttachType }),
    ...(probe.attachBtf === undefined ? {} : { attachBtf: probe.attachBtf }),
    insns: emitted.insns,
    relocs: emitted.relocs.map(
      (reloc): Reloc => (reloc.kind === 'scratch' ? { insn: reloc.insn, kind: 'map', map: scratch } : reloc),
    ),
    lines: emitted.lines.flatMap(({ insn, at }): LineEntry[] => {
      const trail = trails[at];
      return trail ? [{ insn, trail }] : [];
    }),
    // the prog itself has one name, by which `fentry:bpf:` finds it
    funcs: emitted.funcs.map(
      (func): ProgFunc => ({
        name: func.insn === 0 ? name : func.name,
        insn: func.insn,
        params: byName.get(func.name)?.params.length ?? 0,
        isGlobal: byName.get(func.name)?.role === 'subprog',
      }),
    ),
  };
}

/** What a prog keeps does not fit the memory there is for it. */
export class ProbeTooLargeError extends Error {
  override readonly name = 'ProbeTooLargeError';
  readonly probe: ResolvedProbe;

  constructor(probe: ResolvedProbe, message: string, options?: ErrorOptions) {
    super(message, options);
    this.probe = probe;
  }
}
