import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alu64Imm, R1 } from '../../bpf/index.ts';
import { Btf, BtfBuilder, type BtfMember } from '../../btf/index.ts';
import { applyCoreRelocation } from './core-relocations.ts';

const int = (b: BtfBuilder, name: string, size: number, signed = true): number =>
  b.addInt(name, size, signed ? 'signed' : 'unsigned');
const member = (name: string, type: number): BtfMember => ({ name, type, bitOffset: 0, bitfieldSize: 0 });
const struct = (b: BtfBuilder, name: string, ...members: BtfMember[]): number =>
  b.add({ kind: 'struct', name, size: 64, members });
const pointer = (b: BtfBuilder, type: number): number => b.add({ kind: 'ptr', type });
const array = (b: BtfBuilder, type: number, length: number): number =>
  b.add({ kind: 'array', type, indexType: type, length });
const values = (b: BtfBuilder, name: string, ...names: string[]): number =>
  b.add({
    kind: 'enum',
    name,
    size: 4,
    signed: false,
    values: names.map((each, index) => ({ name: each, value: BigInt(index) })),
  });
const func = (b: BtfBuilder, returns: number, ...types: number[]): number =>
  b.add({ kind: 'func_proto', returns, params: types.map((type) => ({ name: '', type })), variadic: false });

const kernel = (() => {
  const b = new BtfBuilder();
  const number = int(b, 'int', 4);
  const inner = struct(b, 'inner', member('a', number), member('b', number));
  struct(
    b,
    'node',
    member('count', number),
    member('name', array(b, int(b, 'char', 1), 4)),
    member('next', pointer(b, inner)),
    member('call', pointer(b, func(b, number, number))),
    member('mode', values(b, 'mode', 'OFF', 'ON')),
    member('part', inner),
  );
  return Btf.parse(b.finish());
})();

/** What bpf_core_type_matches() gives for the type that is made. */
function matches(make: (b: BtfBuilder, number: number) => number): number | undefined {
  const b = new BtfBuilder();
  const type = make(b, int(b, 'int', 4));
  const relocation = { offset: 0, type, access: '0', kind: 'type-matches' } as const;
  return applyCoreRelocation(alu64Imm('mov', R1, -1), relocation, Btf.parse(b.finish()), kernel)[0]?.imm;
}

const node = (...members: [string, (b: BtfBuilder, number: number) => number][]) =>
  matches((b, number) =>
    struct(b, 'node___mine', ...members.map(([name, make]) => member(name, make(b, number)))),
  );

test('a struct matches with its members, or fewer of them', () => {
  assert.equal(node(['count', (_b, number) => number]), 1);
  assert.equal(node(['count', (b) => b.add({ kind: 'const', type: int(b, 'int', 4) })]), 1);
  assert.equal(node(), 1);
  assert.equal(node(['absent', (_b, number) => number]), 0);
  assert.equal(node(['count', (b) => int(b, 'int', 4, false)]), 0);
  assert.equal(node(['count', (b) => int(b, 'long', 8)]), 0);
  assert.equal(
    matches((b, number) => struct(b, 'nobody', member('count', number))),
    0,
  );
});

test('behind a pointer a struct is its name', () => {
  assert.equal(node(['next', (b) => pointer(b, struct(b, 'inner'))]), 1);
  assert.equal(node(['next', (b) => pointer(b, b.add({ kind: 'fwd', name: 'inner', of: 'struct' }))]), 1);
  assert.equal(node(['next', (b) => pointer(b, b.add({ kind: 'fwd', name: 'inner', of: 'union' }))]), 0);
  assert.equal(node(['next', (b) => pointer(b, struct(b, 'other'))]), 0);
  const wrong = (b: BtfBuilder, number: number): number => struct(b, 'inner', member('c', number));
  assert.equal(node(['next', (b, number) => pointer(b, wrong(b, number))]), 1);
  assert.equal(node(['part', wrong]), 0);
});

test('arrays, functions and enums', () => {
  assert.equal(node(['name', (b) => array(b, int(b, 'char', 1), 4)]), 1);
  assert.equal(node(['name', (b) => array(b, int(b, 'char', 1), 5)]), 0);
  assert.equal(node(['call', (b, number) => pointer(b, func(b, number, number))]), 1);
  assert.equal(node(['call', (b, number) => pointer(b, func(b, number))]), 0);
  assert.equal(node(['call', (b, number) => pointer(b, func(b, 0, number))]), 0);
  assert.equal(node(['mode', (b) => values(b, 'mode___mine', 'ON___mine')]), 1);
  assert.equal(node(['mode', (b) => values(b, 'mode', 'ON', 'HALF')]), 0);
});
