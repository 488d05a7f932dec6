import { type AggregateType, type SeriesAggregate, spellType } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isInteger } from '../kind-word.ts';
import type { AggregateUse, BuiltinRow, BuiltinUse } from '../row.ts';
import { integerArgument, integerLiteral, isSigned, stringLiteral, widened } from './arguments.ts';

/** Precision bits of hist(). */
const MAX_HIST_BITS = 5n;
const MAX_LHIST_BUCKETS = 1000n;
const MAX_SERIES_SLOTS = 1_000_000n;

/** An aggregating function outside its only place. */
function misplaced(use: BuiltinUse): TypedExpr {
  return use.error(`${use.name}() must be assigned directly to a map`);
}

function value(use: BuiltinUse): TypedExpr | undefined {
  const number = use.value(0);
  if (use.failed(number)) return undefined;
  return integerArgument(use, 0);
}

/** An aggregate of one number, whose sign is part of the map's type. */
function signedAggregate(kind: 'sum' | 'min' | 'max' | 'avg' | 'stats') {
  return (use: BuiltinUse): AggregateUse | undefined => {
    const number = use.value(0);
    if (use.failed(number)) return undefined;
    if (!isInteger(number.type)) {
      use.error(`${use.name}() only supports integer arguments (${spellType(number.type)} provided)`);
      return undefined;
    }
    return { type: { kind, signed: isSigned(number.type) }, args: [widened(use, number)] };
  };
}

function histAggregate(use: BuiltinUse): AggregateUse | undefined {
  const number = value(use);
  const bits = use.args.length > 1 ? integerLiteral(use, 1) : 0n;
  if (!number || bits === undefined) return undefined;
  if (bits < 0n || bits > MAX_HIST_BITS) {
    use.error(`hist: bits ${bits} must be 0..5`);
    return undefined;
  }
  return { type: { kind: 'hist', bits: Number(bits) }, args: [widened(use, number)] };
}

function lhistAggregate(use: BuiltinUse): AggregateUse | undefined {
  const number = value(use);
  const bounds = ['min', 'max', 'step'].map((name, index) => {
    const bound = use.raw(index + 1);
    const constant = use.constant(index + 1);
    if (use.failed(bound) || (constant !== undefined && constant >= 0n)) return constant;
    const why = name === 'step' ? '' : ' (must be non-negative literal)';
    use.error(`lhist: invalid ${name} value${why}`);
    return undefined;
  });
  const [min, max, step] = bounds;
  if (!number || min === undefined || max === undefined || step === undefined) return undefined;
  const problem = lhistProblem(min, max, step);
  if (problem !== undefined) {
    use.error(problem);
    return undefined;
  }
  return { type: { kind: 'lhist', min, max, step }, args: [widened(use, number)] };
}

function lhistProblem(min: bigint, max: bigint, step: bigint): string | undefined {
  if (step < 1n) return `lhist() step must be >= 1 (${step} provided)`;
  if (min > max) return `lhist() min must be less than max (provided min ${min} and max ${max})`;
  const buckets = (max - min) / step;
  if (buckets > MAX_LHIST_BUCKETS) {
    return `lhist() too many buckets, must be <= ${MAX_LHIST_BUCKETS} (would need ${buckets})`;
  }
  if (max - min < step) {
    return `lhist() step is too large for the given range (provided step ${step} for range ${max - min})`;
  }
  return undefined;
}

const seriesAggregates: readonly SeriesAggregate[] = ['avg', 'max', 'min', 'sum'];

function seriesAggregate(use: BuiltinUse): AggregateUse | undefined {
  const number = value(use);
  const intervalNs = integerLiteral(use, 1);
  const slots = integerLiteral(use, 2);
  const name = use.args.length > 3 ? stringLiteral(use, 3) : undefined;
  if (!number || intervalNs === undefined || slots === undefined) return undefined;
  const aggregate = seriesAggregates.find((known) => known === name);
  const problem = seriesProblem(intervalNs, slots, name, aggregate);
  if (problem !== undefined) {
    use.error(problem);
    return undefined;
  }
  const type: AggregateType = {
    kind: 'tseries',
    intervalNs,
    slots: Number(slots),
    ...(aggregate ? { aggregate } : {}),
    signed: isSigned(number.type),
  };
  return { type, args: [widened(use, number)] };
}

function seriesProblem(
  intervalNs: bigint,
  slots: bigint,
  name: string | undefined,
  aggregate: SeriesAggregate | undefined,
): string | undefined {
  if (intervalNs < 1n) return `tseries() interval_ns must be >= 1 (${intervalNs} provided)`;
  if (slots < 1n) return `tseries() num_intervals must be >= 1 (${slots} provided)`;
  if (slots > MAX_SERIES_SLOTS) {
    return `tseries() num_intervals must be < ${MAX_SERIES_SLOTS} (${slots} provided)`;
  }
  if (name !== undefined && !aggregate) {
    return `tseries() expects one of the following aggregation functions: ${seriesAggregates.join(', ')} ("${name}" provided)`;
  }
  return undefined;
}

export const aggregateBuiltins = {
  count: {
    form: 'function',
    signature: ['count_t count()'],
    doc: 'Counts how often the statement ran.',
    arity: [0, 0],
    check: misplaced,
    aggregate: () => ({ type: { kind: 'count' }, args: [] }),
  },
  sum: {
    form: 'function',
    signature: ['sum_t sum(int n)'],
    doc: 'Adds its argument up.',
    arity: [1, 1],
    check: misplaced,
    aggregate: signedAggregate('sum'),
  },
  avg: {
    form: 'function',
    signature: ['avg_t avg(int n)'],
    doc: 'The average of its argument.',
    arity: [1, 1],
    check: misplaced,
    aggregate: signedAggregate('avg'),
  },
  min: {
    form: 'function',
    signature: ['min_t min(int n)'],
    doc: 'The least argument seen.',
    arity: [1, 1],
    check: misplaced,
    aggregate: signedAggregate('min'),
  },
  max: {
    form: 'function',
    signature: ['max_t max(int n)'],
    doc: 'The greatest argument seen.',
    arity: [1, 1],
    check: misplaced,
    aggregate: signedAggregate('max'),
  },
  stats: {
    form: 'function',
    signature: ['stats_t stats(int n)'],
    doc: 'Count, average and total of its argument.',
    arity: [1, 1],
    check: misplaced,
    aggregate: signedAggregate('stats'),
  },
  hist: {
    form: 'function',
    signature: ['hist_t hist(int n)', 'hist_t hist(int n, const int bits)'],
    doc: 'A histogram with buckets of powers of two, each cut into 2^bits.',
    arity: [1, 2],
    check: misplaced,
    aggregate: histAggregate,
  },
  lhist: {
    form: 'function',
    signature: ['lhist_t lhist(int n, const int min, const int max, const int step)'],
    doc: 'A histogram with buckets of equal width.',
    arity: [4, 4],
    check: misplaced,
    aggregate: lhistAggregate,
  },
  tseries: {
    form: 'function',
    signature: [
      'tseries_t tseries(int n, const uint64 interval_ns, const uint64 num_intervals)',
      'tseries_t tseries(int n, const uint64 interval_ns, const uint64 num_intervals, const string agg)',
    ],
    doc: 'The newest value, or an aggregate, of each of the last intervals.',
    unstable: { config: 'unstable_tseries', feature: 'tseries' },
    arity: [3, 4],
    check: misplaced,
    aggregate: seriesAggregate,
  },
} as const satisfies Record<string, BuiltinRow>;
