import { errnos } from '../../base/index.ts';
import { type Core, MAX_LOOPS } from '../core.ts';
import type { HelperCall } from './call.ts';

/** Kernel functions, by their BTF names. Source: kernel/bpf/helpers.c, map_iter.c, bpf_iter.c, kernel/trace/bpf_trace.c. */
export const kfuncs = {
  bpf_map_sum_elem_count(core) {
    const map = core.map(1, 'map_sum_elem_count');
    core.returnUnsigned(map.kind === 'keyed' ? map.size : 0);
  },

  bpf_session_is_return: (core) => core.returnUnsigned(core.environment.sessionIsReturn?.() === true ? 1 : 0),

  bpf_rdonly_cast: same,
  bpf_cast_to_kern_ctx: same,
  bpf_rcu_read_lock: nothing,
  bpf_rcu_read_unlock: nothing,
  bpf_preempt_disable: nothing,
  bpf_preempt_enable: nothing,

  /** The iterator is { s32 cur, end } in the prog's own memory. */
  bpf_iter_num_new(core) {
    const at = core.locate(1, 8, 'write');
    const start = core.low(2);
    const end = core.low(3);
    const refusal = start > end ? -errnos.EINVAL.number : end - start > MAX_LOOPS ? -errnos.E2BIG.number : 0;
    core.memory.view.setInt32(at, refusal === 0 ? start - 1 : 0, true);
    core.memory.view.setInt32(at + 4, refusal === 0 ? end : 0, true);
    core.return(refusal);
  },

  /** A pointer to `cur`, or null at the end. */
  bpf_iter_num_next(core) {
    const { view } = core.memory;
    const at = core.locate(1, 8, 'write');
    const next = view.getInt32(at, true) + 1;
    if (next >= view.getInt32(at + 4, true)) {
      view.setInt32(at, 0, true);
      view.setInt32(at + 4, 0, true);
      return core.return(0);
    }
    view.setInt32(at, next, true);
    same(core);
  },

  bpf_iter_num_destroy(core) {
    const at = core.locate(1, 8, 'write');
    core.memory.bytes.fill(0, at, at + 8);
  },
} as const satisfies Record<string, HelperCall>;

/** Gives R1 back. */
function same(core: Core): void {
  core.words[0] = core.low(1);
  core.words[1] = core.high(1);
}

/** One prog runs at a time, so there is nothing to lock. */
function nothing(): void {}
