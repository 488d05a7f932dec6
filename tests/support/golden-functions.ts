import { emitProg } from '../../src/compiler/backend/index.ts';
import { type Func, parseFuncs } from '../../src/compiler/ir/index.ts';
import type { BpfMapSpec, Reloc } from '../../src/program/index.ts';
import { goldenTexts } from './golden-scripts.ts';
import { type engines, handMadeMachine, mapSpec } from './vm-program.ts';

/** The functions of a golden file of the compiler's backend. */
export interface GoldenFunctions {
  readonly file: string;
  readonly funcs: readonly Func[];
  /** What it returns is another number in every run. */
  readonly isChance: boolean;
}

export function goldenFunctions(): readonly GoldenFunctions[] {
  return goldenTexts()
    .filter(({ file }) => file.startsWith('backend/'))
    .map(({ file, text }) => ({ file, funcs: parseFuncs(text), isChance: text.includes('get_prandom') }));
}

/** The maps that the functions name, by number. */
export const functionMaps: readonly BpfMapSpec[] = [
  mapSpec({ type: 'BPF_MAP_TYPE_HASH', keySize: 16, valueSize: 8, maxEntries: 16 }),
  mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 1024, maxEntries: 1 }),
];

/** What a raw tracepoint may have: twelve arguments. */
export const functionCtx: Uint8Array = Uint8Array.from(
  { length: 96 },
  (_, index) => (index * 37 + 11) & 0xff,
);

/** What a run leaves behind. */
export interface FunctionOutcome {
  /** The lower half of what is returned, which is all that the kernel tells. */
  readonly retval: number;
  /** Of the array. */
  readonly value: Uint8Array | undefined;
}

export function runFunctions(funcs: readonly Func[], engine: (typeof engines)[number]): FunctionOutcome {
  const { insns, relocs, scratchBytes } = emitProg(funcs);
  const scratch = functionMaps.length;
  const maps =
    scratchBytes === 0
      ? functionMaps
      : [
          ...functionMaps,
          mapSpec({ type: 'BPF_MAP_TYPE_PERCPU_ARRAY', valueSize: scratchBytes, maxEntries: 1 }),
        ];
  const mapped = relocs.map(
    (reloc): Reloc => (reloc.kind === 'scratch' ? { insn: reloc.insn, kind: 'map', map: scratch } : reloc),
  );
  const type = 'BPF_PROG_TYPE_RAW_TRACEPOINT';
  const machine = handMadeMachine([{ type, insns, maps, relocs: mapped }], { engine });
  const run = machine.run(0, { ctx: functionCtx });
  if (!run.ok) throw new Error(machine.describe(run.fault));
  return { retval: Number(BigInt.asUintN(32, BigInt(run.retval))), value: machine.maps.readArray(1) };
}
