/** Time series drawn as text. */

import { I64_MAX, I64_MIN, U64_MAX } from '../base/index.ts';
import type { Lookups } from '../program/index.ts';
import { nanoseconds, strftime } from './strftime.ts';
import type { SeriesPoint, Value } from './value.ts';

type Series = Extract<Value, { readonly kind: 'series' }>;

const CHART_WIDTH = 53;
/** Room for the smaller end of the scale; the larger is right-justified in the rest. */
const LOW_WIDTH = 21;

/** How finely times are shown: digits of the second's fraction, and what the heading calls them (UTF-8 bytes). */
interface TimeUnit {
  readonly digits: 0 | 3 | 6 | 9;
  readonly suffix: string;
}

function unitFor(intervalNs: bigint): TimeUnit {
  if (intervalNs >= 1_000_000_000n) return { digits: 0, suffix: '' };
  if (intervalNs >= 1_000_000n) return { digits: 3, suffix: '.ms' };
  if (intervalNs >= 1_000n) return { digits: 6, suffix: '.\xce\xbcs' };
  return { digits: 9, suffix: '.ns' };
}

/**
 * Draws points one interval apart. Empty: `<no data>`, without a line end; else every line is ended.
 *
 *                  -3                                                  3
 *     hh:mm:ss.ms  |___________________________________________________|
 *     12:38:48.100 *                         .                         | -3
 *     12:38:48.150 |                *        .                         | -1
 *                  v___________________________________________________v
 *                  -3                                                  3
 */
export function seriesText(series: Series, lookups: Lookups): string {
  const { points, signed } = series;
  const first = points[0];
  const second = points[1];
  if (!first) return '<no data>';
  // A chart of one row has no interval to tell the unit by; upstream shows nanoseconds, so do we.
  const unit = unitFor(second ? second.unixNs - first.unixNs : 0n);
  const timeWidth = 8 + (unit.digits === 0 ? 0 : unit.digits + 1);
  const scale = scaleOf(points, signed);
  const margin = ' '.repeat(timeWidth + 1);
  const line = '_'.repeat(CHART_WIDTH - 2);
  const ends = `${margin}${String(scale.min).padEnd(LOW_WIDTH)}${String(scale.max).padStart(CHART_WIDTH - LOW_WIDTH)}\n`;
  const rows = points.map((point) => {
    const shown = point.value === undefined ? '-' : String(point.value);
    return `${timeText(point.unixNs, unit, lookups)} ${rowText(point.value, scale)} ${shown}\n`;
  });
  const heading = `hh:mm:ss${unit.suffix}`.padEnd(timeWidth + 1);
  return `${ends}${heading}|${line}|\n${rows.join('')}${margin}v${line}v\n${ends}`;
}

interface Scale {
  readonly min: bigint;
  readonly max: bigint;
  /** Column of zero; 0 when it is not between the ends. */
  readonly zeroColumn: number;
}

function scaleOf(points: readonly SeriesPoint[], signed: boolean): Scale {
  const values = points.flatMap(({ value }) => (value === undefined ? [] : [value]));
  let min = values.reduce((least, value) => (value < least ? value : least), values[0] ?? 0n);
  let max = values.reduce((most, value) => (value > most ? value : most), values[0] ?? 0n);
  if (min === max) {
    // Some room on both sides, as far as the type goes.
    if (min > (signed ? I64_MIN : 0n)) min -= 1n;
    if (max < (signed ? I64_MAX : U64_MAX)) max += 1n;
  }
  const zeroColumn = min < 0n && max > 0n ? column(0n, min, max, CHART_WIDTH) : 0;
  return { min, max, zeroColumn };
}

function rowText(value: bigint | undefined, scale: Scale): string {
  const cells = Array.from({ length: CHART_WIDTH }, () => ' ');
  cells[0] = '|';
  cells[CHART_WIDTH - 1] = '|';
  if (scale.zeroColumn > 0) cells[scale.zeroColumn] = '.';
  if (value !== undefined) {
    const at = column(value, scale.min, scale.max, CHART_WIDTH - 1);
    cells[Math.max(0, Math.min(CHART_WIDTH - 1, at))] = '*';
  }
  return cells.join('');
}

/** Where a value lies on a scale `width` wide, in single precision as charts always were. */
function column(value: bigint, min: bigint, max: bigint, width: number): number {
  const part = Math.fround(Number(value - min));
  const whole = Math.fround(Number(max - min));
  return Math.trunc(Math.fround(Math.fround(width * part) / whole));
}

function timeText(unixNs: bigint, unit: TimeUnit, lookups: Lookups): string {
  const time = strftime('%H:%M:%S', lookups.localTime(unixNs), unixNs, { fractions: true });
  return unit.digits === 0 ? time : `${time}.${nanoseconds(unixNs).slice(0, unit.digits)}`;
}
