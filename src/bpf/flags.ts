/** Flags of BPF_MAP_CREATE. Source: uapi/linux/bpf.h. */
export const mapFlags = {
  BPF_F_NO_PREALLOC: 0x1,
  BPF_F_NO_COMMON_LRU: 0x2,
  BPF_F_NUMA_NODE: 0x4,
  BPF_F_RDONLY: 0x8,
  BPF_F_WRONLY: 0x10,
  BPF_F_STACK_BUILD_ID: 0x20,
  BPF_F_ZERO_SEED: 0x40,
  BPF_F_RDONLY_PROG: 0x80,
  BPF_F_WRONLY_PROG: 0x100,
  BPF_F_CLONE: 0x200,
  BPF_F_MMAPABLE: 0x400,
  BPF_F_PRESERVE_ELEMS: 0x800,
  BPF_F_INNER_MAP: 0x1000,
} as const;

/** Flags of BPF_MAP_UPDATE_ELEM and bpf_map_update_elem(). */
export const updateFlags = { BPF_ANY: 0, BPF_NOEXIST: 1, BPF_EXIST: 2, BPF_F_LOCK: 4 } as const;

/** Flags of BPF_PROG_LOAD. */
export const progFlags = {
  BPF_F_STRICT_ALIGNMENT: 0x1,
  BPF_F_ANY_ALIGNMENT: 0x2,
  BPF_F_TEST_RND_HI32: 0x4,
  BPF_F_TEST_STATE_FREQ: 0x8,
  BPF_F_SLEEPABLE: 0x10,
  BPF_F_XDP_HAS_FRAGS: 0x20,
} as const;

/** Flags of bpf_get_stackid(), bpf_get_stack() and bpf_get_task_stack(). The low 8 bits are frames to skip. */
export const stackFlags = {
  BPF_F_SKIP_FIELD_MASK: 0xff,
  BPF_F_USER_STACK: 0x100,
  BPF_F_FAST_STACK_CMP: 0x200,
  BPF_F_REUSE_STACKID: 0x400,
  BPF_F_USER_BUILD_ID: 0x800,
} as const;

/** What bpf_ringbuf_query() can be asked. */
export const ringbufQueries = {
  BPF_RB_AVAIL_DATA: 0,
  BPF_RB_RING_SIZE: 1,
  BPF_RB_CONS_POS: 2,
  BPF_RB_PROD_POS: 3,
} as const;

/** Flags of bpf_perf_event_output() and friends. */
export const perfOutputFlags = { BPF_F_INDEX_MASK: 0xffff_ffffn, BPF_F_CURRENT_CPU: 0xffff_ffffn } as const;

/** `link_create.kprobe_multi.flags` and `link_create.uprobe_multi.flags`. */
export const multiLinkFlags = { BPF_F_KPROBE_MULTI_RETURN: 1, BPF_F_UPROBE_MULTI_RETURN: 1 } as const;

/** Meanings of `src` in ld_imm64. Source: uapi/linux/bpf.h. */
export const pseudoLoads = {
  BPF_PSEUDO_MAP_FD: 1,
  BPF_PSEUDO_MAP_VALUE: 2,
  BPF_PSEUDO_BTF_ID: 3,
  BPF_PSEUDO_FUNC: 4,
  BPF_PSEUDO_MAP_IDX: 5,
  BPF_PSEUDO_MAP_IDX_VALUE: 6,
} as const;

/** Meanings of `src` in call; 0 is a helper. */
export const pseudoCalls = { BPF_PSEUDO_CALL: 1, BPF_PSEUDO_KFUNC_CALL: 2 } as const;
