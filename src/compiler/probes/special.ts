/** begin, end, self, test and bench: progs that run in the tracer's own process through BPF_PROG_TEST_RUN. */
import { baseProbe, type Provider } from './context.ts';

export const beginOrEnd: Provider = (point) => {
  if (point.kind !== 'begin' && point.kind !== 'end') return [];
  return [
    {
      ...baseProbe(point, point.kind, 'special'),
      progType: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
      attachments: [{ kind: point.kind, name: point.kind }],
    },
  ];
};

/** Signals a `self` probe can stand on; only one is free for it. */
export const selfSignals: readonly string[] = ['SIGUSR1'];

export const self: Provider = (point, context) => {
  const [trigger = '', signal = ''] = point.parts;
  if (trigger !== 'signal') {
    context.report('self-trigger', point.span, trigger);
    return [];
  }
  if (!selfSignals.includes(signal)) {
    context.report('self-signal', point.span, signal, selfSignals.join(', '));
    return [];
  }
  const name = `self:signal:${signal}`;
  return [
    {
      ...baseProbe(point, name, 'special'),
      progType: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
      attachments: [{ kind: 'self', name, signal }],
    },
  ];
};

export const testOrBench: Provider = (point, context) => {
  if (point.kind !== 'test' && point.kind !== 'bench') return [];
  if (context.options.mode !== point.kind) return [];
  const label = point.parts[0] ?? '';
  const name = `${point.kind}:${label}`;
  return [
    {
      ...baseProbe(point, name, point.kind === 'test' ? 'test' : 'benchmark'),
      progType: 'BPF_PROG_TYPE_XDP',
      attachments: [{ kind: point.kind, name, label }],
    },
  ];
};
