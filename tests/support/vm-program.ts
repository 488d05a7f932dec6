import assert from 'node:assert/strict';
import { countSlots, encodeInsns, type Insn } from '../../src/bpf/index.ts';
import type { BpfMapSpec, BpfProgType, Reloc } from '../../src/program/index.ts';
import {
  createMachine,
  createQuietEnvironment,
  type Machine,
  type MachineOptions,
} from '../../src/vm/index.ts';

/** Every engine has to give the same answers. */
export const engines = ['interpreter', 'wasm'] as const;

/** A machine program made by hand: instructions, the maps they name, and the places that name them. */
export interface HandMade {
  readonly insns: readonly Insn[] | Uint8Array;
  readonly type?: BpfProgType;
  readonly maps?: readonly BpfMapSpec[];
  readonly relocs?: readonly Reloc[];
}

/** A map spec with what tests do not care about filled in. */
export function mapSpec(spec: Partial<BpfMapSpec> & Pick<BpfMapSpec, 'type'>): BpfMapSpec {
  return { name: 'm', keySize: 4, valueSize: 8, maxEntries: 8, flags: 0, role: 'other', ...spec };
}

/** The Program of hand-made progs that share their maps. */
export function handMadeProgram(progs: readonly HandMade[]) {
  return {
    bpfMaps: progs.flatMap((prog) => prog.maps ?? []),
    sources: [],
    progs: progs.map((prog, index) => ({
      name: `prog${index}`,
      type: prog.type ?? ('BPF_PROG_TYPE_SYSCALL' as const),
      insns: prog.insns instanceof Uint8Array ? prog.insns : encodeInsns(prog.insns),
      relocs: prog.relocs ?? [],
      lines: [],
      funcs: [],
    })),
  };
}

/** A machine with hand-made progs. @throws AssertionError when it does not take them. */
export function handMadeMachine(progs: readonly HandMade[], options: Partial<MachineOptions> = {}): Machine {
  const result = createMachine(handMadeProgram(progs), {
    environment: createQuietEnvironment(),
    ringBytes: 4096,
    ...options,
  });
  assert.ok(result.ok, result.ok ? '' : result.rejection.log);
  return result.machine;
}

/** Source registers of ld_imm64 that name a map, and a byte of its value. Source: uapi/linux/bpf.h, BPF_PSEUDO_MAP_FD. */
const MAP_FD = 1;
const MAP_VALUE = 2;

/** What a load of a map or of its value names, when the instruction is one: an index where the kernel has a descriptor. */
export function mapLoadOf(insn: Insn): { readonly map: number; readonly offset?: number } | undefined {
  if (insn.imm64 === undefined || (insn.src !== MAP_FD && insn.src !== MAP_VALUE)) return undefined;
  const map = Number(BigInt.asUintN(32, insn.imm64));
  return insn.src === MAP_FD ? { map } : { map, offset: Number(insn.imm64 >> 32n) };
}

/** Relocations for the loads of maps. */
export function mapRelocs(insns: readonly Insn[]): Reloc[] {
  let slot = 0;
  return insns.flatMap((insn): Reloc[] => {
    const at = slot;
    slot += countSlots([insn]);
    const load = mapLoadOf(insn);
    if (load === undefined) return [];
    const { map, offset } = load;
    return offset === undefined
      ? [{ insn: at, kind: 'map', map }]
      : [{ insn: at, kind: 'map-value', map, offset }];
  });
}
