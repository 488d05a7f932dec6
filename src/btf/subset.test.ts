import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Btf, BtfBuilder, definitionText, subsetBtf } from './index.ts';

/** struct chain1 { int n; struct chain2 *next; struct inner { … } in; callback *call; }, … and something else. */
function chain(): Btf {
  const b = new BtfBuilder();
  const int = b.addInt('int', 4, 'signed');
  const member = (name: string, type: number, bitOffset: number) => ({
    name,
    type,
    bitOffset,
    bitfieldSize: 0,
  });
  const inner = b.add({ kind: 'struct', name: 'inner', size: 4, members: [member('x', int, 0)] });
  b.add({ kind: 'struct', name: 'unrelated', size: 4, members: [member('x', int, 0)] });
  // Ids that follow: structs 4, 6 and 8 with pointers 5 and 7 between them, then the rest.
  const structs = [4, 6, 8];
  for (const [index, id] of structs.entries()) {
    const next = structs[index + 1];
    b.add({
      kind: 'struct',
      name: `chain${index + 1}`,
      size: 24,
      members: [
        member('n', int, 0),
        ...(next === undefined ? [] : [member('next', id + 1, 64)]),
        ...(index === 0 ? [member('in', inner, 32), member('call', 10, 128)] : []),
      ],
    });
    if (next !== undefined) b.add({ kind: 'ptr', type: next });
  }
  const proto = b.add({
    kind: 'func_proto',
    returns: int,
    params: [{ name: 'a', type: int }],
    variadic: false,
  });
  b.add({ kind: 'ptr', type: proto });
  return Btf.parse(b.finish());
}

describe('a subset of BTF', () => {
  const whole = chain();
  const root = whole.find('chain1', 'struct') ?? 0;

  test('has what lies inside, and what pointers lead to, as it was', () => {
    const part = Btf.parse(subsetBtf(whole, [root], 1));
    for (const name of ['chain1', 'chain2', 'inner']) {
      const [id, before] = [part.find(name, 'struct') ?? 0, whole.find(name, 'struct') ?? 0];
      assert.equal(definitionText(part, id), definitionText(whole, before));
      assert.equal(part.sizeOf(id), whole.sizeOf(before));
    }
    assert.equal(part.find('unrelated', 'struct'), undefined);
  });

  test('keeps the names of what is too far', () => {
    const part = Btf.parse(subsetBtf(whole, [root], 1));
    assert.equal(part.find('chain3', 'struct'), undefined);
    assert.notEqual(part.find('chain3', 'fwd'), undefined);
    const near = Btf.parse(subsetBtf(whole, [root], 0));
    assert.notEqual(near.find('chain2', 'fwd'), undefined);
    assert.equal(near.sizeOf(near.find('chain1', 'struct') ?? 0), 24);
  });

  test('of everything is everything, of nothing is nothing', () => {
    assert.equal(
      Btf.parse(subsetBtf(whole, [], 9)).typeCount,
      Btf.parse(new BtfBuilder().finish()).typeCount,
    );
    const all = Btf.parse(subsetBtf(whole, [root, whole.find('unrelated', 'struct') ?? 0], 9));
    assert.equal(all.typeCount, whole.typeCount);
  });
});
