import { viewOf } from '../base/index.ts';
import {
  alu64,
  alu64Imm,
  call,
  encodeInsns,
  exit,
  type Insn,
  ldMapValue,
  R0,
  R1,
  R2,
  R3,
  R4,
  R6,
} from '../bpf/index.ts';
import { createMap } from './map.ts';
import { loadProg } from './prog.ts';

/** Bytes of an address. */
const ADDRESS_SIZE = 8;

/**
 * The addresses of kernel symbols, asked of the kernel by a prog: some 20,000 instructions a name, where /proc/kallsyms is 9 MB of text. Linux 6.2:
 * older kernels compare each of their symbols with each name.
 *
 * @param names as kallsyms_lookup_name() takes them: `module:name`, or `name`, which is the first of several that are called so.
 * @returns in the order of the names; 0n for one that is unknown, or hidden (kernel.kptr_restrict).
 * @throws KernelError where progs may not ask: without CAP_BPF and CAP_PERFMON.
 */
export function symbolAddresses(names: readonly string[]): readonly bigint[] {
  if (names.length === 0) return [];
  const texts = names.map((name) => Buffer.from(`${name}\0`, 'latin1'));
  const firstText = names.length * ADDRESS_SIZE;
  const value = Buffer.concat([Buffer.alloc(firstText), ...texts]);
  using map = createMap(
    { name: 'symbols', type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: value.length, maxEntries: 1 },
    1,
  );
  const key = new Uint8Array(4);
  map.update(key, value);
  let at = firstText;
  const questions = texts.flatMap((text, index): Insn[] => {
    const question = [
      alu64('mov', R1, R6),
      alu64Imm('add', R1, at),
      alu64Imm('mov', R2, text.length),
      alu64Imm('mov', R3, 0),
      alu64('mov', R4, R6),
      alu64Imm('add', R4, index * ADDRESS_SIZE),
      call('kallsyms_lookup_name'),
    ];
    at += text.length;
    return question;
  });
  using prog = loadProg({
    name: 'symbols',
    type: 'BPF_PROG_TYPE_SYSCALL',
    license: 'GPL',
    // Progs of this type are not taken otherwise.
    isSleepable: true,
    insns: encodeInsns([ldMapValue(R6, map.fd.raw, 0), ...questions, alu64Imm('mov', R0, 0), exit()]),
  });
  prog.testRun();
  const found = viewOf(map.lookup(key) ?? value);
  return names.map((_name, index) => found.getBigUint64(index * ADDRESS_SIZE, true));
}
