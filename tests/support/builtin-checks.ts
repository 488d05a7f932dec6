import { existsSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { BuiltinName } from '../../src/compiler/builtins/index.ts';
import { cgroupRoot } from './cgroup-root.ts';
import type { Shown } from './one-liner.ts';

/** Runs a process whose first system call of this kind is the probe's. */
const getppid = 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/';
const shell = ['-c', '/bin/sh'] as const;
const copying = ['-c', 'dd if=/dev/zero of=/dev/null bs=100 count=1 status=none'] as const;

/** One use of every builtin whose output tells whether it works. Outputs are those of bpftrace 0.27.1, but where docs/compatibility.md says otherwise. */
export const builtinChecks: Readonly<Record<BuiltinName, Shown>> = {
  // Output.
  printf: {
    program: 'begin { printf("%-4s|%04d|%#x|%c\\n", "ab", 42, 255, 65); }',
    stdout: 'ab  |0042|0xff|A\n',
  },
  errorf: {
    program: 'begin { errorf("bad %d", 3); print("on"); }',
    stdout: 'on\n',
    stderr: 'stdin:1:9-28: ERROR: bad 3\n',
  },
  warnf: { program: 'begin { warnf("low %s", "fuel"); }', stderr: 'stdin:1:9-32: WARNING: low fuel\n' },
  debugf: {
    options: ['--unsafe', '--no-warnings'],
    program:
      'begin { debugf("number %d of %s", 4711, "us"); system("grep -o \'number 4711 of us\' /sys/kernel/tracing/trace"); }',
    ofKernel: true,
    stdout: /^number 4711 of us$/m,
  },
  cat: { program: 'begin { cat("/proc/sys/kernel/%s", "ostype"); }', stdout: 'Linux\n' },
  system: { options: ['--unsafe'], program: 'begin { system("echo %d", 6 * 7); }', stdout: '42\n\n' },
  print: {
    program:
      'begin { print((1, "a")); @m[1] = (int64)50; @m[2] = (int64)70; print(@m, 1, 10); print(@m[1]); clear(@m); }',
    stdout: '(1, a)\n@m[2]: 7\n50\n',
  },
  clear: { program: 'begin { @m[1] = 5; clear(@m); print(@m); print("end"); }', stdout: 'end\n' },
  zero: { program: 'begin { @m[1] = 5; zero(@m); }', stdout: '@m[1]: 0\n' },
  exit: {
    program: 'begin { if (pid > 0) { exit(7); } print("never"); }',
    code: 7,
  },
  join: {
    program: 'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { join(args.argv, "+"); exit(); }',
    options: ['-c', '/bin/true a b'],
    stdout: '/bin/true+a+b\n',
  },
  time: { program: 'begin { time("%Y %%|%H:%M\\n"); }', stdout: /^20\d\d %\|\d\d:\d\d\n$/ },
  assert: {
    program: 'begin { assert(1 == 1, "right"); assert(pid == 0, "wrong"); print("never"); }',
    stderr: /ERROR: assert failed: wrong\n/,
    code: 1,
  },
  static_assert: {
    program:
      'begin { static_assert(sizeof(int32) == 4, "right"); static_assert(sizeof(int32) == 5, "wrong"); }',
    stderr: /^(?![\s\S]*right\n)[\s\S]*ERROR: .*wrong\n/,
    code: 1,
  },
  fail: {
    program: 'begin { if comptime (sizeof(int8) == 2) { fail("pruned"); } fail("reached %d", 1); }',
    stderr: /^(?!.*pruned$)[\s\S]*ERROR: reached 1\n/,
    code: 1,
  },
  unwatch: {
    program: 'begin { unwatch(0); print("on"); }',
    stdout: 'on\n',
    stderr: /WARNING: unwatch\(\) has no effect/,
  },

  // Maps.
  delete: {
    program: 'begin { @m[1] = 5; @s = 6; print((delete(@m, 1), delete(@m, 1), delete(@s))); }',
    stdout: '(true, false, true)\n',
  },
  has_key: {
    program: 'begin { @m[1] = 5; print((has_key(@m, 1), has_key(@m, 2))); clear(@m); }',
    stdout: '(true, false)\n',
  },
  find: {
    program:
      'begin { @m[1] = 5; $v = 0; if (find(@m, 1, $v)) { print($v); } if (!find(@m, 2, $v)) { print("none"); } clear(@m); }',
    stdout: '5\nnone\n',
  },
  len: {
    program: 'begin { @m[1] = 5; @m[7] = 6; print((len(@m), len(kstack(0)))); clear(@m); }',
    stdout: '(2, 0)\n',
  },
  is_scalar: {
    program: 'begin { @m[1] = 5; @s = 1; print((is_scalar(@m), is_scalar(@s))); clear(@m); clear(@s); }',
    stdout: '(false, true)\n',
  },

  // Aggregations.
  count: { program: 'begin { @ = count(); @ = count(); }', stdout: '@: 2\n' },
  sum: { program: 'begin { @ = sum(3); @ = sum(-5); }', stdout: '@: -2\n' },
  avg: { program: 'begin { @ = avg(2); @ = avg(5); }', stdout: '@: 3\n' },
  min: { program: 'begin { @ = min(4); @ = min(-4); @ = min(5); }', stdout: '@: -4\n' },
  max: { program: 'begin { @ = max(4); @ = max(9); @ = max(5); }', stdout: '@: 9\n' },
  stats: {
    program: 'begin { @ = stats(10); @ = stats(20); }',
    stdout: '@: { .count = 2, .average = 15, .total = 30 }\n',
  },
  hist: {
    options: ['-f', 'json'],
    program: 'begin { @ = hist(5); @ = hist(6); @fine = hist(9, 2); }',
    stdout:
      '{"type": "hist", "data": {"@": [{"min": 4, "max": 7, "count": 2}]}}\n{"type": "hist", "data": {"@fine": [{"min": 8, "max": 9, "count": 1}]}}\n',
  },
  lhist: {
    options: ['-f', 'json'],
    program: 'begin { @ = lhist(5, 0, 10, 5); @ = lhist(11, 0, 10, 5); }',
    stdout: '{"type": "hist", "data": {"@": [{"min": 5, "max": 9, "count": 1},{"min": 10, "count": 1}]}}\n',
  },
  tseries: {
    options: ['-f', 'json', '--no-warnings'],
    program:
      'begin { @ = tseries(5, 100d, 3); @ = tseries(7, 100d, 3); @max = tseries(9, 100d, 3, "max"); @max = tseries(8, 100d, 3, "max"); }',
    stdout:
      /^\{"type": "tseries", "data": \{"@": \[\{"interval_start":"20[^"]*","value":7\}\]\}\}\n\{"type": "tseries", "data": \{"@max": \[\{"interval_start":"20[^"]*","value":9\}\]\}\}\n$/,
  },

  // Strings and memory.
  str: {
    program:
      'begin { $s = "bpftrace"; $p = kptr((int8 *)&$s); print((str($p), str($p, 5), str("hello", 3), str(5))); }',
    stdout: '(bpftrace, bpft, hel, 5)\n',
  },
  buf: {
    program: 'begin { $s = "a\\x01b"; printf("%r\\n", buf(kptr((int8 *)&$s), 3)); }',
    stdout: 'a\\x01b\n',
  },
  path: {
    // Among the files of the tracer are the maps of the script.
    program: 'iter:task_file /pid == ctx.task.tgid/ { @ = 1; printf("<%s>\\n", path(ctx.file.f_path)); }',
    ofKernel: true,
    stdout: /^<anon_inode:bpf-map>$/m,
  },
  strlen: { program: 'begin { $s = "abc"; print((strlen($s), strlen(""))); }', stdout: '(3, 0)\n' },
  strcap: { program: 'begin { print((strcap("ab"), strcap(comm))); }', stdout: '(3, 16)\n' },
  strstr: {
    program: 'begin { $s = "abcd"; print((strstr($s, "cd"), strstr($s, "x"))); }',
    stdout: '(2, -1)\n',
  },
  strcontains: {
    program: 'begin { $s = "abcd"; print((strcontains($s, "cd"), strcontains($s, "x"))); }',
    stdout: '(true, false)\n',
  },
  str_concat: { program: 'begin { $s = "ab"; print(str_concat($s, "cd")); }', stdout: 'abcd\n' },
  strncmp: {
    program: 'begin { $s = "abX"; print((strncmp($s, "abY", 2), strncmp($s, "abY", 3))); }',
    stdout: '(0, 1)\n',
  },
  memcmp: {
    program:
      'begin { $a = "abc"; $b = "abz"; $c = "ab\\xff"; print((memcmp($a, $b, 2), memcmp($a, $b, 3), memcmp($b, $a, 3), memcmp($a, $c, 3))); }',
    stdout: '(0, -23, 23, 100)\n',
  },
  strerror: {
    program: 'begin { print((strerror(2), strerror(9999))); }',
    stdout: '(No such file or directory, Unknown error)\n',
  },
  signal_name: { program: 'begin { print((signal_name(9), signal_name(65))); }', stdout: '(Killed, N/A)\n' },
  syscall_name: {
    program: 'begin { print((syscall_name(1), syscall_name(99999))); }',
    stdout: '(write, Unknown syscall)\n',
  },

  // Symbols and stacks.
  ksym: {
    program: 'begin { print((ksym(kaddr("vfs_read")), ksym(0), ksym(5))); }',
    ofKernel: true,
    stdout: '(vfs_read, 0, 0x5)\n',
  },
  usym: 'tests/kernel/user-stacks.test.ts > a command that has ended when its stacks are shown still has names',
  func: 'tests/kernel/probes.test.ts > arguments, results, texts, names',
  kstack: {
    program: `${getppid} { print(kstack); exit(); }`,
    options: shell,
    ofKernel: true,
    stdout: /^ {8}do_syscall_64\+\d+$/m,
  },
  ustack: 'tests/kernel/probes.test.ts > patterns, offsets, stacks',
  dw_ustack: 'tests/kernel/unwinding.test.ts > stacks of a program without frame pointers',

  // Network.
  ntop: {
    program: 'begin { print((ntop(0x0200000a), ntop(pton("fe80::1")), ntop(2, 0x0100007f))); }',
    stdout: '(10.0.0.2, fe80::1, 127.0.0.1)\n',
  },
  pton: { program: 'begin { print((pton("1.2.3.4"), pton("::1")[15])); }', stdout: '([1,2,3,4], 1)\n' },
  macaddr: {
    program: 'begin { $m = (uint64)0xff030201fe00; print(macaddr((uint8 *)&$m)); }',
    stdout: '00:FE:01:02:03:FF\n',
  },
  bswap: { program: 'begin { print((bswap((uint16)0x1234), bswap((uint8)5))); }', stdout: '(13330, 5)\n' },
  socket_cookie: {
    program:
      'rawtracepoint:inet_sock_set_state /pid == cpid/ { @[socket_cookie((struct sock *)args.sk) != 0] = count(); }',
    options: ['-c', `${process.execPath} -e require("net").connect(9).on("error",String)`],
    ofKernel: true,
    stdout: /^@\[true\]: \d+$/m,
  },
  skboutput: 'tests/kernel/packets.test.ts > packets go to a file as they are sent',

  // Time.
  nsecs: {
    program:
      'begin { $a = nsecs; $b = nsecs(boot); print(($a > 0, $b >= $a, $b < $a + 60000000000, nsecs(monotonic) <= nsecs(boot), nsecs(sw_tai) > 1600000000000000000)); }',
    stdout: '(true, true, true, true, true)\n',
  },
  elapsed: {
    program: 'interval:ms:50 { print((elapsed >= 50000000, elapsed < 60000000000)); exit(); }',
    stdout: '(true, true)\n',
  },
  jiffies: {
    // Between 100 and 1000 in a second.
    options: ['--no-warnings'],
    program:
      'begin { @j = jiffies; } interval:ms:100 { $d = jiffies - @j; print(($d >= 9, $d < 60000)); clear(@j); exit(); }',
    stdout: '(true, true)\n',
  },
  strftime: {
    program: 'begin { print(strftime("%Y-%m-%d %H:%M:%S.%f", nsecs)); }',
    stdout: /^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\n$/,
  },

  // Processes.
  pid: { program: `${getppid} { print(pid == cpid); exit(); }`, options: shell, stdout: 'true\n' },
  tid: { program: `${getppid} { print(tid == cpid); exit(); }`, options: shell, stdout: 'true\n' },
  uid: { program: 'begin { print(uid); }', stdout: `${userInfo().uid}\n` },
  gid: { program: 'begin { print(gid); }', stdout: `${userInfo().gid}\n` },
  username: { program: 'begin { print(username); }', stdout: `${userInfo().username}\n` },
  comm: { program: `${getppid} { print(comm); exit(); }`, options: shell, stdout: 'sh\n' },
  curtask: {
    program: `${getppid} { print((curtask.comm, (uint64)curtask.tgid == cpid)); exit(); }`,
    options: shell,
    stdout: '(sh, true)\n',
  },
  ppid: {
    // The machine starts the command by a process of its own.
    program: `begin { @ppid = pid; } ${getppid} { print((ppid == @ppid, ppid == curtask.real_parent.tgid)); clear(@ppid); exit(); }`,
    options: [...shell],
    ofKernel: true,
    stdout: '(true, true)\n',
  },
  pcomm: {
    program: `begin { @comm = comm; } ${getppid} { print(pcomm == @comm); clear(@comm); exit(); }`,
    options: shell,
    ofKernel: true,
    stdout: 'true\n',
  },
  leader_tid: {
    program: `${getppid} { print((uint64)leader_tid == cpid); exit(); }`,
    options: shell,
    stdout: 'true\n',
  },
  leader_comm: { program: `${getppid} { print(leader_comm); exit(); }`, options: shell, stdout: 'sh\n' },
  cpu: { program: 'begin { print(cpu < ncpus); }', stdout: 'true\n' },
  ncpus: { program: 'begin { print(ncpus); }', stdout: `${possibleCpus()}\n` },
  numaid: { program: 'begin { print(numaid < 1024); }', stdout: 'true\n' },
  rand: {
    program: 'begin { $a = rand; $b = rand; $c = rand; print(($a != $b || $b != $c, $a < 4294967296)); }',
    stdout: '(true, true)\n',
  },
  cpid: {
    program: 'tracepoint:sched:sched_process_exit /pid == cpid/ { print(comm); exit(); }',
    options: shell,
    stdout: 'sh\n',
  },
  has_cpid: { program: 'begin { print(has_cpid); }', options: shell, stdout: 'true\n' },
  usermode: {
    program: `${getppid} { print(usermode); exit(); } uprobe:libc:malloc /pid == cpid && @n == 0/ { @n = 1; print(usermode); clear(@n); }`,
    options: ['-c', 'sh -c true'],
    stdout: /^(?=[\s\S]*^1$)(?=[\s\S]*^0$)/m,
  },

  // Cgroups.
  cgroup: {
    program:
      'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { print(cgroup == curtask.cgroups.dfl_cgrp.kn.id); exit(); }',
    options: shell,
    ofKernel: true,
    stdout: 'true\n',
  },
  cgroupid: {
    program: `begin { print(cgroupid("${cgroupRoot}")); }`,
    ofKernel: true,
    stdout: `${statSync(cgroupRoot, { throwIfNoEntry: false })?.ino}\n`,
  },
  cgroup_path: {
    program: 'begin { printf("<%s>\\n", cgroup_path(cgroup)); }',
    ofKernel: true,
    stdout: hasCgroup2() ? /^<.*unified:\/.*>\n$/ : '<>\n',
  },

  // The memory of others.
  kptr: { program: 'begin { $s = "abc"; print(str(kptr((uint64)&$s))); }', stdout: 'abc\n' },
  uptr: {
    program:
      'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { $p = (uint64)args.filename; print(str(uptr($p))); exit(); }',
    options: shell,
    stdout: '/bin/sh\n',
  },
  reg: {
    program: 'uprobe:libc:malloc /pid == cpid/ { print((reg("di") == arg0, reg("ip") > 0)); exit(); }',
    options: shell,
    stdout: '(true, true)\n',
  },
  kaddr: { program: 'begin { print(ksym(kaddr("vfs_read"))); }', ofKernel: true, stdout: 'vfs_read\n' },
  uaddr: 'tests/kernel/probes.test.ts > uaddr(): variables where the binary is loaded',
  percpu_kaddr: {
    program:
      'begin { $own = percpu_kaddr("process_counts"); $first = percpu_kaddr("process_counts", 0); print(($own != 0, $first != 0, cpu != 0 || $own == $first)); }',
    ofKernel: 'all kernel symbols',
    stdout: '(true, true, true)\n',
  },
  is_err: {
    program: 'begin { print((is_err((void *)(int64)-5), is_err((void *)5))); }',
    stdout: '(true, false)\n',
  },
  write_user: 'tests/embedded/processes.test.ts > write_user() changes what the process has',

  // Actions.
  signal: {
    program: `${getppid} { signal("SIGTERM"); }`,
    options: ['--unsafe', '-v', ...shell],
    stderr: /^Child terminated by signal: SIGTERM$/m,
  },
  signal_thread: {
    program: `${getppid} { signal_thread(15); }`,
    options: ['--unsafe', '-v', ...shell],
    stderr: /^Child terminated by signal: SIGTERM$/m,
  },
  override: {
    program:
      'kprobe:__x64_sys_getppid /pid == cpid/ { override(4711); } tracepoint:syscalls:sys_exit_getppid /pid == cpid/ { print(args.ret); exit(); }',
    options: ['--unsafe', ...shell],
    ofKernel: 'error injection',
    stdout: '4711\n',
  },

  // The script and its types.
  getopt: {
    program: 'begin { print((getopt("n", 1), getopt("who", "me"), getopt("flag"))); }',
    words: ['--', '--n=4', '--flag'],
    stdout: '(4, me, true)\n',
  },
  config: { program: 'config = { max_strlen = 33 } begin { print(config.max_strlen); }', stdout: '33\n' },
  container_of: {
    program:
      'struct inner { int a; int b; }; struct outer { long x; struct inner i; }; begin { print((uint64)container_of((struct inner *)100, typeof(struct outer), i)); }',
    stdout: '92\n',
  },
  kfunc_exist: 'tests/kernel/kernel-functions.test.ts > what the kernel allows, by the type of the prog',
  kfunc_allowed: 'tests/kernel/kernel-functions.test.ts > what the kernel allows, by the type of the prog',
  is_str: { program: 'begin { print((is_str(comm), is_str(pid))); }', stdout: '(true, false)\n' },
  is_ptr: { program: 'begin { print((is_ptr(curtask), is_ptr(pid))); }', stdout: '(true, false)\n' },
  is_array: {
    program: 'begin { print((is_array((uint8[2])(uint16)5), is_array(pid))); }',
    stdout: '(true, false)\n',
  },
  is_integer: { program: 'begin { print((is_integer(pid), is_integer(comm))); }', stdout: '(true, false)\n' },
  is_unsigned_integer: {
    program: 'begin { print((is_unsigned_integer(pid), is_unsigned_integer(-1))); }',
    stdout: '(true, false)\n',
  },
  is_literal: { program: 'begin { print((is_literal(5), is_literal(pid))); }', stdout: '(true, false)\n' },

  // The probe.
  args: {
    program:
      'tracepoint:syscalls:sys_enter_write /pid == cpid && args.count == 100/ { print(args.fd); exit(); }',
    options: copying,
    stdout: '1\n',
  },
  argN: 'tests/kernel/probes.test.ts > arguments, results, texts, names',
  retval: 'tests/kernel/probes.test.ts > arguments, results, texts, names',
  ctx: {
    program: 'iter:task { printf("%d %s\\n", ctx.task.pid, ctx.task.comm); }',
    ofKernel: true,
    stdout: /^2 kthreadd$/m,
  },
  probe: { program: 'interval:50ms { print(probe); exit(); }', stdout: 'interval:us:50000\n' },
  probetype: {
    program: 'begin { print(probetype); } interval:ms:1 { print(probetype); exit(); }',
    stdout: 'special\ninterval\n',
  },
};

/** As the kernel tells it; this module is also read where there is none. */
function possibleCpus(): number {
  const path = '/sys/devices/system/cpu/possible';
  if (!existsSync(path)) return 0;
  const ranges = readFileSync(path, 'utf8').trim().split(',');
  return ranges
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
}

function hasCgroup2(): boolean {
  const path = '/proc/self/mounts';
  return existsSync(path) && readFileSync(path, 'utf8').includes(' cgroup2 ');
}
