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

export interface HelperRow {
  /** BPF_FUNC_*, the immediate of the call. */
  readonly id: number;
  readonly returns: HelperReturn;
  readonly args: readonly HelperArg[];
}

/** Every helper of the kernel's stable list (it is closed: newer functions are kfuncs), without the `bpf_` prefix. */
export const helpers = {
  map_lookup_elem: { id: 1, returns: 'map-value-or-null', args: ['map', 'map-key'] },
  map_update_elem: { id: 2, returns: 'scalar', args: ['map', 'map-key', 'map-value', 'scalar'] },
  map_delete_elem: { id: 3, returns: 'scalar', args: ['map', 'map-key'] },
  probe_read: { id: 4, returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
  ktime_get_ns: { id: 5, returns: 'scalar', args: [] },
  trace_printk: { id: 6, returns: 'scalar', args: ['mem', 'size', 'scalar', 'scalar', 'scalar'] },
  get_prandom_u32: { id: 7, returns: 'scalar', args: [] },
  get_smp_processor_id: { id: 8, returns: 'scalar', args: [] },
  skb_store_bytes: { id: 9, returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size', 'scalar'] },
  l3_csum_replace: { id: 10, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar', 'scalar'] },
  l4_csum_replace: { id: 11, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar', 'scalar'] },
  tail_call: { id: 12, returns: 'scalar', args: ['ctx', 'map', 'scalar'] },
  clone_redirect: { id: 13, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  get_current_pid_tgid: { id: 14, returns: 'scalar', args: [] },
  get_current_uid_gid: { id: 15, returns: 'scalar', args: [] },
  get_current_comm: { id: 16, returns: 'scalar', args: ['uninit-mem', 'size'] },
  get_cgroup_classid: { id: 17, returns: 'scalar', args: ['ctx'] },
  skb_vlan_push: { id: 18, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  skb_vlan_pop: { id: 19, returns: 'scalar', args: ['ctx'] },
  skb_get_tunnel_key: { id: 20, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size', 'scalar'] },
  skb_set_tunnel_key: { id: 21, returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
  perf_event_read: { id: 22, returns: 'scalar', args: ['map', 'scalar'] },
  redirect: { id: 23, returns: 'scalar', args: ['scalar', 'scalar'] },
  get_route_realm: { id: 24, returns: 'scalar', args: ['ctx'] },
  perf_event_output: { id: 25, returns: 'scalar', args: ['ctx', 'map', 'scalar', 'mem', 'size0'] },
  skb_load_bytes: { id: 26, returns: 'scalar', args: ['ctx', 'scalar', 'uninit-mem', 'size'] },
  get_stackid: { id: 27, returns: 'scalar', args: ['ctx', 'map', 'scalar'] },
  csum_diff: { id: 28, returns: 'scalar', args: ['mem-or-null', 'size0', 'mem-or-null', 'size0', 'scalar'] },
  skb_get_tunnel_opt: { id: 29, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
  skb_set_tunnel_opt: { id: 30, returns: 'scalar', args: ['ctx', 'mem', 'size'] },
  skb_change_proto: { id: 31, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  skb_change_type: { id: 32, returns: 'scalar', args: ['ctx', 'scalar'] },
  skb_under_cgroup: { id: 33, returns: 'scalar', args: ['ctx', 'map', 'scalar'] },
  get_hash_recalc: { id: 34, returns: 'scalar', args: ['ctx'] },
  get_current_task: { id: 35, returns: 'scalar', args: [] },
  probe_write_user: { id: 36, returns: 'scalar', args: ['scalar', 'mem', 'size'] },
  current_task_under_cgroup: { id: 37, returns: 'scalar', args: ['map', 'scalar'] },
  skb_change_tail: { id: 38, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  skb_pull_data: { id: 39, returns: 'scalar', args: ['ctx', 'scalar'] },
  csum_update: { id: 40, returns: 'scalar', args: ['ctx', 'scalar'] },
  set_hash_invalid: { id: 41, returns: 'void', args: ['ctx'] },
  get_numa_node_id: { id: 42, returns: 'scalar', args: [] },
  skb_change_head: { id: 43, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  xdp_adjust_head: { id: 44, returns: 'scalar', args: ['ctx', 'scalar'] },
  probe_read_str: { id: 45, returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
  get_socket_cookie: { id: 46, returns: 'scalar', args: ['ctx'] },
  get_socket_uid: { id: 47, returns: 'scalar', args: ['ctx'] },
  set_hash: { id: 48, returns: 'scalar', args: ['ctx', 'scalar'] },
  setsockopt: { id: 49, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'mem', 'size'] },
  skb_adjust_room: { id: 50, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
  redirect_map: { id: 51, returns: 'scalar', args: ['map', 'scalar', 'scalar'] },
  sk_redirect_map: { id: 52, returns: 'scalar', args: ['ctx', 'map', 'scalar', 'scalar'] },
  sock_map_update: { id: 53, returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
  xdp_adjust_meta: { id: 54, returns: 'scalar', args: ['ctx', 'scalar'] },
  perf_event_read_value: { id: 55, returns: 'scalar', args: ['map', 'scalar', 'uninit-mem', 'size'] },
  perf_prog_read_value: { id: 56, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
  getsockopt: { id: 57, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'uninit-mem', 'size'] },
  override_return: { id: 58, returns: 'scalar', args: ['ctx', 'scalar'] },
  sock_ops_cb_flags_set: { id: 59, returns: 'scalar', args: ['ctx', 'scalar'] },
  msg_redirect_map: { id: 60, returns: 'scalar', args: ['ctx', 'map', 'scalar', 'scalar'] },
  msg_apply_bytes: { id: 61, returns: 'scalar', args: ['ctx', 'scalar'] },
  msg_cork_bytes: { id: 62, returns: 'scalar', args: ['ctx', 'scalar'] },
  msg_pull_data: { id: 63, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
  bind: { id: 64, returns: 'scalar', args: ['ctx', 'mem', 'size'] },
  xdp_adjust_tail: { id: 65, returns: 'scalar', args: ['ctx', 'scalar'] },
  skb_get_xfrm_state: { id: 66, returns: 'scalar', args: ['ctx', 'scalar', 'uninit-mem', 'size', 'scalar'] },
  get_stack: { id: 67, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size0', 'scalar'] },
  skb_load_bytes_relative: {
    id: 68,
    returns: 'scalar',
    args: ['ctx', 'scalar', 'uninit-mem', 'size', 'scalar'],
  },
  fib_lookup: { id: 69, returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
  sock_hash_update: { id: 70, returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
  msg_redirect_hash: { id: 71, returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
  sk_redirect_hash: { id: 72, returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
  lwt_push_encap: { id: 73, returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
  lwt_seg6_store_bytes: { id: 74, returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
  lwt_seg6_adjust_srh: { id: 75, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  lwt_seg6_action: { id: 76, returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
  rc_repeat: { id: 77, returns: 'scalar', args: ['ctx'] },
  rc_keydown: { id: 78, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
  skb_cgroup_id: { id: 79, returns: 'scalar', args: ['ctx'] },
  get_current_cgroup_id: { id: 80, returns: 'scalar', args: [] },
  get_local_storage: { id: 81, returns: 'map-value', args: ['map', 'scalar'] },
  sk_select_reuseport: { id: 82, returns: 'scalar', args: ['ctx', 'map', 'map-key', 'scalar'] },
  skb_ancestor_cgroup_id: { id: 83, returns: 'scalar', args: ['ctx', 'scalar'] },
  sk_lookup_tcp: { id: 84, returns: 'socket-or-null', args: ['ctx', 'mem', 'size', 'scalar', 'scalar'] },
  sk_lookup_udp: { id: 85, returns: 'socket-or-null', args: ['ctx', 'mem', 'size', 'scalar', 'scalar'] },
  sk_release: { id: 86, returns: 'scalar', args: ['socket'] },
  map_push_elem: { id: 87, returns: 'scalar', args: ['map', 'map-value', 'scalar'] },
  map_pop_elem: { id: 88, returns: 'scalar', args: ['map', 'uninit-map-value'] },
  map_peek_elem: { id: 89, returns: 'scalar', args: ['map', 'uninit-map-value'] },
  msg_push_data: { id: 90, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
  msg_pop_data: { id: 91, returns: 'scalar', args: ['ctx', 'scalar', 'scalar', 'scalar'] },
  rc_pointer_rel: { id: 92, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  spin_lock: { id: 93, returns: 'scalar', args: ['spin-lock'] },
  spin_unlock: { id: 94, returns: 'scalar', args: ['spin-lock'] },
  sk_fullsock: { id: 95, returns: 'socket-or-null', args: ['socket'] },
  tcp_sock: { id: 96, returns: 'socket-or-null', args: ['socket'] },
  skb_ecn_set_ce: { id: 97, returns: 'scalar', args: ['ctx'] },
  get_listener_sock: { id: 98, returns: 'socket-or-null', args: ['socket'] },
  skc_lookup_tcp: { id: 99, returns: 'socket-or-null', args: ['ctx', 'mem', 'size', 'scalar', 'scalar'] },
  tcp_check_syncookie: { id: 100, returns: 'scalar', args: ['socket', 'mem', 'size', 'mem', 'size'] },
  sysctl_get_name: { id: 101, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size', 'scalar'] },
  sysctl_get_current_value: { id: 102, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
  sysctl_get_new_value: { id: 103, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size'] },
  sysctl_set_new_value: { id: 104, returns: 'scalar', args: ['ctx', 'mem', 'size'] },
  strtol: { id: 105, returns: 'scalar', args: ['mem', 'size', 'scalar', 'uninit-long'] },
  strtoul: { id: 106, returns: 'scalar', args: ['mem', 'size', 'scalar', 'uninit-long'] },
  sk_storage_get: {
    id: 107,
    returns: 'map-value-or-null',
    args: ['map', 'socket', 'map-value-or-null', 'scalar'],
  },
  sk_storage_delete: { id: 108, returns: 'scalar', args: ['map', 'socket'] },
  send_signal: { id: 109, returns: 'scalar', args: ['scalar'] },
  tcp_gen_syncookie: { id: 110, returns: 'scalar', args: ['socket', 'mem', 'size', 'mem', 'size'] },
  skb_output: { id: 111, returns: 'scalar', args: ['ctx', 'map', 'scalar', 'mem', 'size0'] },
  probe_read_user: { id: 112, returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
  probe_read_kernel: { id: 113, returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
  probe_read_user_str: { id: 114, returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
  probe_read_kernel_str: { id: 115, returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
  tcp_send_ack: { id: 116, returns: 'scalar', args: ['socket', 'scalar'] },
  send_signal_thread: { id: 117, returns: 'scalar', args: ['scalar'] },
  jiffies64: { id: 118, returns: 'scalar', args: [] },
  read_branch_records: { id: 119, returns: 'scalar', args: ['ctx', 'uninit-mem', 'size0', 'scalar'] },
  get_ns_current_pid_tgid: { id: 120, returns: 'scalar', args: ['scalar', 'scalar', 'uninit-mem', 'size'] },
  xdp_output: { id: 121, returns: 'scalar', args: ['ctx', 'map', 'scalar', 'mem', 'size0'] },
  get_netns_cookie: { id: 122, returns: 'scalar', args: ['ctx'] },
  get_current_ancestor_cgroup_id: { id: 123, returns: 'scalar', args: ['scalar'] },
  sk_assign: { id: 124, returns: 'scalar', args: ['ctx', 'socket', 'scalar'] },
  ktime_get_boot_ns: { id: 125, returns: 'scalar', args: [] },
  seq_printf: { id: 126, returns: 'scalar', args: ['btf:seq_file', 'mem', 'size', 'mem-or-null', 'size0'] },
  seq_write: { id: 127, returns: 'scalar', args: ['btf:seq_file', 'mem', 'size0'] },
  sk_cgroup_id: { id: 128, returns: 'scalar', args: ['socket'] },
  sk_ancestor_cgroup_id: { id: 129, returns: 'scalar', args: ['socket', 'scalar'] },
  ringbuf_output: { id: 130, returns: 'scalar', args: ['map', 'mem', 'size0', 'scalar'] },
  ringbuf_reserve: { id: 131, returns: 'ringbuf-mem-or-null', args: ['map', 'const-size', 'scalar'] },
  ringbuf_submit: { id: 132, returns: 'void', args: ['ringbuf-mem', 'scalar'] },
  ringbuf_discard: { id: 133, returns: 'void', args: ['ringbuf-mem', 'scalar'] },
  ringbuf_query: { id: 134, returns: 'scalar', args: ['map', 'scalar'] },
  csum_level: { id: 135, returns: 'scalar', args: ['ctx', 'scalar'] },
  skc_to_tcp6_sock: { id: 136, returns: 'btf-or-null', args: ['socket'] },
  skc_to_tcp_sock: { id: 137, returns: 'btf-or-null', args: ['socket'] },
  skc_to_tcp_timewait_sock: { id: 138, returns: 'btf-or-null', args: ['socket'] },
  skc_to_tcp_request_sock: { id: 139, returns: 'btf-or-null', args: ['socket'] },
  skc_to_udp6_sock: { id: 140, returns: 'btf-or-null', args: ['socket'] },
  get_task_stack: { id: 141, returns: 'scalar', args: ['btf:task_struct', 'uninit-mem', 'size0', 'scalar'] },
  load_hdr_opt: { id: 142, returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
  store_hdr_opt: { id: 143, returns: 'scalar', args: ['ctx', 'mem', 'size', 'scalar'] },
  reserve_hdr_opt: { id: 144, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  inode_storage_get: {
    id: 145,
    returns: 'map-value-or-null',
    args: ['map', 'btf:inode', 'map-value-or-null', 'scalar'],
  },
  inode_storage_delete: { id: 146, returns: 'scalar', args: ['map', 'btf:inode'] },
  d_path: { id: 147, returns: 'scalar', args: ['btf:path', 'uninit-mem', 'size0'] },
  copy_from_user: { id: 148, returns: 'scalar', args: ['uninit-mem', 'size0', 'scalar'] },
  snprintf_btf: { id: 149, returns: 'scalar', args: ['uninit-mem', 'size', 'mem', 'size', 'scalar'] },
  seq_printf_btf: { id: 150, returns: 'scalar', args: ['btf:seq_file', 'mem', 'size', 'scalar'] },
  skb_cgroup_classid: { id: 151, returns: 'scalar', args: ['ctx'] },
  redirect_neigh: { id: 152, returns: 'scalar', args: ['scalar', 'mem', 'size', 'scalar'] },
  per_cpu_ptr: { id: 153, returns: 'btf-or-null', args: ['btf:percpu', 'scalar'] },
  this_cpu_ptr: { id: 154, returns: 'btf', args: ['btf:percpu'] },
  redirect_peer: { id: 155, returns: 'scalar', args: ['scalar', 'scalar'] },
  task_storage_get: {
    id: 156,
    returns: 'map-value-or-null',
    args: ['map', 'btf:task_struct', 'map-value-or-null', 'scalar'],
  },
  task_storage_delete: { id: 157, returns: 'scalar', args: ['map', 'btf:task_struct'] },
  get_current_task_btf: { id: 158, returns: 'btf', args: [] },
  bprm_opts_set: { id: 159, returns: 'scalar', args: ['btf:linux_binprm', 'scalar'] },
  ktime_get_coarse_ns: { id: 160, returns: 'scalar', args: [] },
  ima_inode_hash: { id: 161, returns: 'scalar', args: ['btf:inode', 'uninit-mem', 'size'] },
  sock_from_file: { id: 162, returns: 'btf-or-null', args: ['btf:file'] },
  check_mtu: { id: 163, returns: 'scalar', args: ['ctx', 'scalar', 'uninit-int', 'scalar', 'scalar'] },
  for_each_map_elem: { id: 164, returns: 'scalar', args: ['map', 'callback', 'callback-ctx', 'scalar'] },
  snprintf: {
    id: 165,
    returns: 'scalar',
    args: ['uninit-mem-or-null', 'size0', 'const-string', 'mem-or-null', 'size0'],
  },
  sys_bpf: { id: 166, returns: 'scalar', args: ['scalar', 'mem', 'size'] },
  btf_find_by_name_kind: { id: 167, returns: 'scalar', args: ['mem', 'size0', 'scalar', 'scalar'] },
  sys_close: { id: 168, returns: 'scalar', args: ['scalar'] },
  timer_init: { id: 169, returns: 'scalar', args: ['timer', 'map', 'scalar'] },
  timer_set_callback: { id: 170, returns: 'scalar', args: ['timer', 'callback'] },
  timer_start: { id: 171, returns: 'scalar', args: ['timer', 'scalar', 'scalar'] },
  timer_cancel: { id: 172, returns: 'scalar', args: ['timer'] },
  get_func_ip: { id: 173, returns: 'scalar', args: ['ctx'] },
  get_attach_cookie: { id: 174, returns: 'scalar', args: ['ctx'] },
  task_pt_regs: { id: 175, returns: 'btf', args: ['btf:task_struct'] },
  get_branch_snapshot: { id: 176, returns: 'scalar', args: ['uninit-mem', 'size', 'scalar'] },
  trace_vprintk: { id: 177, returns: 'scalar', args: ['mem', 'size', 'mem-or-null', 'size0'] },
  skc_to_unix_sock: { id: 178, returns: 'btf-or-null', args: ['socket'] },
  kallsyms_lookup_name: { id: 179, returns: 'scalar', args: ['mem', 'size0', 'scalar', 'uninit-long'] },
  find_vma: {
    id: 180,
    returns: 'scalar',
    args: ['btf:task_struct', 'scalar', 'callback', 'callback-ctx', 'scalar'],
  },
  loop: { id: 181, returns: 'scalar', args: ['scalar', 'callback', 'callback-ctx', 'scalar'] },
  strncmp: { id: 182, returns: 'scalar', args: ['mem', 'size', 'const-string'] },
  get_func_arg: { id: 183, returns: 'scalar', args: ['ctx', 'scalar', 'uninit-long'] },
  get_func_ret: { id: 184, returns: 'scalar', args: ['ctx', 'uninit-long'] },
  get_func_arg_cnt: { id: 185, returns: 'scalar', args: ['ctx'] },
  get_retval: { id: 186, returns: 'scalar', args: [] },
  set_retval: { id: 187, returns: 'scalar', args: ['scalar'] },
  xdp_get_buff_len: { id: 188, returns: 'scalar', args: ['ctx'] },
  xdp_load_bytes: { id: 189, returns: 'scalar', args: ['ctx', 'scalar', 'uninit-mem', 'size'] },
  xdp_store_bytes: { id: 190, returns: 'scalar', args: ['ctx', 'scalar', 'mem', 'size'] },
  copy_from_user_task: {
    id: 191,
    returns: 'scalar',
    args: ['uninit-mem', 'size0', 'scalar', 'btf:task_struct', 'scalar'],
  },
  skb_set_tstamp: { id: 192, returns: 'scalar', args: ['ctx', 'scalar', 'scalar'] },
  ima_file_hash: { id: 193, returns: 'scalar', args: ['btf:file', 'uninit-mem', 'size'] },
  kptr_xchg: { id: 194, returns: 'btf-or-null', args: ['map-kptr', 'btf:any'] },
  map_lookup_percpu_elem: { id: 195, returns: 'map-value-or-null', args: ['map', 'map-key', 'scalar'] },
  skc_to_mptcp_sock: { id: 196, returns: 'btf-or-null', args: ['socket'] },
  dynptr_from_mem: { id: 197, returns: 'scalar', args: ['mem', 'size0', 'scalar', 'uninit-dynptr'] },
  ringbuf_reserve_dynptr: { id: 198, returns: 'scalar', args: ['map', 'scalar', 'scalar', 'uninit-dynptr'] },
  ringbuf_submit_dynptr: { id: 199, returns: 'void', args: ['dynptr', 'scalar'] },
  ringbuf_discard_dynptr: { id: 200, returns: 'void', args: ['dynptr', 'scalar'] },
  dynptr_read: { id: 201, returns: 'scalar', args: ['uninit-mem', 'size0', 'dynptr', 'scalar', 'scalar'] },
  dynptr_write: { id: 202, returns: 'scalar', args: ['dynptr', 'scalar', 'mem', 'size0', 'scalar'] },
  dynptr_data: { id: 203, returns: 'dynptr-mem-or-null', args: ['dynptr', 'scalar', 'const-size'] },
  tcp_raw_gen_syncookie_ipv4: { id: 204, returns: 'scalar', args: ['fixed-mem', 'fixed-mem', 'scalar'] },
  tcp_raw_gen_syncookie_ipv6: { id: 205, returns: 'scalar', args: ['fixed-mem', 'fixed-mem', 'scalar'] },
  tcp_raw_check_syncookie_ipv4: { id: 206, returns: 'scalar', args: ['fixed-mem', 'fixed-mem'] },
  tcp_raw_check_syncookie_ipv6: { id: 207, returns: 'scalar', args: ['fixed-mem', 'fixed-mem'] },
  ktime_get_tai_ns: { id: 208, returns: 'scalar', args: [] },
  user_ringbuf_drain: { id: 209, returns: 'scalar', args: ['map', 'callback', 'callback-ctx', 'scalar'] },
  cgrp_storage_get: {
    id: 210,
    returns: 'map-value-or-null',
    args: ['map', 'btf:cgroup', 'map-value-or-null', 'scalar'],
  },
  cgrp_storage_delete: { id: 211, returns: 'scalar', args: ['map', 'btf:cgroup'] },
} as const satisfies Record<string, HelperRow>;

/** The name of a helper without `bpf_`. */
export type HelperName = keyof typeof helpers;

const namesById: readonly (HelperName | undefined)[] = (() => {
  const names: (HelperName | undefined)[] = [];
  // Object.entries forgets that the keys are the table's own.
  for (const [name, row] of Object.entries(helpers) as [HelperName, HelperRow][]) names[row.id] = name;
  return names;
})();

/** The helper called by immediate `id`; undefined when the kernel's list has none. */
export function helperById(id: number): { readonly name: HelperName; readonly row: HelperRow } | undefined {
  const name = namesById[id];
  return name === undefined ? undefined : { name, row: helpers[name] };
}
