import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alu64Imm, ldImm64, load, R1, R2, store } from '../../bpf/index.ts';
import { Btf, BtfBuilder, type BtfMember } from '../../btf/index.ts';
import { applyCoreRelocation, type CoreRelocation } from './core-relocations.ts';

/** BTF of `struct NAME { … }` and `enum mode { … }`; the ids are the struct's and the enum's. */
function types(
  structName: string,
  modes: Readonly<Record<string, bigint>>,
  members: (b: BtfBuilder, int: (bytes: number, signed?: boolean) => number) => BtfMember[],
) {
  const b = new BtfBuilder();
  const int = (size: number, signed = true): number =>
    b.addInt(`i${size}`, size, signed ? 'signed' : 'unsigned');
  const struct = b.add({ kind: 'struct', name: structName, size: 64, members: members(b, int) });
  const values = Object.entries(modes).map(([name, value]) => ({ name, value }));
  const mode = b.add({ kind: 'enum', name: 'mode', size: 4, signed: false, values });
  return { btf: Btf.parse(b.finish()), struct, mode };
}

const at = (name: string, type: number, bitOffset: number, bitfieldSize = 0): BtfMember => ({
  name,
  type,
  bitOffset,
  bitfieldSize,
});

const own = types('task___mine', { ON: 1n, GONE: 2n }, (b, int) => [
  at('id', int(4), 0),
  at('list', b.add({ kind: 'array', type: int(8), indexType: 1, length: 4 }), 64),
  at('flag', int(4, false), 320, 1),
  at('gone', int(4), 352),
  at('size', int(4, false), 384),
  at('sign', int(4), 416),
]);
const kernel = types('task', { OFF: 0n, ON: 9n }, (b, int) => {
  const list = b.add({ kind: 'array', type: int(8), indexType: 1, length: 8 });
  const inner = b.add({
    kind: 'union',
    name: '',
    size: 64,
    members: [at('list', list, 0), at('id', int(4), 32)],
  });
  return [
    at('', inner, 128),
    at('flag', int(4, false), 76, 1),
    at('size', int(8, false), 0),
    at('sign', int(8), 0),
  ];
});

const relocation = (kind: CoreRelocation['kind'], access: string, type = own.struct): CoreRelocation => ({
  offset: 0,
  type,
  access,
  kind,
});
const applied = (insn: Parameters<typeof applyCoreRelocation>[0], wanted: CoreRelocation) =>
  applyCoreRelocation(insn, wanted, own.btf, kernel.btf);
const immOf = (kind: CoreRelocation['kind'], access: string, type = own.struct): number | undefined =>
  applied(alu64Imm('mov', R1, -1), relocation(kind, access, type))[0]?.imm;
const POISON = 195896080;

describe('members are found by name, through anonymous ones', () => {
  test('offsets', () => {
    assert.equal(immOf('byte-offset', '0:0'), 20);
    assert.equal(immOf('byte-offset', '0:1:2'), 32);
    assert.equal(immOf('byte-offset', '1:0'), 84);
    assert.equal(applied(load(4, R1, R2, 0), relocation('byte-offset', '0:0'))[0]?.off, 20);
    assert.equal(applied(ldImm64(R1, 0n), relocation('byte-offset', '0:0'))[0]?.imm64, 20n);
  });

  test('what is not there makes an instruction that cannot be loaded, unless it is asked for', () => {
    assert.equal(immOf('byte-offset', '0:3'), POISON);
    assert.deepEqual(
      applied(ldImm64(R1, 0n), relocation('byte-offset', '0:3')).map(({ imm }) => imm),
      [POISON, POISON],
    );
    assert.equal(immOf('exists', '0:3'), 0);
    assert.equal(immOf('exists', '0:0'), 1);
  });

  test('a read has the size of an unsigned member in the kernel, a signed one of another size is lost', () => {
    const [read] = applied(load(4, R1, R2, 0), relocation('byte-offset', '0:4'));
    assert.deepEqual(read, load(8, R1, R2, 0));
    assert.deepEqual(applied(store(4, R2, 0, R1), relocation('byte-offset', '0:4'))[0], store(8, R2, 0, R1));
    assert.equal(applied(load(4, R1, R2, 0), relocation('byte-offset', '0:5'))[0]?.imm, POISON);
  });

  test('bitfields', () => {
    // Bit 76: bit 12 of the four bytes at 8.
    assert.equal(immOf('byte-offset', '0:2'), 8);
    assert.equal(immOf('byte-size', '0:2'), 4);
    assert.equal(immOf('left-shift', '0:2'), 64 - 13);
    assert.equal(immOf('right-shift', '0:2'), 63);
    assert.equal(immOf('signed', '0:2'), 0);
    assert.equal(immOf('signed', '0:0'), 1);
  });
});

test('types and enumerators', () => {
  assert.equal(immOf('type-exists', '0'), 1);
  assert.equal(immOf('type-size', '0'), 64);
  assert.equal(immOf('type-id', '0'), kernel.struct);
  assert.equal(immOf('local-type-id', '0'), own.struct);
  assert.equal(immOf('enumerator-value', '0', own.mode), 9);
  assert.equal(immOf('enumerator-exists', '1', own.mode), 0);
  assert.equal(immOf('enumerator-value', '1', own.mode), POISON);
});

test('without BTF of the kernel', () => {
  assert.throws(
    () => applyCoreRelocation(alu64Imm('mov', R1, 0), relocation('exists', '0:0'), own.btf, undefined),
    /types of the kernel, which has no BTF/,
  );
});
