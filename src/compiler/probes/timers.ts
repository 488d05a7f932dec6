/** interval and profile: CPU clock events. */
import type { PerfPeriod } from '../../program/index.ts';
import { pointerTo, type Type } from '../../types/index.ts';
import { baseProbe, type Point, type Provider, type ResolveContext } from './context.ts';
import { probeNumber } from './probe-number.ts';

/** Nanoseconds in one unit; `hz` is a rate instead. */
const unitNs: Readonly<Record<string, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n };

export const timerUnits: readonly string[] = ['hz', ...Object.keys(unitNs)];

/** The one-part form counts nanoseconds, and less than this is refused. */
const MIN_PERIOD_NS = 1000n;

/** What a perf event prog's ctx points to. */
export const perfEventCtx: Type = pointerTo({ kind: 'struct', name: 'struct bpf_perf_event_data' }, 'none');

function readPeriod(
  point: Point,
  context: ResolveContext,
): { period: PerfPeriod; suffix: string } | undefined {
  if (point.parts.length === 1) {
    const text = point.parts[0] ?? '';
    const ns = context.integer(text);
    if (ns === undefined) {
      context.report('timer-not-a-time', point.span, point.kind, text);
      return undefined;
    }
    if (ns < MIN_PERIOD_NS) {
      context.report('timer-too-fast', point.span, point.kind, ns);
      return undefined;
    }
    return { period: { kind: 'period', count: ns }, suffix: `us:${ns / 1000n}` };
  }
  const [unit = '', text = ''] = point.parts;
  const scale = Object.hasOwn(unitNs, unit) ? unitNs[unit] : undefined;
  if (unit !== 'hz' && scale === undefined) {
    context.report('timer-unit', point.span, unit);
    return undefined;
  }
  const count = probeNumber(point, context, text, 'rate of');
  if (count === undefined) return undefined;
  if (count === 0n) {
    context.report('timer-not-positive', point.span, point.kind);
    return undefined;
  }
  const period: PerfPeriod =
    scale === undefined ? { kind: 'frequency', hz: count } : { kind: 'period', count: count * scale };
  return { period, suffix: `${unit}:${count}` };
}

export const timer: Provider = (point, context) => {
  if (point.kind !== 'interval' && point.kind !== 'profile') return [];
  const rate = readPeriod(point, context);
  if (!rate) return [];
  const name = `${point.kind}:${rate.suffix}`;
  return [
    {
      ...baseProbe(point, name, point.kind),
      progType: 'BPF_PROG_TYPE_PERF_EVENT',
      ctx: perfEventCtx,
      hasRegisters: true,
      attachments: [{ kind: point.kind, name, period: rate.period }],
    },
  ];
};
