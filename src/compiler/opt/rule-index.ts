/**
 * Finds the rules that may apply to an instruction by what it is and what defines its operands. Few of the combinations that scripts have
 * lead to any rule, and of all rules a script needs a handful, so each step is made when it is first asked for:
 *
 *     add  ──▶  call  ──▶  const  ──▶  (add x 0)
 *                     └──▶  add   ──▶  (add (add x a) y), with its operands exchanged
 */
import { lazily } from '../../base/index.ts';
import type { Op } from '../ir/index.ts';
import { type CompiledRule, compileRule, mayMatch } from './rule-pattern.ts';
import { type Rule, rules } from './rules.ts';

/** By operation: the rows that start from it. */
const rowsByOp = lazily(() => {
  const byOp = new Map<string, Rule[]>();
  for (const rule of rules) {
    const op = rule.from.slice(1, rule.from.indexOf(' '));
    const rows = byOp.get(op);
    if (rows === undefined) byOp.set(op, [rule]);
    else rows.push(rule);
  }
  return byOp;
});

/** The rules of one operation, and those of them that may apply by the operation that defines the first operand, then the second. */
interface RulesOfOp {
  readonly all: readonly CompiledRule[];
  readonly byFirst: Map<Op | undefined, Map<Op | undefined, readonly CompiledRule[]>>;
}

const rulesByOp = new Map<Op, RulesOfOp>();

/** The rules that may apply to `op`, in their order, by the operations that define its first two operands. */
export function rulesFor(op: Op, first: Op | undefined, second: Op | undefined): readonly CompiledRule[] {
  let rulesOfOp = rulesByOp.get(op);
  if (rulesOfOp === undefined) {
    rulesOfOp = { all: (rowsByOp().get(op) ?? []).map(compileRule), byFirst: new Map() };
    rulesByOp.set(op, rulesOfOp);
  }
  let bySecond = rulesOfOp.byFirst.get(first);
  if (bySecond === undefined) {
    bySecond = new Map();
    rulesOfOp.byFirst.set(first, bySecond);
  }
  let found = bySecond.get(second);
  if (found === undefined) {
    found = rulesOfOp.all.filter((rule) => mayMatch(rule, first, second));
    bySecond.set(second, found);
  }
  return found;
}
