import type { ValueId } from '../../ir/index.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';

function lowerNsecs(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  switch (call.attrs.mode) {
    case 'monotonic':
      return b.call('ktime_get_ns', [], 'reads');
    case 'tai':
      return b.call('ktime_get_tai_ns', [], 'reads');
    case 'sw_tai':
      return b.binary('add', lower.bootNow(), lower.runtimeConstant('sw-tai-offset-ns'));
    default:
      return lower.bootNow();
  }
}

export const timeLowerings = {
  nsecs: { gives: 'scalar', lower: lowerNsecs },
  elapsed: {
    gives: 'scalar',
    lower: (lower) => lower.b.binary('sub', lower.bootNow(), lower.runtimeConstant('start-boot-ns')),
  },
  jiffies: { gives: 'scalar', lower: ({ b }) => b.call('jiffies64', [], 'reads') },
  strftime: { gives: 'scalar', lower: (lower, call) => lower.scalar(call.args[0]!) },
} as const satisfies Record<string, Lowering>;
