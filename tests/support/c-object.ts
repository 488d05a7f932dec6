import {
  alu64,
  alu64Imm,
  callSubprog,
  encodeInsns,
  exit,
  type Insn,
  ldImm64,
  R0,
  R1,
  R2,
  R3,
  R10,
  slotsOf,
  store,
} from '../../src/bpf/index.ts';
import { BtfBuilder, type BtfMember } from '../../src/btf/index.ts';
import { elfObject, type ObjectRelocation, type ObjectSymbol } from '../../src/compiler/object/elf-object.ts';

export interface ObjectOptions {
  /** Adds a function that takes the addresses of variables and of a map. */
  readonly withMaps?: boolean;
  /** Before the names of all global functions. */
  readonly prefix?: string;
  /** The number of the map's type. */
  readonly mapType?: number;
  /** A property of the map besides the usual ones. */
  readonly mapProperty?: string;
}

/**
 * An object file as clang makes it of
 *
 *     static long add_one(long x) { return x + 1; }        (global, where there are no maps)
 *     long add_two(long x) { … return add_one(add_one(x)); }
 *     long length(const char *s) { return bpf_strlen(s); }
 *     long use_maps(void) { … &counter … &limit … &seen … }
 *
 * with one call that is relocated and one that is not.
 */
export function objectOfFunctions(options: ObjectOptions = {}): Uint8Array {
  const { withMaps = false, prefix = '', mapType = 1, mapProperty } = options;
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
  // An offset in a section stands in the instruction, that of a symbol does not.
  const useMaps: readonly Insn[] = [ldImm64(R1, 8n), ldImm64(R2, 0n), ldImm64(R3, 0n), exit()];
  const code = [...addOne, ...addTwo, ...length, ...(withMaps ? useMaps : [])];
  const bytes = (slots: number): number => slots * 8;
  const start = { two: bytes(3), length: bytes(8), useMaps: bytes(10) };
  const relocations: ObjectRelocation[] = [
    { offset: start.two + bytes(1), type: 'R_BPF_64_32', symbol: '.text' },
    { offset: start.length, type: 'R_BPF_64_32', symbol: 'bpf_strlen' },
  ];
  const func = (name: string, offset: number, insns: readonly Insn[], isGlobal = true): ObjectSymbol => ({
    name: isGlobal ? `${prefix}${name}` : name,
    section: '.text',
    type: 'func',
    isGlobal,
    offset,
    size: bytes(insns.reduce((sum, insn) => sum + slotsOf(insn), 0)),
  });
  const symbols: ObjectSymbol[] = [
    func('add_one', 0, addOne, !withMaps),
    func('add_two', start.two, addTwo),
    func('length', start.length, length),
    { name: 'bpf_strlen', section: '', type: 'func', isGlobal: true, offset: 0, size: 0 },
  ];

  const b = new BtfBuilder();
  const int = (name: string, size: number): number => b.addInt(name, size, 'signed');
  const long = int('long', 8);
  const small = int('int', 4);
  const pointer = b.add({ kind: 'ptr', type: int('char', 1) });
  for (const [name, type] of [
    ['add_one', long],
    ['add_two', long],
    ['length', pointer],
  ] as const) {
    const params = [{ name: 'x', type }];
    const proto = b.add({ kind: 'func_proto', returns: long, params, variadic: false });
    b.add({ kind: 'func', name: `${prefix}${name}`, type: proto, linkage: 'global' });
  }
  if (withMaps) {
    symbols.push(func('use_maps', start.useMaps, useMaps));
    for (const [offset, symbol] of [
      [0, '.data'],
      [16, 'limit'],
      [32, 'seen'],
    ] as const)
      relocations.push({ offset: start.useMaps + offset, type: 'R_BPF_64_64', symbol });
    symbols.push(
      { name: 'limit', section: '.rodata', type: 'object', isGlobal: true, offset: 4, size: 4 },
      { name: 'seen', section: '.maps', type: 'object', isGlobal: true, offset: 0, size: 32 },
    );
    const number = (length: number): number =>
      b.add({ kind: 'ptr', type: b.add({ kind: 'array', type: small, indexType: small, length }) });
    const properties: readonly (readonly [string, number])[] = [
      ['type', number(mapType)],
      ['max_entries', number(16)],
      ['map_flags', number(1)],
      ['key', b.add({ kind: 'ptr', type: small })],
      ['value', b.add({ kind: 'ptr', type: long })],
      ...(mapProperty === undefined ? [] : [[mapProperty, number(1)] as const]),
    ];
    const members = properties.map(
      ([name, type], index): BtfMember => ({ name, type, bitOffset: index * 64, bitfieldSize: 0 }),
    );
    const type = b.add({ kind: 'struct', name: '', size: members.length * 8, members });
    b.add({ kind: 'var', name: 'seen', type, linkage: 'global' });
  }
  return elfObject(
    [
      { name: '.text', bytes: encodeInsns(code), use: 'code', relocations },
      { name: '.data', bytes: new Uint8Array(withMaps ? 16 : 0), use: 'data' },
      ...(withMaps
        ? ([
            { name: '.rodata', bytes: new Uint8Array(8), use: 'constants' },
            { name: '.maps', bytes: new Uint8Array(32), use: 'data' },
          ] as const)
        : []),
      { name: '.BTF', bytes: b.finish(), use: 'notes' },
    ],
    symbols,
  );
}
