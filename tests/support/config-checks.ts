import type { ConfigName } from '../../src/compiler/check/index.ts';
import type { Shown } from './one-liner.ts';

const onStack = 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { print(kstack(1)); exit(); }';
const getppid = ['-c', '/bin/sh'] as const;
/** A process that is there when the name is looked up, where it sleeps; a C library may have a version behind that name. */
const sleeping = ['-c', 'sleep 0.3'] as const;
const asleep = /^clock_nanosleep(@\S+)?\n$/;
const name = 'uprobe:libc:clock_nanosleep /pid == cpid/ { print(func); }';

/** A run that every config value changes, or the test that shows it where it takes more. */
export const configChecks: Readonly<Record<ConfigName, Shown>> = {
  cache_user_symbols: {
    program: `config = { cache_user_symbols = NONE } ${name}`,
    options: sleeping,
    stdout: asleep,
  },
  cpp_demangle: {
    program: `config = { cpp_demangle = false } uprobe:"${process.execPath}":_ZN4node5StartEiPPc { print(func); exit(); }`,
    options: ['-c', `${process.execPath} -v`],
    ofKernel: true,
    stdout: /^_ZN4node5StartEiPPc$/m,
  },
  lazy_symbolication: {
    program: `config = { lazy_symbolication = false } ${name}`,
    options: sleeping,
    stdout: asleep,
  },
  license: {
    program: 'config = { license = "MIT" } begin { print(1); }',
    stderr: /^stdin:1:12-27: ERROR: Invalid value for license\. Found: MIT\. Valid values: /,
    code: 1,
  },
  log_size: 'tests/kernel/trouble.test.ts > -v with a size for the log',
  avg_decimals: {
    program: 'config = { avg_decimals = 2 } begin { @ = avg(1); @ = avg(2); }',
    stdout: '@: 1.50\n',
  },
  max_bpf_progs: {
    program:
      'config = { max_bpf_progs = 2 } tracepoint:raw_syscalls:* { @[probe] = count(); exit(); } tracepoint:raw_syscalls:sys_e* { @[probe] = count(); }',
    options: getppid,
    stderr:
      /^stdin:1:\d+-\d+: ERROR: Your program is trying to generate more than 4 BPF programs, which exceeds the current limit of 2\n[\s\S]*HINT: You can increase the limit through the BPFTRACE_MAX_BPF_PROGS/,
    code: 1,
  },
  max_cat_bytes: {
    program: 'config = { max_cat_bytes = 3 } begin { cat("/proc/sys/kernel/ostype"); print("|"); }',
    stdout: 'Lin|\n',
  },
  max_map_keys: {
    program: 'config = { max_map_keys = 1 } begin { @["a"] = 1; @["b"] = 1; }',
    stdout: '@[a]: 1\n',
    stderr: /WARNING: Map full; can't update element/,
  },
  max_probes: {
    program: 'config = { max_probes = 1 } interval:s:1 { exit(); } interval:s:2 { exit(); }',
    stderr: /ERROR: Can't attach to 2 probes because it exceeds the current limit of 1 probes\./,
    code: 1,
  },
  max_strlen: {
    program:
      'config = { max_strlen = 4 } begin { $n = (uint64)0x666564636261; print(str(kptr((int8 *)&$n))); }',
    stdout: 'abcd..\n',
  },
  missing_probes: {
    program: 'config = { missing_probes = ignore } tracepoint:none:such { exit(); } begin { print(1); }',
    stdout: '1\n',
  },
  on_stack_limit: 'src/compiler/backend/place-slots.test.ts',
  perf_rb_pages: {
    // More than two pages hold, at once.
    program: 'config = { perf_rb_pages = 2 } begin { for $i : 0..1000 { printf("%64d\\n", $i); } }',
    ofKernel: true,
    stdout: / {62}42\n/,
    stderr: /^WARNING: Total lost event count: \d+$/m,
  },
  print_maps_on_exit: { program: 'config = { print_maps_on_exit = false } begin { @ = 1; }' },
  show_debug_info:
    'tests/kernel/debug-info.test.ts > stacks show the inlined functions and the lines of the source',
  stack_mode: {
    program: `config = { stack_mode = raw } ${onStack}`,
    options: getppid,
    ofKernel: true,
    stdout: /^\n[0-9a-f]{16}\n\n$/,
  },
  str_trunc_trailer: {
    program:
      'config = { max_strlen = 4; str_trunc_trailer = "+" } begin { $n = (uint64)0x666564636261; print(str(kptr((int8 *)&$n))); }',
    stdout: 'abcd+\n',
  },
  unstable_import_statement:
    'tests/support/import-tests.ts > a header imported inside a block, when the config allows it',
  unstable_typeinfo: {
    program: 'config = { unstable_typeinfo = enable } begin { print(typeinfo(pid).full_type); }',
    stdout: 'uint32\n',
  },
  unstable_tseries: {
    program: 'config = { unstable_tseries = error } begin { @ = tseries(1, 1s, 2); }',
    stderr: /ERROR: tseries feature is not enabled by default\./,
    code: 1,
  },
  unstable_dw_ustack: {
    program: 'config = { unstable_dw_ustack = error } uprobe:libc:malloc { print(dw_ustack); }',
    options: getppid,
    stderr: /ERROR: dw_ustack .*feature is not enabled by default\./,
    code: 1,
  },
  use_blazesym: {
    program: `config = { use_blazesym = false; } ${name}`,
    options: sleeping,
    stdout: asleep,
  },
};
