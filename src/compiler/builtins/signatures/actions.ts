import { signalNumber } from '../../../base/index.ts';
import type { ProbeKind } from '../../../program/index.ts';
import { int32, uint64, voidType } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isInteger } from '../kind-word.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';

const LAST_SIGNAL = 64n;
const signalProbes: readonly ProbeKind[] = [
  'kprobe',
  'kretprobe',
  'uprobe',
  'uretprobe',
  'usdt',
  'tracepoint',
  'rawtracepoint',
  'fentry',
  'fexit',
  'profile',
];

/** `args[0]`: the signal number, int32. */
function checkSignal(use: BuiltinUse): TypedExpr {
  if (use.probe && !signalProbes.includes(use.probe.kind)) {
    return use.error(`${use.name}() can not be used for this probetype ${use.probe.probeType}`);
  }
  if (use.name === 'signal_thread' && !use.target.has('send-signal-thread')) {
    return use.error('BPF_FUNC_send_signal_thread is not available for your kernel version');
  }
  const name = use.text(0);
  if (name !== undefined) {
    const number = signalNumber(name);
    return number === undefined
      ? use.error(`Invalid string for signal: ${name}`, { at: use.argSpan(0) })
      : use.call(voidType, [use.int(BigInt(number), int32)]);
  }
  const value = use.value(0);
  if (use.failed(value)) return value;
  if (!isInteger(value.type)) return use.error(`${use.name}() expects a signal name or number`);
  const constant = use.constant(0);
  if (constant !== undefined && (constant < 1n || constant > LAST_SIGNAL)) {
    return use.error(`signal number ${constant} out of range [1, ${LAST_SIGNAL}]`, { at: use.argSpan(0) });
  }
  return use.call(voidType, [use.cast(value, int32)]);
}

/** `args[0]`: the value to return, uint64. */
function checkOverride(use: BuiltinUse): TypedExpr {
  if (use.probe && (use.probe.kind !== 'kprobe' || use.probe.substituted)) {
    return use.error('override() can only be used inside kprobes');
  }
  const value = use.value(0);
  if (use.failed(value)) return value;
  if (!isInteger(value.type)) return use.error('override() expects an integer argument');
  return use.call(voidType, [use.cast(value, uint64)]);
}

export const actionBuiltins = {
  signal: {
    form: 'function',
    macro: true,
    signature: ['signal(const string name)', 'signal(int number)'],
    doc: 'Sends a signal to the current process.',
    unsafe: true,
    arity: [1, 1],
    check: checkSignal,
  },
  signal_thread: {
    form: 'function',
    macro: true,
    signature: ['signal_thread(const string name)', 'signal_thread(int number)'],
    doc: 'Sends a signal to the current thread.',
    unsafe: true,
    arity: [1, 1],
    check: checkSignal,
  },
  override: {
    form: 'function',
    macro: true,
    signature: ['override(uint64 value)'],
    doc: 'Makes the traced kernel function return a value without running.',
    unsafe: true,
    needsCtx: true,
    arity: [1, 1],
    check: checkOverride,
  },
} as const satisfies Record<string, BuiltinRow>;
