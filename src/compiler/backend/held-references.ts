import { type BlockId, type Cfg, edgesOf, type Insn } from '../ir/index.ts';

/**
 * Where a function may hold something of the kernel's that it has to give back: a reserved record, an open-coded iterator, a task. The
 * verifier lets no way lead to the end there.
 */

/** Functions that hand something out, and those that take it back. Source: kernel/bpf, KF_ACQUIRE, KF_RELEASE and the iterators' _new and _destroy. */
const acquiring: ReadonlySet<string> = new Set([
  'ringbuf_reserve',
  'bpf_iter_num_new',
  'bpf_iter_task_vma_new',
  'bpf_task_from_pid',
  'bpf_task_from_vpid',
  'bpf_task_acquire',
  'bpf_cpumask_create',
  'bpf_cpumask_acquire',
  'bpf_cgroup_from_id',
  'bpf_cgroup_acquire',
  'bpf_cgroup_ancestor',
  'bpf_get_mem_cgroup',
  'bpf_get_task_exe_file',
  'bpf_rcu_read_lock',
  'bpf_preempt_disable',
]);
const releasing: ReadonlySet<string> = new Set([
  'ringbuf_submit',
  'ringbuf_discard',
  'bpf_iter_num_destroy',
  'bpf_iter_task_vma_destroy',
  'bpf_task_release',
  'bpf_cpumask_release',
  'bpf_cgroup_release',
  'bpf_put_mem_cgroup',
  'bpf_put_file',
  'bpf_rcu_read_unlock',
  'bpf_preempt_enable',
]);

/** More than this at once are not told apart. */
const MAX_HELD = 8;

function calledBy(insn: Insn): string {
  if (insn.op === 'call') return insn.helper;
  return insn.op === 'callKfunc' ? insn.name : '';
}

/** Whether an instruction gets something that has to be given back. */
export function acquiresReference(insn: Insn): boolean {
  return acquiring.has(calledBy(insn));
}

/** By place in `cfg.order`: the most that may be held where the block begins. */
export function heldReferences(cfg: Cfg): readonly number[] {
  const held: (number | undefined)[] = new Array(cfg.order.length).fill(undefined);
  held[0] = 0;
  const work = [0];
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    const block = cfg.order[place]!;
    let count = held[place]!;
    let last: Insn | undefined;
    const compared = new Map<number, Insn>();
    for (const insn of block.insns) {
      const name = calledBy(insn);
      if (acquiring.has(name)) {
        count = Math.min(MAX_HELD, count + 1);
        last = insn;
      } else if (releasing.has(name)) count = Math.max(0, count - 1);
      if (insn.op === 'eq' || insn.op === 'ne') compared.set(insn.id, insn);
    }
    const { end } = block;
    const test = end.kind === 'branch' ? compared.get(end.cond) : undefined;
    // Where the result is NULL there is nothing to give back.
    const nullEdge = last !== undefined && test?.args.includes(last.id) ? (test.op === 'eq' ? 0 : 1) : -1;
    edgesOf(end).forEach((edge, index) => {
      const target = placeOf(cfg, edge.block);
      const arriving = index === nullEdge ? count - 1 : count;
      if (held[target] !== undefined && held[target] >= arriving) return;
      held[target] = arriving;
      work.push(target);
    });
  }
  return held.map((count) => count ?? 0);
}

function placeOf(cfg: Cfg, block: BlockId): number {
  return cfg.placeOf[block]!;
}
