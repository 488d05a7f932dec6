import type { HelperName } from '../bpf/index.ts';
import type { BpfMapType, BpfProgType, Prog } from '../program/index.ts';

/** Prog types that trace and get numbers only. */
const plainTracing: readonly BpfProgType[] = [
  'BPF_PROG_TYPE_KPROBE',
  'BPF_PROG_TYPE_TRACEPOINT',
  'BPF_PROG_TYPE_RAW_TRACEPOINT',
  'BPF_PROG_TYPE_PERF_EVENT',
];

/** Helpers for packets and sockets, by how their names begin: no prog that only traces gets them. */
const packetHelpers =
  /^(?:skb_(?!output)|l3_|l4_|xdp_(?!output)|redirect|clone_redirect|csum_|sk_(?!storage)|sock_map|sock_hash|msg_|lwt_|rc_|sock_ops|sysctl_|tcp_(?!sock)|get_route_realm|get_hash_recalc|set_hash|get_socket_uid|bind|fib_lookup|load_hdr_opt|store_hdr_opt|reserve_hdr_opt|check_mtu|bprm_opts_set)/;

/** Helpers that only some prog types have, of those that tracing knows. Source: the get_func_proto functions of kernel/trace/bpf_trace.c. */
const typesOf: Partial<Record<HelperName, readonly BpfProgType[]>> = {
  override_return: ['BPF_PROG_TYPE_KPROBE'],
  perf_prog_read_value: ['BPF_PROG_TYPE_PERF_EVENT'],
  read_branch_records: ['BPF_PROG_TYPE_PERF_EVENT'],
  get_func_arg: ['BPF_PROG_TYPE_TRACING'],
  get_func_ret: ['BPF_PROG_TYPE_TRACING'],
  get_func_arg_cnt: ['BPF_PROG_TYPE_TRACING'],
  d_path: ['BPF_PROG_TYPE_TRACING'],
  seq_printf: ['BPF_PROG_TYPE_TRACING'],
  seq_write: ['BPF_PROG_TYPE_TRACING'],
  seq_printf_btf: ['BPF_PROG_TYPE_TRACING'],
  skb_output: ['BPF_PROG_TYPE_TRACING'],
  xdp_output: ['BPF_PROG_TYPE_TRACING'],
  sys_bpf: ['BPF_PROG_TYPE_SYSCALL'],
  btf_find_by_name_kind: ['BPF_PROG_TYPE_SYSCALL'],
  sys_close: ['BPF_PROG_TYPE_SYSCALL'],
  kallsyms_lookup_name: ['BPF_PROG_TYPE_SYSCALL'],
};

/** Why a helper is not there for a prog; undefined when nothing speaks against it. */
export function unavailable(name: HelperName, prog: Prog): string | undefined {
  const isPlain = plainTracing.includes(prog.type);
  const isForOthers = typesOf[name]?.includes(prog.type) === false;
  if ((isPlain && packetHelpers.test(name)) || isForOthers)
    return `bpf_${name} is not there for progs of this type`;
  const sleeps = name === 'copy_from_user' || name === 'copy_from_user_task';
  if (sleeps && isPlain && prog.sleepable !== true) return `bpf_${name} is for sleepable progs only`;
  return undefined;
}

/** Helpers that take maps of some types only. Source: check_map_func_compatibility() of kernel/bpf/verifier.c. */
const mapTypesOf: Partial<Record<HelperName, readonly BpfMapType[]>> = {
  perf_event_output: ['BPF_MAP_TYPE_PERF_EVENT_ARRAY'],
  perf_event_read: ['BPF_MAP_TYPE_PERF_EVENT_ARRAY'],
  perf_event_read_value: ['BPF_MAP_TYPE_PERF_EVENT_ARRAY'],
  get_stackid: ['BPF_MAP_TYPE_STACK_TRACE'],
  tail_call: ['BPF_MAP_TYPE_PROG_ARRAY'],
  ringbuf_output: ['BPF_MAP_TYPE_RINGBUF'],
  ringbuf_reserve: ['BPF_MAP_TYPE_RINGBUF'],
  ringbuf_query: ['BPF_MAP_TYPE_RINGBUF'],
  map_lookup_percpu_elem: [
    'BPF_MAP_TYPE_PERCPU_ARRAY',
    'BPF_MAP_TYPE_PERCPU_HASH',
    'BPF_MAP_TYPE_LRU_PERCPU_HASH',
  ],
};

/** Map types that only their own helpers take. */
const helpersOf: Partial<Record<BpfMapType, readonly HelperName[]>> = {
  BPF_MAP_TYPE_PERF_EVENT_ARRAY: [
    'perf_event_output',
    'perf_event_read',
    'perf_event_read_value',
    'skb_output',
    'xdp_output',
  ],
  BPF_MAP_TYPE_STACK_TRACE: ['get_stackid'],
  BPF_MAP_TYPE_PROG_ARRAY: ['tail_call'],
  BPF_MAP_TYPE_RINGBUF: ['ringbuf_output', 'ringbuf_reserve', 'ringbuf_query', 'ringbuf_reserve_dynptr'],
};

/** Why a helper does not take a map; undefined when it does. */
export function wrongMap(name: HelperName, type: BpfMapType): string | undefined {
  const isWrong = mapTypesOf[name]?.includes(type) === false || helpersOf[type]?.includes(name) === false;
  return isWrong ? `bpf_${name} does not take maps of type ${type}` : undefined;
}

/** Helpers for progs with a licence compatible with the GPL. Source: gpl_only of each bpf_func_proto. */
export const gplOnly: ReadonlySet<HelperName> = new Set<HelperName>([
  'probe_read',
  'probe_read_str',
  'probe_read_user',
  'probe_read_user_str',
  'probe_read_kernel',
  'probe_read_kernel_str',
  'trace_printk',
  'perf_event_output',
  'get_stackid',
  'get_stack',
  'get_current_task',
  'override_return',
  'perf_event_read_value',
  'probe_write_user',
]);

/** Source: license_is_gpl_compatible() of include/linux/license.h. */
const gplCompatible: readonly string[] = [
  'GPL',
  'GPL v2',
  'GPL and additional rights',
  'Dual BSD/GPL',
  'Dual MIT/GPL',
  'Dual MPL/GPL',
];

export function isGplCompatible(license: string): boolean {
  return gplCompatible.includes(license);
}
