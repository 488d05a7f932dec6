import { invariant, lazily } from '../../base/index.ts';
import {
  argCount,
  type Definitions,
  type Insn,
  noValue,
  type Op,
  opFacts,
  ops,
  type ValueId,
} from '../ir/index.ts';
import type { Rule } from './rules.ts';

/** One side of a rule, read. */
export type Pattern =
  | { readonly kind: 'value'; readonly name: ValueName }
  | { readonly kind: 'constant'; readonly name: ConstantName }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'insn'; readonly op: PatternOp; readonly args: readonly Pattern[] };

export type ValueName = 'x' | 'y' | 'z';
export type ConstantName = 'a' | 'b' | 'k' | 'm';
/** Operations without attributes: arithmetic, comparisons and select. */
export type PatternOp = Extract<Insn, { readonly op: 'select' }>['op'];

export type InsnPattern = Pattern & { readonly kind: 'insn' };

/** A rule whose sides are read when they are wanted: most never are. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly needs: DefiningOps;
  /** Whether it is about an operation on one value twice: `(sub x x)`. */
  readonly isOfTwins: boolean;
  readonly from: () => InsnPattern;
  readonly to: () => Pattern;
}

/** The operations that must define the first two operands; undefined where any value will do. */
export type DefiningOps = readonly [Op | undefined, Op | undefined];

/** The rule as it is shown. */
export function ruleText(rule: Rule): string {
  return `${rule.from} -> ${rule.to}`;
}

export function compileRule(rule: Rule): CompiledRule {
  return {
    rule,
    needs: definingOps(rule.from),
    isOfTwins: rule.from.indexOf(' x x)') === rule.from.indexOf(' '),
    from: lazily(() => {
      const from = parsePattern(rule.from);
      invariant(from.kind === 'insn', 'a rule starts from an operation');
      return from;
    }),
    to: lazily(() => parsePattern(rule.to)),
  };
}

/** What must define the operands, by a glance at the text: `(add (neg x) a)` wants neg and const. */
export function definingOps(text: string): DefiningOps {
  const first = text.indexOf(' ') + 1;
  // The operands of an operand are no operations.
  const second = text.startsWith('(', first) ? text.indexOf(')', first) + 2 : text.indexOf(' ', first) + 1;
  return [
    definingOp(text, first),
    second > first && second < text.length ? definingOp(text, second) : undefined,
  ];
}

function definingOp(text: string, at: number): Op | undefined {
  switch (text[at]) {
    case '(':
      return text.slice(at + 1, text.indexOf(' ', at)) as Op;
    case 'x':
    case 'y':
    case 'z':
      return undefined;
    default:
      return 'const';
  }
}

/**
 * Reads `(add x 0)`, `x`, `7`: words with one space between them.
 *
 * Without regular expressions, and with the operands counted by the operation: rules are read at every start, and V8 compiles an
 * expression first.
 */
export function parsePattern(text: string): Pattern {
  const words = text.split(' ');
  let next = 0;
  /** Parentheses that close behind the last word. */
  let closing = 0;
  const parse = (): Pattern => {
    const word = words[next++] ?? '';
    if (!word.startsWith('(')) {
      const end = word.indexOf(')');
      if (end === -1) return parseLeaf(word);
      closing = word.length - end;
      return parseLeaf(word.slice(0, end));
    }
    const op = word.slice(1);
    invariant(op in ops, `a rule names operations: ${text}`);
    const args: Pattern[] = [];
    while (closing === 0) {
      invariant(next < words.length, `a rule closes its parentheses: ${text}`);
      args.push(parse());
    }
    closing--;
    invariant(opFacts(op as Op).args === args.length, `operations of a rule have their operands: ${text}`);
    return { kind: 'insn', op: op as PatternOp, args };
  };
  const pattern = parse();
  invariant(next === words.length && closing === 0, `a rule ends: ${text}`);
  return pattern;
}

function parseLeaf(token: string): Pattern {
  if (token === 'x' || token === 'y' || token === 'z') return { kind: 'value', name: token };
  if (token === 'a' || token === 'b' || token === 'k' || token === 'm')
    return { kind: 'constant', name: token };
  return { kind: 'number', value: BigInt(token) };
}

/** What the names of a matched rule stand for. */
export interface Bindings {
  x: ValueId;
  y: ValueId;
  z: ValueId;
  a: bigint;
  b: bigint;
}

/**
 * Whether a rule for `op` may match where `first` and `second` define the operands (undefined: nothing that we see).
 *
 * @param areTwins whether the operands are one value.
 */
export function mayMatch(
  { needs, isOfTwins }: CompiledRule,
  op: Op,
  first: Op | undefined,
  second: Op | undefined,
  areTwins: boolean,
): boolean {
  if (isOfTwins) return areTwins;
  const a = needs[0];
  const b = needs[1];
  if ((a === undefined || a === first) && (b === undefined || b === second)) return true;
  if (opFacts(op).commutative !== true) return false;
  return (a === undefined || a === second) && (b === undefined || b === first);
}

/** Matches an instruction against the left side; undefined if it does not fit. */
export function matchRule(rule: CompiledRule, insn: Insn, definitions: Definitions): Bindings | undefined {
  const from = rule.from();
  const bindings: Bindings = { x: noValue, y: noValue, z: noValue, a: 0n, b: 0n };
  if (matchArgs(from, insn.args, definitions, bindings, false)) return bindings;
  if (!opFacts(insn.op).commutative) return undefined;
  const again: Bindings = { x: noValue, y: noValue, z: noValue, a: 0n, b: 0n };
  return matchArgs(from, insn.args, definitions, again, true) ? again : undefined;
}

function matchArgs(
  pattern: InsnPattern,
  args: readonly ValueId[],
  definitions: Definitions,
  bindings: Bindings,
  isExchanged: boolean,
): boolean {
  const count = pattern.args.length;
  for (let index = 0; index < count; index++) {
    const arg = args[isExchanged ? count - 1 - index : index]!;
    if (!matchValue(pattern.args[index]!, arg, definitions, bindings)) return false;
  }
  return true;
}

function matchValue(pattern: Pattern, value: ValueId, definitions: Definitions, bindings: Bindings): boolean {
  const insn = definitions[value];
  switch (pattern.kind) {
    case 'value':
      if (bindings[pattern.name] !== noValue) return bindings[pattern.name] === value;
      bindings[pattern.name] = value;
      return true;
    case 'constant':
      if (insn?.op !== 'const') return false;
      if (pattern.name === 'a') bindings.a = insn.value;
      else bindings.b = insn.value;
      return true;
    case 'number':
      return insn?.op === 'const' && insn.value === pattern.value;
    case 'insn':
      return (
        insn !== undefined &&
        insn.op === pattern.op &&
        argCount(insn) === pattern.args.length &&
        matchArgs(pattern, insn.args, definitions, bindings, false)
      );
  }
}
