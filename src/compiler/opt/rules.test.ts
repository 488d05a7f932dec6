import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asI64 } from '../../base/index.ts';
import {
  computeBinary,
  computeCompare,
  computeUnary,
  isBinaryOp,
  isCompareOp,
  isUnaryOp,
} from '../ir/index.ts';
import { ruleText } from './index.ts';
import { compileRule, definingOps, type Pattern, parsePattern } from './rule-pattern.ts';
import { rules } from './rules.ts';

/** Values of the names in a rule. */
type Names = Readonly<Record<string, bigint>>;

function evaluatePattern(pattern: Pattern, names: Names): bigint {
  switch (pattern.kind) {
    case 'number':
      return pattern.value;
    case 'value':
    case 'constant': {
      const value = names[pattern.name];
      assert.ok(value !== undefined, `${pattern.name} has a value`);
      return asI64(value);
    }
    case 'insn': {
      const args = pattern.args.map((arg) => evaluatePattern(arg, names)) as [bigint, bigint, bigint];
      const { op } = pattern;
      if (isBinaryOp(op)) return computeBinary(op, args[0], args[1]);
      if (isUnaryOp(op)) return computeUnary(op, args[0]);
      if (isCompareOp(op)) return computeCompare(op, args[0], args[1]) ? 1n : 0n;
      return args[0] !== 0n ? args[1] : args[2];
    }
  }
}

function sizeOf(pattern: Pattern): number {
  return pattern.kind === 'insn' ? 1 + pattern.args.reduce((sum, arg) => sum + sizeOf(arg), 0) : 0;
}

const edges = [
  0n,
  1n,
  -1n,
  2n,
  3n,
  31n,
  32n,
  63n,
  64n,
  255n,
  1n << 31n,
  0xffff_ffffn,
  1n << 62n,
  -(1n << 63n),
  (1n << 63n) - 1n,
];
const number = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.nat({ max: 62 }).map((shift) => 1n << BigInt(shift)),
  fc.nat({ max: 63 }).map(BigInt),
);

/** What a pattern wants of the definition of a value. */
function definingOp(pattern: Pattern | undefined): string | undefined {
  if (pattern === undefined || pattern.kind === 'value') return undefined;
  return pattern.kind === 'insn' ? pattern.op : 'const';
}

const rows = Object.entries(rules).flatMap(([op, rows]) => rows.map((rule) => ({ op, rule })));

describe('rules', () => {
  for (const { op, rule } of rows) {
    it(ruleText(rule), () => {
      const from = parsePattern(rule.from);
      const to = parsePattern(rule.to);
      assert.ok(from.kind === 'insn' && from.op === op, 'a rule stands under the operation it starts from');
      assert.equal(compileRule(rule).isOfTwins, /^\((\w+) ([a-z]) \2\)$/.test(rule.from));
      assert.deepEqual(definingOps(rule.from), [definingOp(from.args[0]), definingOp(from.args[1])]);
      assert.ok(sizeOf(to) <= sizeOf(from), 'a rule does not make code longer');
      let applied = 0;
      const names = fc.record({ x: number, y: number, z: number, a: number, b: number });
      fc.assert(
        fc.property(names, (given) => {
          const computed = rule.where === undefined ? {} : rule.where(given);
          if (computed === undefined) return;
          applied++;
          const all = { ...given, ...computed };
          assert.equal(evaluatePattern(to, all), evaluatePattern(from, given));
        }),
        { seed: 20261122, numRuns: 300 },
      );
      assert.ok(applied > 0, 'the rule applies to some constants');
    });
  }
});
