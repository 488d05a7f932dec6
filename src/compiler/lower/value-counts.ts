/**
 * How many values an expression can have in a run, where they are few for certain:
 *
 *     "reads"            1      cpu              CPUs                  $c, assigned "a" and "b"    3 (variables begin as zeros)
 *     args.ret < 0       2      func             functions traced      ($c, args.ret < 0)          3 * 2
 *     ok ? 1 : 2         2      nsecs % 10       10                    (uint8)args.ret             256
 *
 * What is computed has no more values than that which it is computed from has together. What comes from outside may be anything: infinity.
 */
import type { Type } from '../../types/index.ts';
import { findBuiltin, type RunsAt } from '../builtins/index.ts';
import {
  type LocalIndex,
  type TypedBody,
  type TypedExpr,
  type TypedExprOf,
  walkExpr,
  walkStatements,
} from '../typed/index.ts';
import { constantRounds } from './loop-form.ts';

const ANY = Number.POSITIVE_INFINITY;

/** Counts the values of one body's expressions. */
export class ValueCounts {
  readonly #body: TypedBody;
  readonly #params: readonly LocalIndex[];
  readonly #at: RunsAt;
  readonly #locals = new Map<LocalIndex, number>();
  #sources: ReadonlyMap<LocalIndex, Source> | undefined;

  /** @param params the locals that the body is given. */
  constructor(body: TypedBody, params: readonly LocalIndex[], at: RunsAt) {
    this.#body = body;
    this.#params = params;
    this.#at = at;
  }

  of(expr: TypedExpr): number {
    return Math.min(this.#ofKind(expr), valuesOfType(expr.type));
  }

  #ofKind(expr: TypedExpr): number {
    switch (expr.kind) {
      case 'int':
      case 'string':
      // The command line has said it before the run.
      case 'named-param':
        return 1;
      case 'arg':
        return expr.source.kind === 'constant' ? 1 : ANY;
      case 'compare':
      case 'logical':
      case 'not':
        return 2;
      case 'conditional':
        return this.of(expr.then) + this.of(expr.else);
      case 'negate':
      case 'complement':
        return this.of(expr.operand);
      case 'cast':
        return Math.min(this.of(expr.operand), truthValues(expr));
      case 'binary':
        return Math.min(this.#product([expr.left, expr.right]), resultsOf(expr));
      case 'tuple':
        return this.#product(expr.elements);
      case 'record':
        return this.#product(expr.values);
      case 'element':
        return this.of(expr.base);
      case 'block':
        return expr.value === undefined ? ANY : this.of(expr.value);
      case 'local':
        return this.#ofLocal(expr.local);
      case 'call':
        return findBuiltin(expr.builtin)?.values?.(this.#at) ?? ANY;
      case 'map':
      case 'modify':
      case 'deref':
      case 'field':
      case 'index':
      case 'ctx':
      case 'call-fn':
      case 'call-kernel':
      case 'address-of-local':
      case 'address-of-map':
        return ANY;
    }
  }

  #product(exprs: readonly TypedExpr[]): number {
    return exprs.reduce((product, expr) => product * this.of(expr), 1);
  }

  /** Zeros, and whatever is assigned anywhere. */
  #ofLocal(local: LocalIndex): number {
    const known = this.#locals.get(local);
    if (known !== undefined) return known;
    // What is computed from itself may become anything.
    this.#locals.set(local, ANY);
    this.#sources ??= sourcesOf(this.#body, this.#params);
    const { values, others } = this.#sources.get(local) ?? { values: [], others: 0 };
    const count = values.reduce((sum, value) => sum + this.of(value), 1 + others);
    this.#locals.set(local, count);
    return count;
  }
}

/** A byte has few values; a bool that was read from memory is a byte. */
function valuesOfType(type: Type): number {
  if (type.kind === 'bool') return 256;
  return (type.kind === 'int' || type.kind === 'enum') && type.size === 1 ? 256 : ANY;
}

/** Two where a cast asks whether something is not zero. */
function truthValues({ type, operand }: TypedExprOf<'cast'>): number {
  return type.kind === 'bool' && operand.type.kind !== 'bool' ? 2 : ANY;
}

/** What a remainder or a mask leaves. */
function resultsOf({ op, left, right }: TypedExprOf<'binary'>): number {
  switch (op) {
    case '%':
      return right.kind === 'int' && right.value !== 0n ? Number(BigInt.asUintN(64, right.value)) : ANY;
    case '&':
      return Math.min(maskedValues(left), maskedValues(right));
    default:
      return ANY;
  }
}

function maskedValues(mask: TypedExpr): number {
  if (mask.kind !== 'int') return ANY;
  const ones = BigInt.asUintN(64, mask.value).toString(2).replaceAll('0', '').length;
  return 2 ** ones;
}

/** What a local gets: what is assigned to it, and how many values it has by other ways. */
interface Source {
  readonly values: TypedExpr[];
  others: number;
}

function sourcesOf(
  { statements }: TypedBody,
  params: readonly LocalIndex[],
): ReadonlyMap<LocalIndex, Source> {
  const sources = new Map<LocalIndex, Source>();
  const sourceOf = (local: LocalIndex): Source => {
    const source = sources.get(local) ?? { values: [], others: 0 };
    sources.set(local, source);
    return source;
  };
  const getsAnything = (local: LocalIndex): void => {
    sourceOf(local).others = ANY;
  };
  for (const local of params) getsAnything(local);
  walkStatements(statements, {
    enter: (statement) => {
      if (statement.kind === 'set-local') sourceOf(statement.local).values.push(statement.value);
      if (statement.kind === 'for-range')
        sourceOf(statement.local).others += constantRounds(statement.from, statement.to) ?? ANY;
      if (statement.kind === 'for-map') getsAnything(statement.local);
      if (statement.kind === 'set-element') {
        const whole = wholeOf(statement.place);
        if (whole.kind === 'local') getsAnything(whole.local);
      }
    },
    expr: (expr) => {
      if (expr.kind === 'modify' && expr.target.kind === 'local') getsAnything(expr.target.local);
      if (expr.kind === 'address-of-local') getsAnything(expr.local);
      if (expr.kind === 'call' && expr.attrs.local !== undefined) getsAnything(expr.attrs.local);
      // Large arguments are passed by their address.
      if (expr.kind === 'call-kernel') {
        walkExpr(expr, { expr: (inner) => inner.kind === 'local' && getsAnything(inner.local) });
      }
    },
  });
  return sources;
}

/** The variable or map that an element which is assigned lies in. */
export function wholeOf(place: TypedExpr): TypedExpr {
  return place.kind === 'index' ? wholeOf(place.base) : place;
}
