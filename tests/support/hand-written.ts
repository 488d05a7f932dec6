import { encodeInsns, type Insn } from '../../src/bpf/index.ts';
import type { Prog, Program, RunSettings } from '../../src/program/index.ts';

const settings: RunSettings = {
  printMapsOnExit: true,
  maxCatBytes: 10240,
  strTruncTrailer: '..',
  perfRbPages: 64,
  missingProbes: 'error',
  cppDemangle: true,
  cacheUserSymbols: 'PER_PID',
  showDebugInfo: false,
  logSize: 1_000_000,
  maxProbes: 1024,
  maxStrlen: 1024,
};

/** A Program made by hand: what is not given is empty. */
export function handWritten(
  parts: Partial<Omit<Program, 'settings'>> & { readonly settings?: Partial<RunSettings> },
): Program {
  return {
    license: 'GPL',
    sources: [{ name: 'script', text: '' }],
    bpfMaps: [],
    maps: [],
    records: [],
    progs: [],
    probes: [],
    types: { structs: {}, enums: {} },
    runtimeConstants: [],
    namedParams: [],
    ...parts,
    settings: { ...settings, ...parts.settings },
  };
}

/** A prog without lines, of one function. `relocs` count in slots, as everywhere. */
export function handWrittenProg(type: Prog['type'], insns: readonly Insn[], rest: Partial<Prog> = {}): Prog {
  return { name: 'hand_written', type, insns: encodeInsns(insns), relocs: [], lines: [], funcs: [], ...rest };
}
