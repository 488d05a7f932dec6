import type { Target } from '../../program/index.ts';
import { type TypedExpr, type TypedStatement, walkStatements } from '../typed/index.ts';

/**
 * How a loop becomes code.
 *
 * - unrolled: its body is repeated; for targets without loops.
 * - bounded: a loop the verifier follows round by round.
 * - iterator: a loop around an open-coded number iterator, which the verifier follows until nothing new happens.
 * - outlined: a loop of calls of the body, which is a function that the verifier looks at once (`outlined-loops.ts`).
 * - callback: the body is a function that a helper calls; it has no ctx and reaches variables through memory.
 * - impossible: the target has nothing for it; `needs` says what it would take.
 */
export type LoopForm =
  | { readonly kind: 'unrolled' | 'bounded' | 'iterator' | 'outlined' | 'callback' }
  | { readonly kind: 'impossible'; readonly needs: string };

export type Loop = Extract<TypedStatement, { readonly kind: 'while' | 'repeat' | 'for-range' | 'for-map' }>;

export function isLoop(statement: TypedStatement): statement is Loop {
  return (
    statement.kind === 'while' ||
    statement.kind === 'repeat' ||
    statement.kind === 'for-range' ||
    statement.kind === 'for-map'
  );
}

/** Rounds times instructions that the verifier may be made to follow one by one. Its own limit is a million in all. */
const VERIFIED_BUDGET = 150_000;
/** The same where there is a choice: a loop it need not count along with loads sooner, and costs a call per round. */
const VERIFIED_BUDGET_WITH_ITERATORS = 5_000;
/** Most rounds of a range without loops in the target. */
const MAX_UNROLLED_ROUNDS = 256;

/** The forms of a script's loops. Several stages ask for them, and working one out looks at everything inside the loop. */
export class LoopForms {
  readonly #target: Target;
  readonly #forms = new Map<Loop, LoopForm>();

  /** @param outlined the loops that become calls whatever else they could be. */
  constructor(target: Target, outlined: Iterable<Loop>) {
    this.#target = target;
    for (const loop of outlined) this.#forms.set(loop, { kind: 'outlined' });
  }

  of(loop: Loop): LoopForm {
    let form = this.#forms.get(loop);
    if (form === undefined) {
      form = loopForm(loop, this.#target);
      this.#forms.set(loop, form);
    }
    return form;
  }

  /** Whether the body is a function of its own. */
  isFunction(loop: Loop): boolean {
    return this.isOutlined(loop) || this.of(loop).kind === 'callback';
  }

  isOutlined(loop: Loop): boolean {
    return this.of(loop).kind === 'outlined';
  }
}

export function loopForm(loop: Loop, target: Target): LoopForm {
  switch (loop.kind) {
    case 'repeat':
      if (!target.has('bounded-loops')) return { kind: 'unrolled' };
      if (isCountable(loop.count * costOf(loop.body), target)) return { kind: 'bounded' };
      return { kind: target.has('open-coded-iterators') ? 'iterator' : 'bounded' };
    case 'while':
      if (
        target.has('bounded-loops') &&
        likelyRounds(loop.condition) * costOf(loop.body) <= VERIFIED_BUDGET
      ) {
        return { kind: 'bounded' };
      }
      if (target.has('open-coded-iterators')) return { kind: 'iterator' };
      if (target.has('bounded-loops')) return { kind: 'bounded' };
      return { kind: 'impossible', needs: 'loops in programs (Linux 5.3)' };
    case 'for-range':
      return rangeForm(loop, target);
    case 'for-map':
      if (target.has('for-each-map-elem')) return { kind: 'callback' };
      return { kind: 'impossible', needs: 'bpf_for_each_map_elem (Linux 5.13)' };
  }
}

/** Whether the verifier may follow a loop of this cost round by round. */
function isCountable(cost: number, target: Target): boolean {
  if (cost <= VERIFIED_BUDGET_WITH_ITERATORS) return true;
  return cost <= VERIFIED_BUDGET && !target.has('open-coded-iterators');
}

function rangeForm(loop: Extract<Loop, { readonly kind: 'for-range' }>, target: Target): LoopForm {
  const rounds = constantRounds(loop.from, loop.to);
  if (rounds !== undefined) {
    if (target.has('bounded-loops') && isCountable(rounds * costOf(loop.body), target)) {
      return { kind: 'bounded' };
    }
    if (!target.has('bounded-loops') && rounds <= MAX_UNROLLED_ROUNDS) return { kind: 'unrolled' };
  }
  if (target.has('open-coded-iterators')) return { kind: 'iterator' };
  if (target.has('bpf-loop')) return { kind: 'callback' };
  // The verifier knows named parameters, and sometimes more than we do.
  if (target.has('bounded-loops')) return { kind: 'bounded' };
  return { kind: 'impossible', needs: 'loops in programs (Linux 5.3) or bpf_loop (Linux 5.17)' };
}

/** Rounds of a range with constant bounds. */
export function constantRounds(from: TypedExpr, to: TypedExpr): number | undefined {
  const first = constantOf(from);
  const end = constantOf(to);
  if (first === undefined || end === undefined) return undefined;
  return end > first ? Number(end - first) : 0;
}

function constantOf(expr: TypedExpr): bigint | undefined {
  if (expr.kind === 'int') return expr.value;
  return expr.kind === 'cast' && expr.operand.kind === 'int' ? expr.operand.value : undefined;
}

/** How often a `while` may go round if a constant in its condition bounds it; infinite where there is none. */
function likelyRounds(condition: TypedExpr): number {
  switch (condition.kind) {
    case 'logical':
      return condition.op === '&&'
        ? Math.min(likelyRounds(condition.left), likelyRounds(condition.right))
        : Number.POSITIVE_INFINITY;
    case 'compare': {
      const isCounter = (expr: TypedExpr): boolean =>
        expr.kind === 'local' || (expr.kind === 'cast' && isCounter(expr.operand));
      const bound = isCounter(condition.left) ? constantOf(condition.right) : undefined;
      if (bound === undefined || condition.op === '==' || condition.op === '!=')
        return Number.POSITIVE_INFINITY;
      return Number(bound < 0n ? -bound : bound);
    }
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** A rough count of the instructions that running statements once takes, the rounds of inner loops included. */
export function costOf(statements: readonly TypedStatement[]): number {
  let cost = 0;
  const factors = [1];
  const factor = (): number => factors[factors.length - 1]!;
  walkStatements(statements, {
    expr: (expr) => {
      cost += factor() * (expr.kind === 'call' || expr.kind === 'map' || expr.kind === 'deref' ? 20 : 3);
    },
    enter: (statement) => {
      cost += factor() * (statement.kind === 'set-map' || statement.kind === 'aggregate' ? 20 : 4);
      if (statement.kind === 'repeat') factors.push(factor() * statement.count);
      if (statement.kind === 'for-range') {
        factors.push(factor() * (constantRounds(statement.from, statement.to) ?? 1));
      }
    },
    leave: (statement) => {
      if (statement.kind === 'repeat' || statement.kind === 'for-range') factors.pop();
    },
  });
  return cost;
}
