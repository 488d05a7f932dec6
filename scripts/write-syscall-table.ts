/**
 * Writes src/embedded/target/syscall-table.ts: the system calls that the embedded backend knows without asking a kernel.
 *
 * To be run by hand, as root, on x86_64 with a new kernel: arguments come from tracefs's format files, numbers from the kernel's headers
 * for user space. What a kernel was built without (modules, kexec) is added from the man pages below.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const events = '/sys/kernel/tracing/events/syscalls';
const output = 'src/embedded/target/syscall-table.ts';

/** Tracepoints are named after functions of the kernel, which a few calls are not named after. Source: syscall_64.tbl. */
const callNames: Readonly<Record<string, string>> = {
  newstat: 'stat',
  newfstat: 'fstat',
  newlstat: 'lstat',
  newuname: 'uname',
  sendfile64: 'sendfile',
  umount: 'umount2',
};

/** The same for arm64's header. */
const armCallNames: Readonly<Record<string, string>> = { ...callNames, newfstatat: 'fstatat' };

/** Calls that are newer than most headers, or of x86_64 alone (335, 336). Sources: syscall_64.tbl, scripts/syscall.tbl. */
const newNumbers: Readonly<Record<string, number>> = {
  uretprobe: 335,
  uprobe: 336,
  cachestat: 451,
  fchmodat2: 452,
  map_shadow_stack: 453,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
};

/** Sources: init_module(2), delete_module(2), kexec_load(2). */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  init_module: ['void * umod', 'unsigned long len', 'const char * uargs'],
  finit_module: ['int fd', 'const char * uargs', 'int flags'],
  delete_module: ['const char * name_user', 'unsigned int flags'],
  kexec_load: [
    'unsigned long entry',
    'unsigned long nr_segments',
    'struct kexec_segment * segments',
    'unsigned long flags',
  ],
  kexec_file_load: [
    'int kernel_fd',
    'int initrd_fd',
    'unsigned long cmdline_len',
    'const char * cmdline_ptr',
    'unsigned long flags',
  ],
};

function numbersIn(header: string): ReadonlyMap<string, number> {
  const text = readFileSync(header, 'utf8');
  const found = text.matchAll(/^#define __NR(?:3264)?_(\w+) (\d+)$/gm);
  return new Map([...found].map(([, name = '', number]) => [name, Number(number)]));
}

function argumentsOf(name: string): readonly string[] {
  const fields = readFileSync(`${events}/sys_enter_${name}/format`, 'utf8').matchAll(
    /field:([^;]+);\s*offset:(\d+);\s*size:(\d+);\s*signed:(\d);/g,
  );
  return [...fields].flatMap(([, text = '', offset, size, signed]) => {
    if (Number(offset) < 16) return [];
    if (size !== '8' || signed !== '0') throw new Error(`${name}: ${text} is no unsigned word`);
    return [text];
  });
}

const x86 = numbersIn('/usr/include/x86_64-linux-gnu/asm/unistd_64.h');
const arm = numbersIn('/usr/include/asm-generic/unistd.h');
const rows = readdirSync(events)
  .filter((name) => name.startsWith('sys_enter_'))
  .map((name) => name.slice('sys_enter_'.length))
  .map((name): [string, readonly string[]] => [name, argumentsOf(name)])
  .concat(Object.entries(leftOut))
  .map(([name, args]) => {
    const call = callNames[name] ?? name;
    const number = x86.get(call) ?? newNumbers[name];
    if (number === undefined) throw new Error(`${name} has no number`);
    const isOfX86 = number < 424 && !arm.has(armCallNames[name] ?? name);
    return { name, number, arm64: isOfX86 ? -1 : (arm.get(armCallNames[name] ?? name) ?? number), args };
  })
  .sort((a, b) => a.number - b.number);

writeFileSync(
  output,
  `/** The row of a system call: the name of its tracepoints, its number on x86_64 and on arm64 (-1: none there), its parameters as C. */
export type SyscallRow = readonly [name: string, x86_64: number, aarch64: number, parameters: string];

/**
 * System calls in the order of their numbers on x86_64. Sources: events/syscalls/sys_enter_NAME/format of Linux 6.18 (x86_64),
 * asm/unistd_64.h, asm-generic/unistd.h; written by scripts/write-syscall-table.ts.
 */
export const syscallTable: readonly SyscallRow[] = [
${rows.map(({ name, number, arm64, args }) => `  ${JSON.stringify([name, number, arm64, args.join(', ')])},`).join('\n')}
];
`,
);
spawnSync('npx', ['biome', 'check', '--write', output], { stdio: 'inherit' });
