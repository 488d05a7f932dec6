import type { CallExpr, Lower, Lowering } from './lowering.ts';

function sender(helper: 'send_signal' | 'send_signal_thread'): Lowering {
  return {
    gives: 'nothing',
    lower: (lower: Lower, call: CallExpr) => {
      const result = lower.b.call(helper, [lower.scalar(call.args[0]!)]);
      lower.checkHelper(helper, result, 'default');
    },
  };
}

export const actionLowerings = {
  signal: sender('send_signal'),
  signal_thread: sender('send_signal_thread'),
  override: {
    gives: 'nothing',
    lower: (lower, call) => {
      lower.b.call('override_return', [lower.ctx(), lower.scalar(call.args[0]!)]);
    },
  },
} as const satisfies Record<string, Lowering>;
