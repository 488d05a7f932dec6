import { type Type, uint64 } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { integerArgument, plain, stringLiteral } from './arguments.ts';

const clocks = ['boot', 'monotonic', 'tai', 'sw_tai'] as const;

/** `attrs.mode`: the clock. */
function checkNsecs(use: BuiltinUse): TypedExpr {
  if (use.args.length === 0) return use.call(uint64, [], { mode: 'boot' });
  const word = use.word(0);
  const mode = clocks.find((clock) => clock === word);
  if (!mode) return use.error(`Invalid timestamp mode: ${word ?? 'not a name'}`, { at: use.argSpan(0) });
  if (mode === 'tai' && !use.target.has('ktime-get-tai-ns')) {
    return use.error('Kernel does not support tai timestamp, please try sw_tai');
  }
  return use.call(uint64, [], { mode });
}

/** `args[0]`: the time, uint64. The format and the clock are in the type. */
function checkStrftime(use: BuiltinUse): TypedExpr {
  const format = stringLiteral(use, 0);
  const time = integerArgument(use, 1);
  if (format === undefined || !time) return use.unknown();
  const constant = use.constant(1);
  if (constant !== undefined && constant < 0n) {
    return use.error('strftime() does not accept negative timestamps');
  }
  const mode = time.kind === 'call' && time.builtin === 'nsecs' ? time.attrs.mode : 'boot';
  if (mode === 'monotonic') return use.error('strftime() can not take a monotonic timestamp');
  const clock = mode === 'tai' || mode === 'sw_tai' ? 'tai' : 'boot';
  const type: Type = { kind: 'timestamp', clock, format };
  return use.call(type, [use.cast(time, uint64)]);
}

function checkJiffies(use: BuiltinUse): TypedExpr {
  if (!use.target.has('jiffies64'))
    return use.error('BPF_FUNC_jiffies64 is not available for your kernel version');
  return use.call(uint64);
}

export const timeBuiltins = {
  nsecs: {
    form: 'both',
    signature: ['uint64 nsecs', 'uint64 nsecs(boot | monotonic | tai | sw_tai)'],
    doc: 'A clock of the kernel in nanoseconds.',
    arity: [0, 1],
    check: checkNsecs,
  },
  elapsed: {
    form: 'both',
    macro: true,
    signature: ['uint64 elapsed'],
    doc: 'Nanoseconds since tracing started.',
    arity: [0, 0],
    check: plain(uint64),
  },
  jiffies: {
    form: 'both',
    macro: true,
    signature: ['uint64 jiffies'],
    doc: "The kernel's tick counter.",
    arity: [0, 0],
    check: checkJiffies,
  },
  strftime: {
    form: 'function',
    signature: ['timestamp strftime(const string fmt, int64 time_ns)'],
    doc: 'A time of the `nsecs` clock, shown by a strftime(3) format; also %f (microseconds), %k (nanoseconds), %l (milliseconds).',
    async: true,
    arity: [2, 2],
    check: checkStrftime,
  },
} as const satisfies Record<string, BuiltinRow>;
