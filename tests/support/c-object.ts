import {
  alu64,
  alu64Imm,
  callSubprog,
  encodeInsns,
  exit,
  type Insn,
  R0,
  R1,
  R10,
  store,
} from '../../src/bpf/index.ts';
import { BtfBuilder } from '../../src/btf/index.ts';
import { elfObject, type ObjectRelocation } from '../../src/compiler/object/elf-object.ts';

/**
 * An object file as clang makes it of
 *
 *     long add_one(long x) { return x + 1; }
 *     long add_two(long x) { … return add_one(add_one(x)); }
 *     long length(const char *s) { return bpf_strlen(s); }
 *
 * with one call that is relocated and one that is not. `withData`: a load of a global variable besides.
 */
export function objectOfFunctions(options: { readonly withData?: boolean } = {}): Uint8Array {
  const addOne: readonly Insn[] = [alu64('mov', R0, R1), alu64Imm('add', R0, 1), exit()];
  const addTwo: readonly Insn[] = [
    store(8, R10, -16, R1),
    // Relocated: to the byte 8 * (imm + 1) of the section.
    callSubprog(-1),
    alu64('mov', R1, R0),
    // From behind itself, which is slot 7 of the section.
    callSubprog(-7),
    exit(),
  ];
  const length: readonly Insn[] = [callSubprog(-1), exit()];
  const code = [...addOne, ...addTwo, ...length];
  const bytes = (insns: number): number => insns * 8;
  const start = { two: bytes(3), length: bytes(8) };
  const relocations: ObjectRelocation[] = [
    { offset: start.two + bytes(1), type: 'R_BPF_64_32', symbol: '.text' },
    { offset: start.length, type: 'R_BPF_64_32', symbol: 'bpf_strlen' },
    ...(options.withData ? [{ offset: 0, type: 'R_BPF_64_64' as const, symbol: 'counter' }] : []),
  ];
  const b = new BtfBuilder();
  const int = (name: string, size: number): number =>
    b.add({ kind: 'int', name, size, bits: size * 8, bitOffset: 0, signed: true, char: false, bool: false });
  const long = int('long', 8);
  const pointer = b.add({ kind: 'ptr', type: int('char', 1) });
  for (const [name, type] of [
    ['add_one', long],
    ['add_two', long],
    ['length', pointer],
  ] as const) {
    const params = [{ name: 'x', type }];
    const proto = b.add({ kind: 'func_proto', returns: long, params, variadic: false });
    b.add({ kind: 'func', name, type: proto, linkage: 'global' });
  }
  const func = (name: string, offset: number, count: number) =>
    ({ name, section: '.text', type: 'func', isGlobal: true, offset, size: bytes(count) }) as const;
  return elfObject(
    [
      { name: '.text', bytes: encodeInsns(code), use: 'code', relocations },
      { name: '.data', bytes: new Uint8Array(8), use: 'data' },
      { name: '.BTF', bytes: b.finish(), use: 'notes' },
    ],
    [
      func('add_one', 0, 3),
      func('add_two', start.two, 5),
      func('length', start.length, 2),
      { name: 'bpf_strlen', section: '', type: 'func', isGlobal: true, offset: 0, size: 0 },
      { name: 'counter', section: '.data', type: 'object', isGlobal: true, offset: 0, size: 8 },
    ],
  );
}
