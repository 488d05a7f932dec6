import type { ProbeKind } from '../../../program/index.ts';
import type { StackMode, StackType } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';

const DEFAULT_STACK_LIMIT = 127;
const MAX_STACK_LIMIT = 1024;
const stackModes: readonly StackMode[] = ['bpftrace', 'raw', 'perf', 'build_id'];

/** Everywhere but in iterators, whose progs have no stack of their own to show. */
const stackProbes: readonly ProbeKind[] = [
  'begin',
  'end',
  'self',
  'test',
  'bench',
  'interval',
  'profile',
  'software',
  'hardware',
  'tracepoint',
  'rawtracepoint',
  'kprobe',
  'kretprobe',
  'fentry',
  'fexit',
  'uprobe',
  'uretprobe',
  'usdt',
  'watchpoint',
];

/** `attrs.stack`: mode and limit, also in the type. */
function stack(kind: 'kstack' | 'ustack', walker: 'kernel' | 'tables' = 'kernel') {
  return (use: BuiltinUse): TypedExpr => {
    let mode = use.settings.stackMode;
    if (use.args.length === 0 && mode === 'build_id' && kind === 'kstack') {
      use.warn("'build_id' stack mode can only be used for ustack. Falling back to 'raw' mode.");
      mode = 'raw';
    }
    const word = use.args.length > 0 ? use.word(0) : undefined;
    if (word !== undefined) {
      const known = stackModes.find((name) => name === word);
      if (!known) {
        return use.error(
          `Error parsing stack mode: ${use.name}: Invalid value for stack_mode: valid values are bpftrace, raw, perf, and build_id.`,
          { at: use.argSpan(0) },
        );
      }
      mode = known;
    } else if (use.args.length === 2) return use.error('Expected stack mode as first argument');
    const limitAt = word === undefined ? 0 : 1;
    const limit = limitAt < use.args.length ? use.constant(limitAt) : BigInt(DEFAULT_STACK_LIMIT);
    if (limit === undefined || limit < 0n) return use.error(`${use.name}: invalid limit value`);
    if (limit > BigInt(MAX_STACK_LIMIT)) {
      return use.error(`${use.name}([int limit]): limit shouldn't exceed ${MAX_STACK_LIMIT}, ${limit} given`);
    }
    if (mode === 'build_id' && kind === 'kstack') {
      return use.error("'build_id' stack mode can only be used for ustack");
    }
    if (mode === 'build_id' && walker === 'tables')
      return use.error(
        `the build ids of frames come from the kernel, and ${use.name} does not ask it: use ustack(build_id)`,
      );
    const type: StackType = { kind, mode, limit: Number(limit) };
    return use.call(type, [], { stack: { mode, limit: type.limit } });
  };
}

export const stackBuiltins = {
  kstack: {
    form: 'both',
    signature: ['kstack', 'kstack(int limit)', 'kstack(mode)', 'kstack(mode, int limit)'],
    doc: "The kernel's stack.",
    where: stackProbes,
    needsCtx: true,
    arity: [0, 2],
    check: stack('kstack'),
  },
  ustack: {
    form: 'both',
    signature: ['ustack', 'ustack(int limit)', 'ustack(mode)', 'ustack(mode, int limit)'],
    doc: 'The stack of the current process in user space, by frame pointers. Kernels before 6.12 leave out the caller of a function at whose entry a `uprobe` stands; `dw_ustack` has it.',
    where: stackProbes,
    needsCtx: true,
    arity: [0, 2],
    check: stack('ustack'),
  },
  dw_ustack: {
    form: 'both',
    signature: ['dw_ustack', 'dw_ustack(int limit)', 'dw_ustack(mode)', 'dw_ustack(mode, int limit)'],
    doc: 'The stack of the current process in user space, unwound by the tables in .eh_frame: for programs without frame pointers.',
    unstable: { config: 'unstable_dw_ustack', feature: 'dw_ustack (DWARF stack unwinding)' },
    where: stackProbes,
    needsCtx: true,
    arity: [0, 2],
    check: stack('ustack', 'tables'),
  },
} as const satisfies Record<string, BuiltinRow>;
