import { bool, int32, pointerTo, type Type, uint8, uint32, uint64 } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isIntegerOrPointer } from '../kind-word.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { plain } from './arguments.ts';

/** TASK_COMM_LEN. Source: include/linux/sched.h */
const COMM_BYTES = 16;

/** `attrs.mode`: the pid namespace: curr_ns or init. */
function checkId(use: BuiltinUse): TypedExpr {
  if (use.args.length === 0) return use.call(uint32, [], { mode: 'curr_ns' });
  const mode = use.word(0);
  if (mode === undefined) return use.error(`${use.name}() only supports curr_ns and init as the argument`);
  if (mode !== 'curr_ns' && mode !== 'init') {
    return use.error(`Invalid PID namespace mode: ${mode} (expects: curr_ns or init)`, {
      at: use.argSpan(0),
    });
  }
  return use.call(uint32, [], { mode });
}

/** The kfunc that finds a task. Source: kernel/bpf/helpers.c, Linux 6.2. */
const TASK_FROM_PID = 'bpf_task_from_pid';
const OTHER_COMM_BYTES = 64;

/** Of another task: `args[0]`: its id, int32; `attrs.number`: where its name is in struct task_struct. */
function checkComm(use: BuiltinUse): TypedExpr {
  if (use.args.length === 0) return use.call({ kind: 'string', size: COMM_BYTES });
  const pid = use.value(0);
  if (use.failed(pid)) return pid;
  if (pid.type.kind !== 'int') return use.error("Only integer supported for comm()'s pid");
  const { probe, target } = use;
  if (!probe || !target.allowsKfunc(TASK_FROM_PID, probe.progType)) {
    const type = probe?.probeType ?? 'function';
    const hint = target.has('task-from-pid')
      ? 'this kernel lets other kinds of probes look for a task'
      : `it takes ${TASK_FROM_PID}(), which Linux has since 6.2`;
    return use.error(`Syntax comm(PID) is not supported in this probe type yet. Type: ${type}`, { hint });
  }
  const offset = use.offsetOf(taskStruct, 'comm');
  if (offset === undefined) return use.unknown();
  return use.call({ kind: 'string', size: OTHER_COMM_BYTES }, [use.cast(pid, int32)], {
    number: offset,
    reports: true,
  });
}

const taskStruct: Type = { kind: 'struct', name: 'struct task_struct' };

function taskPointer(): Type {
  return pointerTo(taskStruct, 'kernel');
}

/** The task an argument names, or the current one. */
function task(use: BuiltinUse): TypedExpr | undefined {
  if (use.args.length === 0) return use.builtin('curtask');
  const value = use.value(0);
  if (use.failed(value)) return undefined;
  if (!isIntegerOrPointer(value.type)) {
    use.error(`${use.name}() expects a pointer to struct task_struct`);
    return undefined;
  }
  return use.cast(value, taskPointer());
}

/** A member of a task that another task points to. */
function taskMember(link: string, member: string) {
  return (use: BuiltinUse): TypedExpr => {
    const from = task(use);
    return from ? use.field(use.field(from, link), member) : use.unknown();
  };
}

function checkUsermode(use: BuiltinUse): TypedExpr {
  if (use.probe && !use.probe.hasRegisters) {
    const special = ['begin', 'end', 'self', 'test', 'bench'].includes(use.probe.kind);
    return use.int(special ? 1n : 0n, uint8);
  }
  if (use.target.arch !== 'x86_64') return use.error("'usermode' builtin is only supported on x86_64");
  return use.call(uint8);
}

