/** Instruction sequences that progs made by hand have in common. Maps are named by their index (see vm-program.ts). */

import type { Insn } from '../../src/bpf/index.ts';
import * as bpf from '../../src/bpf/index.ts';

const { R0, R1, R2, R3, R4, R10 } = bpf;

/** The address of bytes of the stack. 2 instructions. */
export function stackAddress(register: number, off: number): readonly Insn[] {
  return [bpf.alu64('mov', register, R10), bpf.alu64Imm('add', register, off)];
}

/** R0: where the value of a key lies, or 0. `key`: its place on the stack. 4 instructions. */
export function lookUp(map: number, key: number): readonly Insn[] {
  return [bpf.ldMapFd(R1, map), ...stackAddress(R2, key), bpf.call('map_lookup_elem')];
}

/** Key and value lie on the stack. 7 instructions. */
export function update(map: number, key: number, value: number, flags: number): readonly Insn[] {
  return [
    bpf.ldMapFd(R1, map),
    ...stackAddress(R2, key),
    ...stackAddress(R3, value),
    bpf.alu64Imm('mov', R4, flags),
    bpf.call('map_update_elem'),
  ];
}

/** Adds 1 to the number at R0, if there is one. 3 instructions. */
export const countUp: readonly Insn[] = [
  bpf.jumpImm('eq', R0, 0, 2),
  bpf.alu64Imm('mov', R1, 1),
  bpf.atomicAdd(8, R0, 0, R1),
];
