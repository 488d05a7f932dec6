import { readUnsigned } from '../../base/index.ts';
import type { Point, ResolveContext } from './context.ts';

/** The rate of a timer or the count of a counter, 0 included; undefined after saying what is wrong with it. */
export function probeNumber(
  point: Point,
  context: ResolveContext,
  text: string,
  what: 'rate of' | 'count for',
): bigint | undefined {
  if (text.startsWith('-')) {
    context.report('timer-not-positive', point.span, point.kind);
    return undefined;
  }
  const read = readUnsigned(text);
  if (read.kind === 'integer') return read.value;
  const reason = read.kind === 'overflow' ? `overflow error, maximum value is ${read.max}` : read.reason;
  context.report('probe-number', point.span, what, point.kind, `${reason}: ${text}`);
  return undefined;
}
