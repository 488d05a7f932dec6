import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dwarfFixture } from '../../../tests/support/dwarf-sections.ts';
import { present } from '../../base/index.ts';
import { openDwarf } from '../../dwarf/index.ts';
import { type Arch, archFacts } from '../../program/index.ts';
import { paramSources } from './calling-convention.ts';

const { binary, functions } = dwarfFixture('version-5-plain');
const dwarf = present(
  openDwarf({ sections: { section: (name) => binary.get(name) } }),
  'the fixture has debug information',
);

/** Of `draw(struct Shape *, const char *, unsigned char, point_t, double, char **)`, where these parameters are. */
function sources(arch: Arch, indexes: readonly number[]): readonly string[] {
  const params = dwarf.functionAt(functions['draw'] ?? 0)?.params ?? [];
  const types = indexes.flatMap((index) => params[index]?.type ?? []);
  assert.equal(types.length, indexes.length);
  return paramSources(dwarf, types, archFacts(arch)).map((source) => {
    if (source.kind === 'register') return source.name;
    return source.kind === 'user-stack' ? `stack+${source.offset}` : source.kind;
  });
}

test('pointers, numbers and small structs take the argument registers in order; floating point numbers take none', () => {
  assert.deepEqual(sources('x86_64', [0, 1, 2, 3, 4, 5]), ['di', 'si', 'dx', 'cx', 'unreadable', 'r8']);
  assert.deepEqual(sources('aarch64', [0, 1, 2, 3, 4, 5]), ['r0', 'r1', 'r2', 'r3', 'unreadable', 'r4']);
});

test('what finds no register is on the stack, behind the return address where the call puts one', () => {
  assert.deepEqual(sources('x86_64', [0, 0, 0, 0, 0, 0, 2, 4, 3]).slice(6), [
    'stack+8',
    'unreadable',
    'stack+16',
  ]);
  assert.deepEqual(sources('aarch64', [0, 0, 0, 0, 0, 0, 0, 0, 2, 3]).slice(8), ['stack+0', 'stack+8']);
  const doubles = Array.from({ length: 9 }, () => 4);
  assert.deepEqual(sources('x86_64', doubles).at(-1), 'stack+8');
});
