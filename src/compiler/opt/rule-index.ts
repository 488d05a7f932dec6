/**
 * Finds the rules that may apply to an instruction by what it is and what defines its operands. Few of the combinations that scripts have
 * lead to any rule, and of all rules a script needs a handful, so each step is made when it is first asked for:
 *
 *     add  ──▶  call  ──▶  const  ──▶  (add x 0)
 *                     └──▶  add   ──▶  (add (add x a) y), with its operands exchanged
 */
import type { Op } from '../ir/index.ts';
import { type CompiledRule, compileRule, mayMatch } from './rule-pattern.ts';
import { rules } from './rules.ts';

/** The rules of one operation, and those of them that may apply by the operation that defines the first operand, then the second. */
interface RulesOfOp {
  readonly all: readonly CompiledRule[];
  readonly byFirst: ByFirst;
  /** The same for operands that are one value. */
  readonly byFirstOfTwins: ByFirst;
}

type ByFirst = Map<Op | undefined, Map<Op | undefined, readonly CompiledRule[]>>;

const rulesByOp = new Map<Op, RulesOfOp>();

/**
 * The rules that may apply to `op`, in their order, by the operations that define its first two operands.
 *
 * @param areTwins whether these are one value.
 */
export function rulesFor(
  op: Op,
  first: Op | undefined,
  second: Op | undefined,
  areTwins: boolean,
): readonly CompiledRule[] {
  let rulesOfOp = rulesByOp.get(op);
  if (rulesOfOp === undefined) {
    const all = (rules[op] ?? []).map(compileRule);
    rulesOfOp = { all, byFirst: new Map(), byFirstOfTwins: new Map() };
    rulesByOp.set(op, rulesOfOp);
  }
  const byFirst = areTwins ? rulesOfOp.byFirstOfTwins : rulesOfOp.byFirst;
  let bySecond = byFirst.get(first);
  if (bySecond === undefined) {
    bySecond = new Map();
    byFirst.set(first, bySecond);
  }
  let found = bySecond.get(second);
  if (found === undefined) {
    found = rulesOfOp.all.filter((rule) => mayMatch(rule, op, first, second, areTwins));
    bySecond.set(second, found);
  }
  return found;
}
