import { existsSync, readFileSync } from 'node:fs';

/** One thing to measure: a command line that both commands understand. */
export interface BenchCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Measured until its output (of either stream) matches this, then interrupted; without it, until it ends. */
  readonly until?: RegExp;
  /** Removed before each run: what an earlier run has kept. */
  readonly without?: readonly string[];
  /** How often it is measured, when that is not the usual number. */
  readonly rounds?: number;
  /** What we want to reach, as words; `emulated`: the time in a machine of TETRACE_VM, which executes a twentieth as fast. */
  readonly reach?: { readonly time?: string; readonly emulated?: string; readonly memory?: string };
  /** What stands in the columns of bpftrace, which is not run: why it cannot. */
  readonly theirs?: string;
  /** Why this case cannot run here; undefined when it can. */
  readonly needs?: () => string | undefined;
}

const tetris = `${process.env['TETRACE_TETRIS'] ?? ''}/tetris.bt`;

/** What is measured on other kernels when nothing is said. */
export const casesByKernel: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['tetris-2019-first-frame'],
  '6.1': ['tetris-2019-first-frame'],
  '6.12': ['tetris-2019-first-frame', 'attach-vfs', 'attach-vfs-first'],
  '7.2': ['tetris-2019-first-frame'],
};

/** Some 75 functions; from the start of the command until all probes are there. The first round reads files that later ones find in memory. */
const attachVfs = {
  args: ['-e', 'kprobe:vfs_* { @[func] = count(); }'],
  until: /Attached \d+ probes/,
  // The same start takes 1.2 seconds or 2 on an emulated machine.
  rounds: 11,
  reach: { time: '0.2 x', emulated: '0.2 x' },
  needs: () =>
    existsSync('/sys/bus/event_source/devices/kprobe')
      ? undefined
      : 'this kernel has no kprobes (`npm run bench -- --kernel 6.12 attach-vfs` takes another)',
} as const satisfies Omit<BenchCase, 'name'>;

export const cases: readonly BenchCase[] = [
  {
    name: 'begin-exit',
    args: ['-e', 'BEGIN { exit(); }'],
    reach: { time: '0.5 x', memory: '70 MB' },
  },
  {
    name: 'count-syscalls',
    args: ['-e', 'BEGIN { exit(); } tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'],
    reach: { memory: '70 MB' },
  },
  {
    name: 'openat-printf',
    args: [
      '-e',
      'BEGIN { exit(); } tracepoint:syscalls:sys_enter_openat { printf("%s %s\\n", comm, str(args.filename)); }',
    ],
  },
  {
    name: 'hist-latency',
    args: [
      '-e',
      'BEGIN { exit(); } tracepoint:syscalls:sys_enter_read { @start[tid] = nsecs; } ' +
        'tracepoint:syscalls:sys_exit_read /@start[tid]/ { @us = hist((nsecs - @start[tid]) / 1000); delete(@start[tid]); }',
    ],
  },
  {
    name: 'btf-fields',
    args: ['-e', 'BEGIN { printf("%d %s\\n", curtask->pid, curtask->comm); exit(); }'],
  },
  {
    name: 'wildcard',
    args: ['-e', 'BEGIN { exit(); } tracepoint:sched:* { @[probe] = count(); }'],
  },
  {
    name: 'kernel-stacks',
    args: ['-e', 'tracepoint:raw_syscalls:sys_enter { @[kstack] = count(); } interval:ms:20 { exit(); }'],
  },
  {
    name: 'tetris-2019-first-frame',
    // As text: a command in a chroot sees other files.
    args: existsSync(tetris) ? ['-e', readFileSync(tetris, 'utf8')] : [],
    // Kernels without kprobes cannot see its keys, but draw its frames.
    env: { BPFTRACE_MISSING_PROBES: 'warn' },
    // BEGIN clears the screen; a frame starts at the top left with an empty line.
    until: /\u001b\[H\n/,
    reach: { time: '500 ms', emulated: '6000 ms' },
    // 0.27 gives up after 6 to 9 seconds natively: "Branch target out of insn range".
    theirs: 'fails',
    needs: () => (existsSync(tetris) ? undefined : 'TETRACE_TETRIS names no checkout of the game'),
  },
  { name: 'attach-vfs', ...attachVfs },
  // The first such script since the kernel was booted, or a module loaded.
  { name: 'attach-vfs-first', ...attachVfs, without: ['/run/tetrace'] },
];
