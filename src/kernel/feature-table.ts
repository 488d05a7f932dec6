import type { HelperName } from '../bpf/index.ts';

interface Feature<Name extends string = string> {
  /** The version that brought it: for messages only, kernels are asked. */
  readonly since: string;
  readonly what: string;
  /** A kernel that has one of these has it as well: it needs no question then. */
  readonly impliedBy?: readonly Name[];
  /** The feature is that progs may call this helper: any prog, or one of kprobes. */
  readonly helper?: HelperName;
  readonly kprobeHelper?: HelperName;
  /** The feature is that the kernel has this function. */
  readonly kfunc?: string;
}

/** They came after what no configuration takes away: the instructions, maps and limits of Linux 5.8. */
const later = ['kprobe-multi', 'cgrp-storage'] as const;

const rows = {
  'ring-buffer': { since: '5.8', what: 'the BPF ring buffer', impliedBy: later },
  'bounded-loops': { since: '5.3', what: 'loops in BPF progs', impliedBy: later },
  'large-insn-limit': { since: '5.2', what: 'progs of more than 4,096 instructions', impliedBy: later },
  'global-data': { since: '5.2', what: 'direct access to map values', impliedBy: later },
  'cpu-v4': { since: '6.6', what: 'the instructions of BPF cpu v4' },
  'bpf-loop': { since: '5.17', what: 'bpf_loop()', helper: 'loop' },
  'for-each-map-elem': { since: '5.13', what: 'bpf_for_each_map_elem()', helper: 'for_each_map_elem' },
  'map-lookup-percpu-elem': {
    since: '5.19',
    what: 'bpf_map_lookup_percpu_elem()',
    helper: 'map_lookup_percpu_elem',
  },
  'map-sum-elem-count': {
    since: '6.6',
    what: 'the kfunc bpf_map_sum_elem_count()',
    kfunc: 'bpf_map_sum_elem_count',
  },
  'open-coded-iterators': { since: '6.4', what: 'the kfuncs bpf_iter_num_*()', kfunc: 'bpf_iter_num_new' },
  'task-from-pid': { since: '6.2', what: 'the kfunc bpf_task_from_pid()', kfunc: 'bpf_task_from_pid' },
  'cgrp-storage': { since: '6.2', what: 'maps of what belongs to a cgroup' },
  'get-func-ip': {
    since: '5.15',
    what: 'bpf_get_func_ip()',
    kprobeHelper: 'get_func_ip',
    impliedBy: ['kprobe-multi'],
  },
  'get-func-ret': { since: '5.17', what: 'bpf_get_func_ret()' },
  'attach-cookie': { since: '5.15', what: 'bpf_get_attach_cookie()', kprobeHelper: 'get_attach_cookie' },
  'ktime-get-boot-ns': { since: '5.8', what: 'bpf_ktime_get_boot_ns()', helper: 'ktime_get_boot_ns' },
  'ktime-get-tai-ns': { since: '6.1', what: 'bpf_ktime_get_tai_ns()', helper: 'ktime_get_tai_ns' },
  jiffies64: { since: '5.5', what: 'bpf_jiffies64()', helper: 'jiffies64' },
  'get-ns-current-pid-tgid': {
    since: '5.7',
    what: 'bpf_get_ns_current_pid_tgid()',
    helper: 'get_ns_current_pid_tgid',
  },
  'send-signal': { since: '5.3', what: 'bpf_send_signal()', helper: 'send_signal' },
  'send-signal-thread': { since: '5.5', what: 'bpf_send_signal_thread()', helper: 'send_signal_thread' },
  'override-return': {
    since: '4.16',
    what: 'bpf_override_return() (CONFIG_BPF_KPROBE_OVERRIDE)',
    kprobeHelper: 'override_return',
  },
  'probe-read-kernel': { since: '5.5', what: 'bpf_probe_read_kernel()', helper: 'probe_read_kernel' },
  'd-path': { since: '5.10', what: 'bpf_d_path()' },
  'task-pt-regs': { since: '5.15', what: 'bpf_task_pt_regs()', helper: 'task_pt_regs' },
  'mappable-arrays': { since: '5.5', what: 'arrays that user space can map' },
  dynptr: { since: '5.19', what: 'dynptr helpers', helper: 'dynptr_from_mem' },
  kprobe: { since: '4.17', what: 'kprobes through perf events (CONFIG_KPROBE_EVENTS)' },
  'kprobe-multi': { since: '5.18', what: 'kprobe multi-links (CONFIG_FPROBE)' },
  'kprobe-session': { since: '6.10', what: 'kprobe sessions (CONFIG_FPROBE)' },
  uprobe: { since: '4.17', what: 'uprobes through perf events (CONFIG_UPROBE_EVENTS)' },
  'uprobe-multi': { since: '6.6', what: 'uprobe multi-links' },
  'uprobe-multi-pid': { since: '6.10', what: 'uprobe multi-links for all threads of one process' },
  'uprobe-session': { since: '6.13', what: 'uprobe sessions' },
  'uprobe-refcount': { since: '4.20', what: 'USDT semaphores counted by the kernel' },
  fentry: { since: '5.5', what: 'BPF trampolines (fentry, fexit)' },
  'single-prog-frame': { since: '6.0', what: 'kernel stacks that begin with the prog once' },
  iter: { since: '5.8', what: 'BPF iterators' },
  'symbol-index': { since: '6.2', what: 'an index of kernel symbols by name' },
  'symbol-names': { since: '5.14', what: 'progs that ask for the names of addresses', impliedBy: later },
  'perf-link': { since: '5.15', what: 'BPF links on perf events' },
  btf: { since: '4.18', what: 'BTF of the kernel (CONFIG_DEBUG_INFO_BTF)' },
  'module-btf': { since: '5.11', what: 'BTF of modules (CONFIG_DEBUG_INFO_BTF_MODULES)' },
  'map-batch': { since: '5.6', what: 'reading maps in batches' },
} as const satisfies Record<string, Feature>;

/** The name of a row. */
export type KernelFeature = keyof typeof rows;

/** What a kernel may lack. Rows name each other, so they are held to their names once all of these are known. */
export const features = rows satisfies Record<KernelFeature, Feature<KernelFeature>>;

/** Features with a column: `FeatureWith<'helper'>`. */
export type FeatureWith<Column extends keyof Feature> = {
  [F in KernelFeature]: (typeof features)[F] extends Required<Pick<Feature, Column>> ? F : never;
}[KernelFeature];

/** Whether the row of a feature has a column. */
export function hasColumn<Column extends keyof Feature>(
  feature: KernelFeature,
  column: Column,
): feature is FeatureWith<Column> {
  return column in features[feature];
}

/** `unknown`: the question could not be put, mostly for lack of privileges. `why` says so, or what the kernel answered. */
export type FeatureAnswer =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };
