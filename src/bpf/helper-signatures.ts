import { lazily } from '../base/index.ts';
import type { HelperName } from './helper-ids.ts';

/**
 * What the verifier wants in an argument register (R1 to R5).
 *
 * - ctx: the prog's own context. map: a map. map-key, map-value: readable memory of the map's key or value size.
 * - uninit-*: memory the helper writes; it need not be initialised.
 * - mem, uninit-mem: memory whose length is the next argument: `size` (at least 1) or `size0` (0 allowed).
 * - fixed-mem: memory of a length the helper itself fixes. const-size: a constant. const-string: NUL-terminated text in a read-only map.
 * - btf:NAME: a trusted pointer to a kernel struct. callback: a subprogram. scalar: any number, user addresses included.
 *
 * Source: kernel/bpf/verifier.c, enum bpf_arg_type and the bpf_func_proto of each helper.
 */
export type HelperArg =
  | 'scalar'
  | 'ctx'
  | 'map'
  | 'map-key'
  | 'map-value'
  | 'map-value-or-null'
  | 'uninit-map-value'
  | 'map-kptr'
  | 'mem'
  | 'mem-or-null'
  | 'uninit-mem'
  | 'uninit-mem-or-null'
  | 'fixed-mem'
  | 'size'
  | 'size0'
  | 'const-size'
  | 'const-string'
  | 'uninit-int'
  | 'uninit-long'
  | 'callback'
  | 'callback-ctx'
  | 'dynptr'
  | 'uninit-dynptr'
  | 'ringbuf-mem'
  | 'timer'
  | 'spin-lock'
  | 'socket'
  | `btf:${string}`;

/** What is in R0 afterwards. */
export type HelperReturn =
  | 'scalar'
  | 'void'
  | 'map-value'
  | 'map-value-or-null'
  | 'ringbuf-mem-or-null'
  | 'dynptr-mem-or-null'
  | 'btf'
  | 'btf-or-null'
  | 'socket-or-null';

export interface HelperSignature {
  readonly returns: HelperReturn;
  readonly args: readonly HelperArg[];
}

/** Compiling and loading a script need none of it, and making it takes a fiftieth of a start. */
const signatures = lazily(allSignatures);

/** What a helper takes and gives. */
export function helperSignature(name: HelperName): HelperSignature {
  return signatures()[name];
}

