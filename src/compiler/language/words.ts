/** The words the grammar itself knows. Source: bpftrace 0.27. */

/**
 * Builtin names that are reserved: never a type in a cast, never a macro parameter or a record's field.
 * `argN` and `sargN` are reserved too; ask `isReservedBuiltin`.
 */
const reservedBuiltins: ReadonlySet<string> = new Set([
  'args',
  'ctx',
  'kstack',
  'nsecs',
  'pid',
  'tid',
  'ustack',
  '__builtin_comm',
  '__builtin_cpid',
  '__builtin_cpu',
  '__builtin_dw_ustack',
  '__builtin_elapsed',
  '__builtin_func',
  '__builtin_ncpus',
  '__builtin_probe',
  '__builtin_retval',
  '__builtin_usermode',
]);

/** Whether a word is a reserved builtin, `arg0` and `sarg0` and so on included. */
export function isReservedBuiltin(word: string): boolean {
  return reservedBuiltins.has(word) || /^s?arg[0-9]+$/.test(word);
}

/** Names that are types wherever a type may stand, without a look at BTF or C definitions. */
export const builtinTypeNames: ReadonlySet<string> = new Set([
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'void',
  'min_t',
  'max_t',
  'sum_t',
  'count_t',
  'avg_t',
  'stats_t',
  'umin_t',
  'umax_t',
  'usum_t',
  'uavg_t',
  'ustats_t',
  'timestamp',
  'macaddr_t',
  'cgroup_path_t',
  'string',
  'buffer',
  'inet',
  'username_t',
]);

/** Words with a meaning in the grammar. They are contextual: elsewhere each is an ordinary identifier. */
export const keywords: ReadonlySet<string> = new Set([
  'break',
  'comptime',
  'config',
  'continue',
  'else',
  'enum',
  'false',
  'fn',
  'for',
  'if',
  'import',
  'let',
  'macro',
  'offsetof',
  'return',
  'sizeof',
  'struct',
  'true',
  'typeinfo',
  'typeof',
  'union',
  'unroll',
  'while',
]);
