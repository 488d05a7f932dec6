import { at, bytes, chars, struct, u32, u64 } from '../../base/index.ts';

/**
 * The arms of union bpf_attr and the answers of BPF_OBJ_GET_INFO_BY_FD. Source: uapi/linux/bpf.h; a test compares every offset with the
 * running kernel's BTF. Pointers are u64 addresses, descriptors u32.
 */
export const mapCreateAttr = struct('map_create', {
  map_type: u32,
  key_size: u32,
  value_size: u32,
  max_entries: u32,
  map_flags: u32,
  inner_map_fd: u32,
  numa_node: u32,
  map_name: chars(16),
  map_ifindex: u32,
  btf_fd: u32,
  btf_key_type_id: u32,
  btf_value_type_id: u32,
  btf_vmlinux_value_type_id: u32,
  map_extra: u64,
});

export const mapElemAttr = struct('map_elem', {
  map_fd: u32,
  key: u64,
  value: at(16, u64),
  /** In BPF_MAP_GET_NEXT_KEY, instead of `value`. */
  next_key: at(16, u64),
  flags: u64,
});

export const mapBatchAttr = struct('batch', {
  in_batch: u64,
  out_batch: u64,
  keys: u64,
  values: u64,
  count: u32,
  map_fd: u32,
  elem_flags: u64,
  flags: u64,
});

export const progLoadAttr = struct('prog_load', {
  prog_type: u32,
  insn_cnt: u32,
  insns: u64,
  license: u64,
  log_level: u32,
  log_size: u32,
  log_buf: u64,
  kern_version: u32,
  prog_flags: u32,
  prog_name: chars(16),
  prog_ifindex: u32,
  expected_attach_type: u32,
  prog_btf_fd: u32,
  func_info_rec_size: u32,
  func_info: u64,
  func_info_cnt: u32,
  line_info_rec_size: u32,
  line_info: u64,
  line_info_cnt: u32,
  attach_btf_id: u32,
  attach_btf_obj_fd: u32,
  core_relo_cnt: u32,
  fd_array: u64,
});

export const objAttr = struct('obj', { pathname: u64, bpf_fd: u32, file_flags: u32 });

export const testRunAttr = struct('test', {
  prog_fd: u32,
  retval: u32,
  data_size_in: u32,
  data_size_out: u32,
  data_in: u64,
  data_out: u64,
  repeat: u32,
  /** Nanoseconds. */
  duration: u32,
  ctx_size_in: u32,
  ctx_size_out: u32,
  ctx_in: u64,
  ctx_out: u64,
  flags: u32,
  cpu: u32,
});

export const getIdAttr = struct('get_id', { start_id: u32, next_id: u32, open_flags: u32 });

export const infoAttr = struct('info', { bpf_fd: u32, info_len: u32, info: u64 });

export const rawTracepointAttr = struct('raw_tracepoint', { name: u64, prog_fd: u32 });

export const btfLoadAttr = struct('btf_load', {
  btf: u64,
  btf_log_buf: u64,
  btf_size: u32,
  btf_log_size: u32,
  btf_log_level: u32,
});

export const linkCreateAttr = struct(
  'link_create',
  { prog_fd: u32, target_fd: u32, attach_type: u32, flags: u32 },
  { size: 64 },
);
/** The attachment's own part of link_create, by attach type; offsets count from the start of the attr. */
export const linkCreateParts = {
  iter: struct('link_create.iter', { iter_info: at(16, u64), iter_info_len: at(24, u32) }, { size: 64 }),
  tracing: struct('link_create.tracing', { target_btf_id: at(16, u32), cookie: at(24, u64) }, { size: 64 }),
  perf_event: struct('link_create.perf_event', { bpf_cookie: at(16, u64) }, { size: 64 }),
  kprobe_multi: struct(
    'link_create.kprobe_multi',
    { flags: at(16, u32), cnt: at(20, u32), syms: at(24, u64), addrs: at(32, u64), cookies: at(40, u64) },
    { size: 64 },
  ),
  uprobe_multi: struct(
    'link_create.uprobe_multi',
    {
      path: at(16, u64),
      offsets: at(24, u64),
      ref_ctr_offsets: at(32, u64),
      cookies: at(40, u64),
      cnt: at(48, u32),
      flags: at(52, u32),
      pid: at(56, u32),
    },
    { size: 64 },
  ),
} as const;

export const iterCreateAttr = struct('iter_create', { link_fd: u32, flags: u32 });

export const progInfo = struct('bpf_prog_info', {
  type: u32,
  id: u32,
  tag: bytes(8),
  jited_prog_len: u32,
  xlated_prog_len: u32,
  jited_prog_insns: u64,
  xlated_prog_insns: u64,
  /** Nanoseconds since boot. */
  load_time: u64,
  created_by_uid: u32,
  nr_map_ids: u32,
  map_ids: u64,
  name: chars(16),
  ifindex: u32,
  netns_dev: at(88, u64),
  netns_ino: u64,
  nr_jited_ksyms: u32,
  nr_jited_func_lens: u32,
  jited_ksyms: u64,
  jited_func_lens: u64,
  btf_id: u32,
  func_info_rec_size: u32,
  func_info: u64,
  nr_func_info: u32,
  nr_line_info: u32,
  line_info: u64,
  jited_line_info: u64,
  nr_jited_line_info: u32,
  line_info_rec_size: u32,
  jited_line_info_rec_size: u32,
  nr_prog_tags: u32,
  prog_tags: u64,
  run_time_ns: u64,
  run_cnt: u64,
  recursion_misses: u64,
  verified_insns: u32,
  attach_btf_obj_id: u32,
  attach_btf_id: u32,
});

export const btfInfo = struct('bpf_btf_info', {
  btf: u64,
  btf_size: u32,
  id: u32,
  name: u64,
  name_len: u32,
  kernel_btf: u32,
});
