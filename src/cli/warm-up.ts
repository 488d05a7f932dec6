import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from './exit-codes.ts';

/**
 * Runs what nearly every start needs, so that the code cache of the build knows it compiled (V8 caches the functions that
 * have run). Says nothing, and changes nothing.
 */
export async function warmUp(): Promise<void> {
  const { createSource } = await import('../compiler/language/index.ts');
  const { compile } = await import('../compiler/index.ts');
  const { imaginedMachine } = await import('./imagined-machine.ts');
  const input = {
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  } as const;
  for (const without of [[], ['open-coded-iterators', 'cgrp-storage']] as const) {
    const source = createSource('stdin', sample);
    const { program, diagnostics } = compile({ ...input, source, target: imaginedMachine(without) });
    if (program === undefined) throw new Error(`the sample does not compile: ${diagnostics[0]?.message}`);
  }
  if (process.platform === 'linux') await runInImagined();
}

/** All that a command does from its start to its end. No kernel is asked: a build has no privileges. */
async function runInImagined(): Promise<void> {
  const { functionLists, imagineKernel } = await import('../runtime/index.ts');
  const { main } = await import('./main.ts');
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-build-'));
  try {
    using _kernel = imagineKernel();
    const traceable = 'vfs_open\nvfs_read\nvfs_write [fs]\n';
    const lists = {
      state: () => 'built',
      traceable: () => Buffer.from(traceable),
      refused: () => Buffer.from('0x1-0x2\tdo_int3\n'),
    };
    // Kept, and found again.
    for (let times = 0; times < 2; times++) functionLists(lists, join(folder, 'kept'));
    const list = join(folder, 'functions');
    writeFileSync(list, traceable);
    const words = ['-q', '--no-warnings', '-o', '/dev/null', '--traceable-functions', list, '-e', runSample];
    const root = { euid: 0, capabilities: ~0n };
    const code = await main(words, 'tetrace', () => root);
    if (code !== exitCodes.ok) throw new Error('the sample of a run does not run');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What stands in most scripts. It needs no file of the machine, and its last record is that of exit(). */
const runSample = `
kprobe:vfs_* { @[func] = count(); @reads[comm] = count(); }
BEGIN { @x = 1; printf("%d %s %c %5x\\n", pid, comm, 65, @x); print(@x); clear(@reads); }
interval:s:1 { $i = 0; unroll (20) { unroll (12) { @board[$i] = -1; $i += 1; } } @t = nsecs % 7; }
END { printf("done\\n"); }
interval:s:2 { exit(); }
`;

/** A little of everything that scripts use; what needs BTF is left out. */
const sample = `
struct task { int pid; char comm[16]; struct task *parent; };
#define LIMIT 3
config = { max_strlen = 64 }
let @recent = lruhash(64);
macro two(x) { x * 2 }
macro depth() { getopt("depth", 3, "how deep") }
BEGIN { @start = nsecs; $x = (uint8)1; printf("%d %s\\n", two($x), "text"); @name[(uint64)1, 2] = "one"; }
tracepoint:raw_syscalls:sys_enter, kprobe:vfs_* /pid != 0 && comm == "x"/ {
  @[comm] = count(); @sum = sum(pid); @h = hist(cpu >> 2); @l = lhist(pid, 0, 100, 10); @stats[tid] = stats(pid);
  $key = (pid, tid);
  @since[$key] = nsecs;
  if (has_key(@since, $key)) { printf("%-8d %-16s %s\\n", pid, comm, @name[1, 2]); delete(@since, $key); } else { @start += 1; }
  @recent[tid] = (int8)(elapsed % 7);
  $sum = 0;
  unroll (20) { unroll (12) { $sum += @board[$sum] >= 0; @board[$sum + 1] = -1; if (@board[3] == 4) { $sum = $sum - 1; } } }
  for $i : 0..depth() { if ($i > LIMIT) { break; } @board[$i] = $sum > 5 ? 1 : 0; }
  for $i : 0..4000 { @board[$i]++; }
  @total = avg($sum);
}
tracepoint:syscalls:sys_enter_openat { @file[tid] = args.filename; printf("%s %d\\n", str(args.filename), args.id / 3); }
kprobe:vfs_read { $t = (struct task *)arg0; @who[$t->comm, kstack(3)] = $t->parent->pid; time("%H:%M:%S "); join(arg1); }
kretprobe:vfs_read /retval > 0/ { @r[func] = max(retval); @s[ustack] = min(retval); }
interval:s:1 { print(@); print(@since, 5); clear(@); zero(@h); exit(); }
END { clear(@name); print((1, "x")); }
`;
