/** software and hardware: perf counters with a sample period. */
import { baseProbe, type Provider } from './context.ts';
import { findPerfEvent, hardwareEvents, softwareEvents } from './perf-events.ts';
import { probeNumber } from './probe-number.ts';
import { perfEventCtx } from './timers.ts';
import { hasWildcard } from './wildcard.ts';

export const counter: Provider = (point, context) => {
  if (point.kind !== 'software' && point.kind !== 'hardware') return [];
  const [eventName = '', countText = ''] = point.parts;
  if (hasWildcard(eventName)) {
    if (!point.guessed) context.report('counter-wildcard', point.span, point.kind);
    return [];
  }
  const events = point.kind === 'software' ? softwareEvents : hardwareEvents;
  const event = findPerfEvent(events, eventName);
  if (!event) {
    context.report(
      'counter-unknown',
      point.span,
      point.kind,
      eventName,
      events.map((e) => e.name).join(', '),
    );
    return [];
  }
  let count = event.defaultCount;
  if (countText !== '') {
    const given = probeNumber(point, context, countText, 'count for');
    if (given === undefined) return [];
    // 0 stands for the usual count.
    if (given > 0n) count = given;
  }
  const name = `${point.kind}:${eventName}:${countText}`;
  return [
    {
      ...baseProbe(point, name, point.kind),
      progType: 'BPF_PROG_TYPE_PERF_EVENT',
      ctx: perfEventCtx,
      hasRegisters: true,
      attachments: [
        {
          kind: point.kind,
          name,
          event: event.name,
          config: event.config,
          period: { kind: 'period', count },
        },
      ],
    },
  ];
};
