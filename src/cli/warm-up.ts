import { parseOptions } from './options.ts';
import { ownCredentials } from './privileges.ts';

/**
 * Runs what nearly every start needs, so that the code cache of the build knows it compiled (V8 caches the functions that
 * have run). Says nothing, and changes nothing but the lists of functions that root keeps.
 */
export async function warmUp(): Promise<void> {
  parseOptions(['-q', '-e', 'BEGIN { exit(); }', '--', '--a=1'], { fileExists: () => false });
  ownCredentials();
  const { createSource, formatScript, parseScript } = await import('../compiler/language/index.ts');
  const source = createSource('stdin', sample);
  formatScript(parseScript(source).script);
  const { compile } = await import('../compiler/index.ts');
  const { imaginedMachine } = await import('./imagined-machine.ts');
  for (const without of [[], ['open-coded-iterators', 'cgrp-storage']] as const) {
    const { program, diagnostics } = compile({
      source,
      target: imaginedMachine(without),
      positional: [],
      environment: {},
      options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
    });
    if (program === undefined) throw new Error(`the sample does not compile: ${diagnostics[0]?.message}`);
  }
  await import('./run.ts');
  if (process.platform === 'linux') await warmUpHere();
}

/** The questions that a start asks this machine, whatever it answers (a build has no privileges), and a run without a kernel. */
async function warmUpHere(): Promise<void> {
  const { LiveMachine, OutputStream } = await import('../runtime/index.ts');
  const { createSource, renderDiagnostics } = await import('../compiler/language/index.ts');
  const { compile } = await import('../compiler/index.ts');
  const { imaginedMachine } = await import('./imagined-machine.ts');
  const { runImagined } = await import('./imagined-run.ts');
  const machine = new LiveMachine({
    environment: {},
    includeDirs: [],
    debugInfoDirs: [],
    disabledFeatures: new Set(),
    unsafe: false,
  });
  const input = {
    source: createSource('stdin', runSample),
    positional: [],
    environment: { BPFTRACE_MISSING_PROBES: 'warn' },
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  } as const;
  const { diagnostics } = compile({ ...input, target: machine.target });
  renderDiagnostics(diagnostics, { colour: false, errorsOnly: false });
  const { program } = compile({ ...input, target: imaginedMachine([]) });
  if (program === undefined) throw new Error('the sample of a run does not compile');
  const stdout = OutputStream.stdout();
  using host = machine.host(program, { stdout, stderr: stdout });
  await runImagined(program, host);
}

/** What is compiled for the machine of the build, as far as that goes, and run. */
const runSample = `
kprobe:vfs_read { @reads[comm] = count(); }
BEGIN { @x = 1; printf("%d %s %c %5x\\n", pid, comm, 65, @x); print(@x); clear(@reads); }
interval:s:1 { $i = 0; unroll (20) { unroll (12) { @board[$i] = -1; $i += 1; } } @t = nsecs % 7; exit(); }
END { printf("done\\n"); }
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