function allSignatures(): Readonly<Record<HelperName, HelperSignature>> {
  return {
    map_lookup_elem: { returns: 'map-value-or-null', args: ['map', 'map-key'] },
    map_update_elem: { returns: 'scalar', args: ['map', 'map-key', 'map-value', 'scalar'] },
    map_delete_elem: { returns: 'scalar', args: ['map', 'map-key'] },
    probe_read: { returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
    ktime_get_ns: { returns: 'scalar', args: [] },
    trace_printk: { returns: 'scalar', args: ['mem', 'size', 'scalar', 'scalar', 'scalar'] },
    get_prandom_u32: { returns: 'scalar', args: [] },
    get_smp_processor_id: { returns: 'scalar', args: [] },
    skb_store_bytes: { returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size', 'scalar'] },
    l3_csum_replace: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar', 'scalar'] },
    l4_csum_replace: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar', 'scalar'] },
    tail_call: { returns: 'scalar', args: ['ctx', 'map', 'scalar'] },
    clone_redirect: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    get_current_pid_tgid: { returns: 'scalar', args: [] },
    get_current_uid_gid: { returns: 'scalar', args: [] },
    get_current_comm: { returns: 'scalar', args: ['uninit-mem', 'size'] },
    get_cgroup_classid: { returns: 'scalar', args: ['ctx'] },
    skb_vlan_push: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    skb_vlan_pop: { returns: 'scalar', args: ['ctx'] },
    skb_get_tunnel_key: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size', 'scalar'] },
    skb_set_tunnel_key: { returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
    perf_event_read: { returns: 'scalar', args: ['map', 'scalar'] },
    redirect: { returns: 'scalar', args: ['scalar', 'scalar'] },
    get_route_realm: { returns: 'scalar', args: ['ctx'] },
    perf_event_output: { returns: 'scalar', args: ['ctx', 'map', 'scalar', 'mem', 'size0'] },
    skb_load_bytes: { returns: 'scalar', args: ['ctx', 'scalar', 'uninit-mem', 'size'] },
    get_stackid: { returns: 'scalar', args: ['ctx', 'map', 'scalar'] },
    csum_diff: { returns: 'scalar', args: ['mem-or-null', 'size0', 'mem-or-null', 'size0', 'scalar'] },
    skb_get_tunnel_opt: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
    skb_set_tunnel_opt: { returns: 'scalar', args: ['ctx', 'mem', 'size'] },
    skb_change_proto: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    skb_change_type: { returns: 'scalar', args: ['ctx', 'scalar'] },
    skb_under_cgroup: { returns: 'scalar', args: ['ctx', 'map', 'scalar'] },
    get_hash_recalc: { returns: 'scalar', args: ['ctx'] },
    get_current_task: { returns: 'scalar', args: [] },
    probe_write_user: { returns: 'scalar', args: ['scalar', 'mem', 'size'] },
    current_task_under_cgroup: { returns: 'scalar', args: ['map', 'scalar'] },
    skb_change_tail: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    skb_pull_data: { returns: 'scalar', args: ['ctx', 'scalar'] },
    csum_update: { returns: 'scalar', args: ['ctx', 'scalar'] },
    set_hash_invalid: { returns: 'void', args: ['ctx'] },
    get_numa_node_id: { returns: 'scalar', args: [] },
    skb_change_head: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    xdp_adjust_head: { returns: 'scalar', args: ['ctx', 'scalar'] },
    probe_read_str: { returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
    get_socket_cookie: { returns: 'scalar', args: ['ctx'] },
    get_socket_uid: { returns: 'scalar', args: ['ctx'] },
    set_hash: { returns: 'scalar', args: ['ctx', 'scalar'] },
    setsockopt: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'mem', 'size'] },
    skb_adjust_room: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
    redirect_map: { returns: 'scalar', args: ['map', 'scalar', 'scalar'] },
    sk_redirect_map: { returns: 'scalar', args: ['ctx', 'map', 'scalar', 'scalar'] },
    sock_map_update: { returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
    xdp_adjust_meta: { returns: 'scalar', args: ['ctx', 'scalar'] },
    perf_event_read_value: { returns: 'scalar', args: ['map', 'scalar', 'uninit-mem', 'size'] },
    perf_prog_read_value: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
    getsockopt: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'uninit-mem', 'size'] },
    override_return: { returns: 'scalar', args: ['ctx', 'scalar'] },
    sock_ops_cb_flags_set: { returns: 'scalar', args: ['ctx', 'scalar'] },
    msg_redirect_map: { returns: 'scalar', args: ['ctx', 'map', 'scalar', 'scalar'] },
    msg_apply_bytes: { returns: 'scalar', args: ['ctx', 'scalar'] },
    msg_cork_bytes: { returns: 'scalar', args: ['ctx', 'scalar'] },
    msg_pull_data: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
    bind: { returns: 'scalar', args: ['ctx', 'mem', 'size'] },
    xdp_adjust_tail: { returns: 'scalar', args: ['ctx', 'scalar'] },
    skb_get_xfrm_state: { returns: 'scalar', args: ['ctx', 'scalar', 'uninit-mem', 'size', 'scalar'] },
    get_stack: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size0', 'scalar'] },
    skb_load_bytes_relative: { returns: 'scalar', args: ['ctx', 'scalar', 'uninit-mem', 'size', 'scalar'] },
    fib_lookup: { returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
    sock_hash_update: { returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
    msg_redirect_hash: { returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
    sk_redirect_hash: { returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
    lwt_push_encap: { returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
    lwt_seg6_store_bytes: { returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
    lwt_seg6_adjust_srh: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    lwt_seg6_action: { returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
    rc_repeat: { returns: 'scalar', args: ['ctx'] },
    rc_keydown: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
    skb_cgroup_id: { returns: 'scalar', args: ['ctx'] },
    get_current_cgroup_id: { returns: 'scalar', args: [] },
    get_local_storage: { returns: 'map-value', args: ['map', 'scalar'] },
    sk_select_reuseport: { returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
    skb_ancestor_cgroup_id: { returns: 'scalar', args: ['ctx', 'scalar'] },
    sk_lookup_tcp: { returns: 'socket-or-null', args: ['ctx', 'mem', 'size', 'scalar', 'scalar'] },
    sk_lookup_udp: { returns: 'socket-or-null', args: ['ctx', 'mem', 'size', 'scalar', 'scalar'] },
    sk_release: { returns: 'scalar', args: ['socket'] },
    map_push_elem: { returns: 'scalar', args: ['map', 'map-value', 'scalar'] },
    map_pop_elem: { returns: 'scalar', args: ['map', 'uninit-map-value'] },
    map_peek_elem: { returns: 'scalar', args: ['map', 'uninit-map-value'] },
    msg_push_data: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
    msg_pop_data: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
    rc_pointer_rel: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    spin_lock: { returns: 'scalar', args: ['spin-lock'] },
    spin_unlock: { returns: 'scalar', args: ['spin-lock'] },
    sk_fullsock: { returns: 'socket-or-null', args: ['socket'] },
    tcp_sock: { returns: 'socket-or-null', args: ['socket'] },
    skb_ecn_set_ce: { returns: 'scalar', args: ['ctx'] },
    get_listener_sock: { returns: 'socket-or-null', args: ['socket'] },
    skc_lookup_tcp: { returns: 'socket-or-null', args: ['ctx', 'mem', 'size', 'scalar', 'scalar'] },
    tcp_check_syncookie: { returns: 'scalar', args: ['socket', 'mem', 'size', 'mem', 'size'] },
    sysctl_get_name: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size', 'scalar'] },
    sysctl_get_current_value: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
    sysctl_get_new_value: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
    sysctl_set_new_value: { returns: 'scalar', args: ['ctx', 'mem', 'size'] },
    strtol: { returns: 'scalar', args: ['mem', 'size', 'scalar', 'uninit-long'] },
    strtoul: { returns: 'scalar', args: ['mem', 'size', 'scalar', 'uninit-long'] },
    sk_storage_get: { returns: 'map-value-or-null', args: ['map', 'socket', 'map-value-or-null', 'scalar'] },
    sk_storage_delete: { returns: 'scalar', args: ['map', 'socket'] },
    send_signal: { returns: 'scalar', args: ['scalar'] },
    tcp_gen_syncookie: { returns: 'scalar', args: ['socket', 'mem', 'size', 'mem', 'size'] },
    skb_output: { returns: 'scalar', args: ['ctx', 'map', 'scalar', 'mem', 'size0'] },
    probe_read_user: { returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
    probe_read_kernel: { returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
    probe_read_user_str: { returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
    probe_read_kernel_str: { returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
    tcp_send_ack: { returns: 'scalar', args: ['socket', 'scalar'] },
    send_signal_thread: { returns: 'scalar', args: ['scalar'] },
    jiffies64: { returns: 'scalar', args: [] },
    read_branch_records: { returns: 'scalar', args: ['ctx', 'uninit-mem', 'size0', 'scalar'] },
    get_ns_current_pid_tgid: { returns: 'scalar', args: ['scalar', 'scalar', 'uninit-mem', 'size'] },
    xdp_output: { returns: 'scalar', args: ['ctx', 'map', 'scalar', 'mem', 'size0'] },
    get_netns_cookie: { returns: 'scalar', args: ['ctx'] },
    get_current_ancestor_cgroup_id: { returns: 'scalar', args: ['scalar'] },
    sk_assign: { returns: 'scalar', args: ['ctx', 'socket', 'scalar'] },
    ktime_get_boot_ns: { returns: 'scalar', args: [] },
    seq_printf: { returns: 'scalar', args: ['btf:seq_file', 'mem', 'size', 'mem-or-null', 'size0'] },
    seq_write: { returns: 'scalar', args: ['btf:seq_file', 'mem', 'size0'] },
    sk_cgroup_id: { returns: 'scalar', args: ['socket'] },
    sk_ancestor_cgroup_id: { returns: 'scalar', args: ['socket', 'scalar'] },
    ringbuf_output: { returns: 'scalar', args: ['map', 'mem', 'size0', 'scalar'] },
    ringbuf_reserve: { returns: 'ringbuf-mem-or-null', args: ['map', 'const-size', 'scalar'] },
    ringbuf_submit: { returns: 'void', args: ['ringbuf-mem', 'scalar'] },
    ringbuf_discard: { returns: 'void', args: ['ringbuf-mem', 'scalar'] },
    ringbuf_query: { returns: 'scalar', args: ['map', 'scalar'] },
    csum_level: { returns: 'scalar', args: ['ctx', 'scalar'] },
    skc_to_tcp6_sock: { returns: 'btf-or-null', args: ['socket'] },
    skc_to_tcp_sock: { returns: 'btf-or-null', args: ['socket'] },
    skc_to_tcp_timewait_sock: { returns: 'btf-or-null', args: ['socket'] },
    skc_to_tcp_request_sock: { returns: 'btf-or-null', args: ['socket'] },
    skc_to_udp6_sock: { returns: 'btf-or-null', args: ['socket'] },
    get_task_stack: { returns: 'scalar', args: ['btf:task_struct', 'uninit-mem', 'size0', 'scalar'] },
    load_hdr_opt: { returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
    store_hdr_opt: { returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
    reserve_hdr_opt: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    inode_storage_get: {
      returns: 'map-value-or-null',
      args: ['map', 'btf:inode', 'map-value-or-null', 'scalar'],
    },
    inode_storage_delete: { returns: 'scalar', args: ['map', 'btf:inode'] },
    d_path: { returns: 'scalar', args: ['btf:path', 'uninit-mem', 'size0'] },
    copy_from_user: { returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
    snprintf_btf: { returns: 'scalar', args: ['uninit-mem', 'size', 'mem', 'size', 'scalar'] },
    seq_printf_btf: { returns: 'scalar', args: ['btf:seq_file', 'mem', 'size', 'scalar'] },
    skb_cgroup_classid: { returns: 'scalar', args: ['ctx'] },
    redirect_neigh: { returns: 'scalar', args: ['scalar', 'mem', 'size', 'scalar'] },
    per_cpu_ptr: { returns: 'btf-or-null', args: ['btf:percpu', 'scalar'] },
    this_cpu_ptr: { returns: 'btf', args: ['btf:percpu'] },
    redirect_peer: { returns: 'scalar', args: ['scalar', 'scalar'] },
    task_storage_get: {
      returns: 'map-value-or-null',
      args: ['map', 'btf:task_struct', 'map-value-or-null', 'scalar'],
    },
    task_storage_delete: { returns: 'scalar', args: ['map', 'btf:task_struct'] },
    get_current_task_btf: { returns: 'btf', args: [] },
    bprm_opts_set: { returns: 'scalar', args: ['btf:linux_binprm', 'scalar'] },
    ktime_get_coarse_ns: { returns: 'scalar', args: [] },
    ima_inode_hash: { returns: 'scalar', args: ['btf:inode', 'uninit-mem', 'size'] },
    sock_from_file: { returns: 'btf-or-null', args: ['btf:file'] },
    check_mtu: { returns: 'scalar', args: ['ctx', 'scalar', 'uninit-int', 'scalar', 'scalar'] },
    for_each_map_elem: { returns: 'scalar', args: ['map', 'callback', 'callback-ctx', 'scalar'] },
    snprintf: {
      returns: 'scalar',
      args: ['uninit-mem-or-null', 'size0', 'const-string', 'mem-or-null', 'size0'],
    },
    sys_bpf: { returns: 'scalar', args: ['scalar', 'mem', 'size'] },
    btf_find_by_name_kind: { returns: 'scalar', args: ['mem', 'size0', 'scalar', 'scalar'] },
    sys_close: { returns: 'scalar', args: ['scalar'] },
    timer_init: { returns: 'scalar', args: ['timer', 'map', 'scalar'] },
    timer_set_callback: { returns: 'scalar', args: ['timer', 'callback'] },
    timer_start: { returns: 'scalar', args: ['timer', 'scalar', 'scalar'] },
    timer_cancel: { returns: 'scalar', args: ['timer'] },
    get_func_ip: { returns: 'scalar', args: ['ctx'] },
    get_attach_cookie: { returns: 'scalar', args: ['ctx'] },
    task_pt_regs: { returns: 'btf', args: ['btf:task_struct'] },
    get_branch_snapshot: { returns: 'scalar', args: ['uninit-mem', 'size', 'scalar'] },
    trace_vprintk: { returns: 'scalar', args: ['mem', 'size', 'mem-or-null', 'size0'] },
    skc_to_unix_sock: { returns: 'btf-or-null', args: ['socket'] },
    kallsyms_lookup_name: { returns: 'scalar', args: ['mem', 'size0', 'scalar', 'uninit-long'] },
    find_vma: {
      returns: 'scalar',
      args: ['btf:task_struct', 'scalar', 'callback', 'callback-ctx', 'scalar'],
    },
    loop: { returns: 'scalar', args: ['scalar', 'callback', 'callback-ctx', 'scalar'] },
    strncmp: { returns: 'scalar', args: ['mem', 'size', 'const-string'] },
    get_func_arg: { returns: 'scalar', args: ['ctx', 'scalar', 'uninit-long'] },
    get_func_ret: { returns: 'scalar', args: ['ctx', 'uninit-long'] },
    get_func_arg_cnt: { returns: 'scalar', args: ['ctx'] },
    get_retval: { returns: 'scalar', args: [] },
    set_retval: { returns: 'scalar', args: ['scalar'] },
    xdp_get_buff_len: { returns: 'scalar', args: ['ctx'] },
    xdp_load_bytes: { returns: 'scalar', args: ['ctx', 'scalar', 'uninit-mem', 'size'] },
    xdp_store_bytes: { returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
    copy_from_user_task: {
      returns: 'scalar',
      args: ['uninit-mem', 'size0', 'scalar', 'btf:task_struct', 'scalar'],
    },
    skb_set_tstamp: { returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
    ima_file_hash: { returns: 'scalar', args: ['btf:file', 'uninit-mem', 'size'] },
    kptr_xchg: { returns: 'btf-or-null', args: ['map-kptr', 'btf:any'] },
    map_lookup_percpu_elem: { returns: 'map-value-or-null', args: ['map', 'map-key', 'scalar'] },
    skc_to_mptcp_sock: { returns: 'btf-or-null', args: ['socket'] },
    dynptr_from_mem: { returns: 'scalar', args: ['mem', 'size0', 'scalar', 'uninit-dynptr'] },
    ringbuf_reserve_dynptr: { returns: 'scalar', args: ['map', 'scalar', 'scalar', 'uninit-dynptr'] },
    ringbuf_submit_dynptr: { returns: 'void', args: ['dynptr', 'scalar'] },
    ringbuf_discard_dynptr: { returns: 'void', args: ['dynptr', 'scalar'] },
    dynptr_read: { returns: 'scalar', args: ['uninit-mem', 'size0', 'dynptr', 'scalar', 'scalar'] },
    dynptr_write: { returns: 'scalar', args: ['dynptr', 'scalar', 'mem', 'size0', 'scalar'] },
    dynptr_data: { returns: 'dynptr-mem-or-null', args: ['dynptr', 'scalar', 'const-size'] },
    tcp_raw_gen_syncookie_ipv4: { returns: 'scalar', args: ['fixed-mem', 'fixed-mem', 'scalar'] },
    tcp_raw_gen_syncookie_ipv6: { returns: 'scalar', args: ['fixed-mem', 'fixed-mem', 'scalar'] },
    tcp_raw_check_syncookie_ipv4: { returns: 'scalar', args: ['fixed-mem', 'fixed-mem'] },
    tcp_raw_check_syncookie_ipv6: { returns: 'scalar', args: ['fixed-mem', 'fixed-mem'] },
    ktime_get_tai_ns: { returns: 'scalar', args: [] },
    user_ringbuf_drain: { returns: 'scalar', args: ['map', 'callback', 'callback-ctx', 'scalar'] },
    cgrp_storage_get: {
      returns: 'map-value-or-null',
      args: ['map', 'btf:cgroup', 'map-value-or-null', 'scalar'],
    },
    cgrp_storage_delete: { returns: 'scalar', args: ['map', 'btf:cgroup'] },
  };
}
