import type { ValueId } from '../../ir/index.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';

function lowerNsecs(lower: Lower, call: CallExpr): ValueId {
  switch (call.attrs.mode) {
    case 'monotonic':
    case 'tai':
    case 'sw_tai':
      return lower.readClock(call.attrs.mode);
    default:
      return lower.readClock('boot');
  }
}

export const timeLowerings = {
  nsecs: { gives: 'scalar', lower: lowerNsecs },
  elapsed: {
    gives: 'scalar',
    lower: (lower) => lower.b.binary('sub', lower.readClock('boot'), lower.runtimeConstant('start-boot-ns')),
  },
  jiffies: { gives: 'scalar', lower: ({ b }) => b.call('jiffies64', [], 'reads') },
  strftime: { gives: 'scalar', lower: (lower, call) => lower.scalar(call.args[0]!) },
} as const satisfies Record<string, Lowering>;
