import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type IntSize,
  type IntType,
  int8,
  int16,
  int32,
  int64,
  intType,
  sameType,
  spellType,
  type Type,
  uint8,
  uint16,
  uint32,
  uint64,
} from '../../types/index.ts';
import { annotatedKey, flexible, isFlexible, spaceOf, withSpace } from './annotations.ts';
import { compatible, fitsInto, promote } from './promotion.ts';

const flexibleByte = flexible(int8);

test('two integer types give the type that holds both', () => {
  const cases: readonly [IntType, IntType, IntType][] = [
    [int8, int32, int32],
    [uint16, uint8, uint16],
    [uint8, int16, int16],
    [uint8, int8, int16],
    [uint32, int8, int64],
    [uint64, int64, int64],
    [flexibleByte, uint64, uint64],
    [uint8, flexible(int16), uint16],
    [flexibleByte, int8, int8],
  ];
  for (const [left, right, both] of cases) {
    for (const [a, b] of [
      [left, right],
      [right, left],
    ] as const) {
      const promoted = promote(a, b);
      assert.ok(
        promoted && sameType(promoted, both),
        `${spellType(a)}, ${spellType(b)}: ${promoted && spellType(promoted)}`,
      );
    }
  }
});

test('what stays flexible, and where an address leads, survives promotion', () => {
  const grown = promote(flexibleByte, flexible(int16));
  assert.ok(grown && isFlexible(grown));
  const rigid = promote(flexibleByte, uint8);
  assert.ok(rigid && !isFlexible(rigid));
  const address = promote(withSpace(uint64, 'kernel'), uint64);
  assert.equal(address && spaceOf(address), 'kernel');
});

test('strings, tuples and records grow member by member; other kinds do not mix', () => {
  const text = (size: number): Type => ({ kind: 'string', size });
  const tuple: Type = { kind: 'tuple', elements: [int8, text(3)] };
  const grown = promote(tuple, { kind: 'tuple', elements: [uint32, text(2)] });
  assert.equal(grown && spellType(grown), '(int64,string[3])');
  const record = promote(
    {
      kind: 'record',
      fields: [
        { name: 'a', type: int8 },
        { name: 'b', type: text(2) },
      ],
    },
    {
      kind: 'record',
      fields: [
        { name: 'b', type: text(9) },
        { name: 'a', type: int32 },
      ],
    },
  );
  assert.equal(record && spellType(record), 'record { .a = int32, .b = string[9] }');
  assert.equal(promote(text(3), int8), undefined);
  assert.equal(promote(tuple, { kind: 'tuple', elements: [int8] }), undefined);
});

const width = fc.constantFrom<IntSize>(1, 2, 4, 8);
const declared = fc.tuple(width, fc.boolean()).map(([size, signed]) => intType(size, signed));
const literal = width.map((size) => flexible(intType(size, true)));

/** Types of every shape, made of the given integers. */
function typesOf(integer: fc.Arbitrary<Type>): fc.Arbitrary<Type> {
  return fc.letrec<{ type: Type }>((tie) => ({
    type: fc.oneof(
      { maxDepth: 2 },
      integer,
      fc.integer({ min: 1, max: 20 }).map((size): Type => ({ kind: 'string', size })),
      fc
        .array(tie('type'), { minLength: 1, maxLength: 3 })
        .map((elements): Type => ({ kind: 'tuple', elements })),
    ),
  })).type;
}

const type = typesOf(fc.oneof(declared, literal));

test('promotion settles: doing it again changes nothing', () => {
  fc.assert(
    fc.property(type, type, (left, right) => {
      const both = promote(left, right);
      assert.equal(both !== undefined, compatible(left, right));
      if (!both) return;
      for (const again of [promote(both, right), promote(both, left), promote(both, both)]) {
        assert.equal(again && annotatedKey(again), annotatedKey(both));
      }
    }),
    { seed: 20261122 },
  );
});

test('what fits a declared place needs no larger one', () => {
  fc.assert(
    fc.property(type, typesOf(declared), (value, place) => {
      if (!fitsInto(value, place)) return;
      const both = promote(place, value);
      assert.ok(both && sameType(both, place), `${spellType(value)} in ${spellType(place)}`);
    }),
    { seed: 20261122 },
  );
});