export const processBuiltins = {
  pid: {
    form: 'both',
    signature: ['uint32 pid', 'uint32 pid(curr_ns | init)'],
    doc: 'The process id.',
    arity: [0, 1],
    check: checkId,
  },
  tid: {
    form: 'both',
    signature: ['uint32 tid', 'uint32 tid(curr_ns | init)'],
    doc: 'The thread id.',
    arity: [0, 1],
    check: checkId,
  },
  uid: {
    form: 'both',
    macro: true,
    signature: ['uint64 uid'],
    doc: 'The user id in the initial namespace.',
    arity: [0, 0],
    check: plain(uint64),
  },
  gid: {
    form: 'both',
    macro: true,
    signature: ['uint64 gid'],
    doc: 'The group id in the initial namespace.',
    arity: [0, 0],
    check: plain(uint64),
  },
  username: {
    form: 'both',
    macro: true,
    signature: ['username_t username'],
    doc: 'The user id, shown as the name in the user database.',
    async: true,
    arity: [0, 0],
    check: plain({ kind: 'username' }),
  },
  comm: {
    form: 'both',
    macro: true,
    signature: ['string comm', 'string comm(uint32 pid)'],
    doc: 'The name of the current thread, or of another task.',
    arity: [0, 1],
    check: checkComm,
  },
  curtask: {
    form: 'both',
    macro: true,
    signature: ['struct task_struct *curtask'],
    doc: 'The current task.',
    arity: [0, 0],
    check: (use) => use.call(taskPointer()),
  },
  ppid: {
    form: 'both',
    macro: true,
    signature: ['int32 ppid', 'int32 ppid(struct task_struct *task)'],
    doc: 'The process id of the real parent.',
    folds: true,
    arity: [0, 1],
    check: taskMember('real_parent', 'tgid'),
  },
  pcomm: {
    form: 'both',
    macro: true,
    signature: ['string pcomm', 'string pcomm(struct task_struct *task)'],
    doc: 'The name of the real parent.',
    folds: true,
    arity: [0, 1],
    check: taskMember('real_parent', 'comm'),
  },
  leader_tid: {
    form: 'both',
    macro: true,
    signature: ['int32 leader_tid', 'int32 leader_tid(struct task_struct *task)'],
    doc: "The thread id of the thread group's leader.",
    folds: true,
    arity: [0, 1],
    check: taskMember('group_leader', 'pid'),
  },
  leader_comm: {
    form: 'both',
    macro: true,
    signature: ['string leader_comm', 'string leader_comm(struct task_struct *task)'],
    doc: "The name of the thread group's leader.",
    folds: true,
    arity: [0, 1],
    check: taskMember('group_leader', 'comm'),
  },
  cpu: {
    form: 'both',
    macro: true,
    signature: ['uint64 cpu'],
    doc: 'The number of the CPU the probe runs on.',
    arity: [0, 0],
    values: ({ possibleCpus }) => possibleCpus,
    check: plain(uint64),
  },
  ncpus: {
    form: 'both',
    macro: true,
    signature: ['uint64 ncpus'],
    doc: 'The number of possible CPUs.',
    arity: [0, 0],
    check: plain(uint64),
  },
  numaid: {
    form: 'both',
    macro: true,
    signature: ['uint64 numaid'],
    doc: 'The NUMA node the probe runs on.',
    arity: [0, 0],
    check: plain(uint64),
  },
  rand: {
    form: 'both',
    macro: true,
    signature: ['uint64 rand'],
    doc: 'A random number of 32 bits.',
    arity: [0, 0],
    check: plain(uint64),
  },
  cpid: {
    form: 'both',
    macro: true,
    signature: ['uint64 cpid'],
    doc: 'The process id of the command started with -c; 0 and a run-time warning without one.',
    arity: [0, 0],
    check: plain(uint64),
  },
  has_cpid: {
    form: 'both',
    macro: true,
    signature: ['bool has_cpid'],
    doc: 'Whether a command was started with -c.',
    arity: [0, 0],
    check: plain(bool),
  },
  usermode: {
    form: 'both',
    macro: true,
    signature: ['uint8 usermode'],
    doc: '1 if the CPU was in user mode, else 0.',
    needsCtx: true,
    arity: [0, 0],
    values: () => 2,
    check: checkUsermode,
  },
} as const satisfies Record<string, BuiltinRow>;
