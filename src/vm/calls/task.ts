import { errnos } from '../../base/index.ts';
import type { Core } from '../core.ts';
import type { HelperCall } from './call.ts';

/** Helpers about the event's task, CPU and probe. Source: kernel/bpf/helpers.c, kernel/trace/bpf_trace.c. */
export const taskCalls = {
  get_current_pid_tgid(core) {
    const { pid, tid } = core.environment.task();
    core.words[0] = tid;
    core.words[1] = pid;
  },

  get_current_uid_gid(core) {
    const { uid, gid } = core.environment.task();
    core.words[0] = uid;
    core.words[1] = gid;
  },

  get_current_comm(core) {
    const size = core.size(2, 'get_current_comm');
    const at = core.locate(1, size, 'write');
    const { comm } = core.environment.task();
    const { bytes } = core.memory;
    const length = Math.min(comm.length, size - 1);
    for (let index = 0; index < length; index++) bytes[at + index] = comm.charCodeAt(index);
    bytes.fill(0, at + Math.max(length, 0), at + size);
    core.return(0);
  },

  get_current_task: (core) => core.returnBig(core.environment.task().address),
  get_current_task_btf: (core) => core.returnBig(core.environment.task().address),
  get_current_cgroup_id: (core) => core.returnBig(core.environment.task().cgroupId),
  get_smp_processor_id: (core) => core.returnUnsigned(core.cpu),
  get_numa_node_id: (core) => core.returnUnsigned(core.environment.numaNode?.(core.cpu) ?? 0),
  task_pt_regs: (core) => core.returnBig(core.environment.taskRegisters?.(core.value(1)) ?? 0n),

  /** bpf_get_ns_current_pid_tgid(dev, ino, struct { u32 pid, tgid } *, size). */
  get_ns_current_pid_tgid(core) {
    const size = core.size(4, 'get_ns_current_pid_tgid');
    const at = core.locate(3, size, 'write');
    const ids = size === 8 ? core.environment.namespaceIds?.(core.value(1), core.value(2)) : undefined;
    if (ids === undefined) {
      core.memory.bytes.fill(0, at, at + size);
      return core.return(-errnos.EINVAL.number);
    }
    core.memory.view.setInt32(at, ids.tid, true);
    core.memory.view.setInt32(at + 4, ids.pid, true);
    core.return(0);
  },

  send_signal: (core) => core.return(signal(core, 'process')),
  send_signal_thread: (core) => core.return(signal(core, 'thread')),

  override_return(core) {
    const answer = core.environment.overrideReturn?.(core.value(2));
    core.return(answer ?? -errnos.EOPNOTSUPP.number);
  },

  get_socket_cookie: (core) => core.returnBig(core.environment.socketCookie?.(core.value(1)) ?? 0n),

  get_func_ip: (core) => core.returnBig(core.environment.functionIp?.() ?? 0n),
  get_attach_cookie: (core) => core.returnBig(core.environment.attachCookie?.() ?? 0n),
} as const satisfies Record<string, HelperCall>;

function signal(core: Core, scope: 'process' | 'thread'): number {
  const number = core.low(1);
  if (number < 1 || number > MAX_SIGNAL) return -errnos.EINVAL.number;
  return core.environment.signal?.(number, scope) ?? -errnos.EPERM.number;
}

/** Source: _NSIG on x86_64 and arm64. */
const MAX_SIGNAL = 64;
