import type { HelperName } from '../../../bpf/index.ts';
import { archFacts, type Format, type RecordSpec } from '../../../program/index.ts';
import { int32 } from '../../../types/index.ts';
import type { ValueId } from '../../ir/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { CallExpr, Fill, Lower, Lowering } from './lowering.ts';
import { HEADER_BYTES } from './output.ts';
import { addressOf, type Place, storeText, zeroPlace } from './place.ts';

/** Process id (tgid) in the high, thread id in the low half, as bpf_get_current_pid_tgid gives them. */
function initIds(lower: Lower): ValueId {
  return lower.b.call('get_current_pid_tgid', [], 'stable');
}

/** struct bpf_pidns_info { u32 pid; u32 tgid }, of the tracer's pid namespace. Source: uapi/linux/bpf.h. */
function namespaceIds(lower: Lower): Place {
  const { b } = lower;
  const ids = lower.temporary(8);
  const result = b.call('get_ns_current_pid_tgid', [
    lower.runtimeConstant('pidns-dev'),
    lower.runtimeConstant('pidns-ino'),
    addressOf(b, ids),
    b.const(8),
  ]);
  lower.checkHelper('get_ns_current_pid_tgid', result, 'default');
  return ids;
}

function isInNamespace(lower: Lower, mode: string): boolean {
  return (
    mode === 'curr_ns' &&
    lower.target.pidNamespace !== undefined &&
    lower.target.has('get-ns-current-pid-tgid')
  );
}

/** The process id in the tracer's namespace (`curr_ns`) or the initial one (`init`). */
export function currentPid(lower: Lower, mode: string): ValueId {
  const { b } = lower;
  if (!isInNamespace(lower, mode)) return b.binary('lshr', initIds(lower), b.const(32));
  return b.load(4, namespaceIds(lower).base, 4);
}

/** The thread id, likewise. */
function currentTid(lower: Lower, mode: string): ValueId {
  const { b } = lower;
  if (!isInNamespace(lower, mode)) return b.unary('zext32', initIds(lower));
  return b.load(4, namespaceIds(lower).base);
}

/** Group id in the high, user id in the low half. */
function userIds(lower: Lower): ValueId {
  return lower.b.call('get_current_uid_gid', [], 'stable');
}

function lowerUid(lower: Lower): ValueId {
  return lower.b.unary('zext32', userIds(lower));
}

/**
 * The helper cannot fail where there is a task. Most kernels fill all bytes, with zeros behind the name; Linux 6.0 and 6.1 leave what was there,
 * and equal names would be different keys. Source: kernel/bpf/helpers.c, bpf_get_current_comm.
 */
function lowerComm(lower: Lower, call: CallExpr, to: Place, fill: Fill): void {
  const { b } = lower;
  const [pid] = call.args;
  if (pid !== undefined) {
    lowerOtherComm(lower, call, pid, to);
    return;
  }
  const bytes = lower.sizeOf(call.type);
  if (fill === 'exact') zeroPlace(b, to, bytes);
  b.call('get_current_comm', [addressOf(b, to), b.const(bytes)]);
}

/** The kernel lends the task, and wants it back. */
function lowerOtherComm(lower: Lower, call: CallExpr, pid: TypedExpr, to: Place): void {
  const { b } = lower;
  const bytes = lower.sizeOf(call.type);
  const id = lower.scalar(pid);
  zeroPlace(b, to, bytes);
  const task = b.callKfunc('bpf_task_from_pid', [id]);
  lower.branch(
    b.compare('ne', task, b.const(0)),
    () => {
      const name = b.addConst(task, Number(call.attrs.number ?? 0n));
      lower.readString('kernel', to, b.const(bytes), name);
      b.callKfunc('bpf_task_release', [task]);
    },
    () => {
      storeText(b, to, 'N/A', bytes);
      warnNoSuchProcess(lower, call, id);
    },
    'otherwise',
  );
}

const noSuchProcess: Format = ['No such process (pid=', { arg: 0, verb: 'd', flags: '', length: '' }, ')'];

function warnNoSuchProcess(lower: Lower, call: CallExpr, pid: ValueId): void {
  const slot = { offset: HEADER_BYTES, type: int32 };
  const spec: RecordSpec = {
    kind: 'warnf',
    format: noSuchProcess,
    args: [slot],
    trail: lower.trail(call.at),
    sizeBytes: HEADER_BYTES + 8,
  };
  lower.record(spec, (record) => lower.b.store(8, record.base, pid, record.off + slot.offset));
}

function lowerChildPid(lower: Lower): ValueId {
  const { b } = lower;
  const pid = lower.runtimeConstant('child-pid');
  lower.branch(
    b.compare('eq', pid, b.const(0)),
    () => lower.runtimeError('cpid-without-child'),
    undefined,
    'then',
  );
  return pid;
}

/** All bits of the mask set in the register: the CPU was in user mode. */
function lowerUsermode(lower: Lower): ValueId {
  const { b } = lower;
  const { registers, userMode } = archFacts(lower.target.arch);
  if (userMode === undefined) return b.const(0);
  const word = b.load(8, lower.ctx(), registers[userMode.register] ?? 0);
  return b.compare('eq', b.binary('and', word, b.const(userMode.mask)), b.const(userMode.mask));
}

/** A helper without arguments whose result is the value. */
function plain(helper: HelperName, effect: 'stable' | 'reads'): Lowering {
  return { gives: 'scalar', lower: ({ b }) => b.call(helper, [], effect) };
}

export const processLowerings = {
  pid: { gives: 'scalar', lower: (lower, call) => currentPid(lower, call.attrs.mode ?? 'curr_ns') },
  tid: { gives: 'scalar', lower: (lower, call) => currentTid(lower, call.attrs.mode ?? 'curr_ns') },
  uid: { gives: 'scalar', lower: lowerUid },
  gid: {
    gives: 'scalar',
    lower: (lower) => lower.b.binary('lshr', userIds(lower), lower.b.const(32)),
  },
  username: { gives: 'scalar', lower: lowerUid },
  comm: { gives: 'memory', lower: lowerComm },
  curtask: plain('get_current_task', 'stable'),
  cpu: plain('get_smp_processor_id', 'stable'),
  ncpus: { gives: 'scalar', lower: ({ b, target }) => b.const(target.possibleCpus) },
  numaid: plain('get_numa_node_id', 'stable'),
  rand: {
    gives: 'scalar',
    lower: ({ b }) => b.unary('zext32', b.call('get_prandom_u32', [], 'writes')),
  },
  cpid: { gives: 'scalar', lower: lowerChildPid },
  has_cpid: {
    gives: 'scalar',
    lower: (lower) => lower.b.compare('ne', lower.runtimeConstant('child-pid'), lower.b.const(0)),
  },
  usermode: { gives: 'scalar', lower: lowerUsermode },
} as const satisfies Record<string, Lowering>;
