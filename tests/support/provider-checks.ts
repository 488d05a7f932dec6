import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { CProgram } from './c-program.ts';
import { type RunningTetrace, type RunResult, runTetrace, startTetrace } from './run-tetrace.ts';
import { interrupt, waitForAttached } from './trace-load.ts';
import { usdtMacros } from './usdt-program.ts';

/** What came of a check: `pass`, or why this kernel cannot. Everything else is thrown. */
export type ProviderResult = 'pass' | { readonly reason: string };

/** One small use of a provider, whose output tells whether it worked. */
export interface ProviderCheck {
  readonly name: string;
  /** Asks the machine, not the tracer: undefined when the machine has to be able to. */
  readonly missing?: () => string | undefined;
  readonly script: (victim: string) => string;
  readonly words?: (victim: string) => readonly string[];
  readonly expected: RegExp;
  /** Does something to the tracer while it runs; without it the command line ends by itself. */
  readonly meanwhile?: (tracer: RunningTetrace) => Promise<void>;
}

/** A function, a static probe and a variable at a known address. */
const victimSource = `${usdtMacros}
__attribute__((section(".watched"))) volatile long watched = 1;
int area(int width, int height) { return width * height; }
int main(void) {
  int found = area(6, 7);
  PROBE(app, found, 0, "-4@%0", "r"(found));
  watched = found;
  return 0;
}
`;
const watchedAddress = '0x5000000';

/** The program that the checks trace. */
export function providerVictim(): CProgram {
  return new CProgram(victimSource, ['-no-pie', `-Wl,--section-start=.watched=${watchedAddress}`]);
}

const copy20 = (): readonly string[] => ['-c', 'dd if=/dev/zero of=/dev/null bs=100 count=20 status=none'];
const copyForever = (): readonly string[] => ['-c', 'dd if=/dev/zero of=/dev/null status=none'];
const runVictim = (victim: string): readonly string[] => ['-c', victim];

const eventSource = (name: string, reason: string) => (): string | undefined =>
  existsSync(`/sys/bus/event_source/devices/${name}`) ? undefined : reason;
const withoutKprobes = eventSource('kprobe', 'no kprobes (CONFIG_KPROBES)');

/** Trampolines have no sign of their own outside; kernels that have kprobes and BTF have them as well. */
const withoutTrampolines = (): string | undefined =>
  withoutKprobes() === undefined && existsSync('/sys/kernel/btf/vmlinux')
    ? undefined
    : 'refuses BPF trampolines';

/** All providers, in the order of the table. */
export const providerChecks: readonly ProviderCheck[] = [
  {
    name: 'begin, end',
    script: () => 'begin { printf("first\\n"); exit(); } end { printf("last\\n"); }',
    expected: /^first\n+last\n/,
  },
  {
    name: 'self:signal',
    script: () => 'self:signal:SIGUSR1 { printf("heard\\n"); }',
    meanwhile: async (tracer) => {
      tracer.child.kill('SIGUSR1');
      await tracer.waitFor(/^heard$/m);
    },
    expected: /^heard$/m,
  },
  {
    name: 'test',
    script: () => 'test:sum { assert(1 + 1 == 2, "wrong"); }',
    words: () => ['--test'],
    expected: /OK.* sum/,
  },
  {
    name: 'bench',
    script: () => 'bench:sum { $x = 1 + 1; }',
    words: () => ['--bench'],
    expected: /^sum +\d+/m,
  },
  {
    name: 'interval',
    script: () => 'interval:ms:10 { @n++; if (@n == 3) { exit(); } }',
    expected: /^@n: 3$/m,
  },
  {
    name: 'profile',
    script: () => 'profile:hz:99 /comm == "dd"/ { printf("found\\n"); exit(); }',
    words: copyForever,
    expected: /^found$/m,
  },
  {
    name: 'tracepoint',
    script: () =>
      'tracepoint:syscalls:sys_enter_write /comm == "dd" && args.count == 100/ { @tracepoint = count(); }',
    words: copy20,
    expected: /^@tracepoint: 20$/m,
  },
  {
    name: 'rawtracepoint',
    script: () => 'rawtracepoint:sys_enter /comm == "dd" && arg1 == 1/ { @rawtracepoint = count(); }',
    words: copy20,
    // Which calls it makes besides is the C library's affair.
    expected: /^@rawtracepoint: 2\d$/m,
  },
  {
    name: 'kprobe',
    missing: withoutKprobes,
    script: () => 'kprobe:vfs_read /comm == "dd" && arg2 == 100/ { @kprobe = count(); }',
    words: copy20,
    expected: /^@kprobe: 20$/m,
  },
  {
    name: 'kretprobe',
    missing: withoutKprobes,
    script: () => 'kretprobe:vfs_read /comm == "dd" && retval == 100/ { @kretprobe = count(); }',
    words: copy20,
    expected: /^@kretprobe: 20$/m,
  },
  {
    name: 'kprobe, wildcard',
    missing: withoutKprobes,
    script: () => 'kprobe:vfs_r*,kprobe:vfs_w* /comm == "dd" && arg2 == 100/ { @wildcard[probe] = count(); }',
    words: copy20,
    expected: /^(?=[\s\S]*^@wildcard\[kprobe:vfs_read\]: 20$)(?=[\s\S]*^@wildcard\[kprobe:vfs_write\]: 20$)/m,
  },
  {
    name: 'kprobe + offset',
    missing: withoutKprobes,
    // Where the second instruction stands depends on whether the first is one for branch tracking.
    script: () => 'kprobe:vfs_read+4,kprobe:vfs_read+5 /comm == "dd"/ { @offset = count(); }',
    words: copy20,
    expected: /^@offset: [2-4]\d$/m,
  },
  {
    name: 'fentry',
    missing: withoutTrampolines,
    script: () => 'fentry:vfs_read /comm == "dd" && args.count == 100/ { @fentry = count(); }',
    words: copy20,
    expected: /^@fentry: 20$/m,
  },
  {
    name: 'fexit',
    missing: withoutTrampolines,
    script: () => 'fexit:vfs_read /comm == "dd" && retval == 100 && args.count == 100/ { @fexit = count(); }',
    words: copy20,
    expected: /^@fexit: 20$/m,
  },
  {
    name: 'uprobe',
    missing: eventSource('uprobe', 'no uprobes (CONFIG_UPROBES)'),
    script: (victim) => `uprobe:${victim}:area { printf("area %d %d\\n", arg0, arg1); }`,
    words: runVictim,
    expected: /^area 6 7$/m,
  },
  {
    name: 'uretprobe',
    missing: eventSource('uprobe', 'no uprobes (CONFIG_UPROBES)'),
    script: (victim) => `uretprobe:${victim}:area { printf("= %d\\n", retval); }`,
    words: runVictim,
    expected: /^= 42$/m,
  },
  {
    name: 'usdt',
    missing: eventSource('uprobe', 'no uprobes (CONFIG_UPROBES)'),
    script: (victim) => `usdt:${victim}:app:found { printf("found %d\\n", arg0); }`,
    words: runVictim,
    expected: /^found 42$/m,
  },
  {
    name: 'watchpoint',
    missing: eventSource('breakpoint', 'no hardware breakpoints'),
    script: () => `watchpoint:${watchedAddress}:8:w { printf("written by %s\\n", comm); }`,
    words: runVictim,
    expected: /^written by program$/m,
  },
  {
    name: 'software',
    script: () => 'software:page-faults:1 { @faults[comm] = count(); }',
    words: runVictim,
    expected: /^@faults\[program\]: \d+$/m,
  },
  {
    name: 'hardware',
    missing: eventSource('cpu', 'no performance counters'),
    script: () => 'hardware:instructions:1000000 { printf("counted\\n"); exit(); }',
    words: copyForever,
    expected: /^counted$/m,
  },
  {
    name: 'iter',
    missing: () => (existsSync('/sys/kernel/btf/vmlinux') ? undefined : 'no BTF (CONFIG_DEBUG_INFO_BTF)'),
    script: () => 'iter:task { printf("%s\\n", ctx.task.comm); }',
    expected: /^kthreadd$/m,
  },
];

/** Missing attach points are warnings: one of two offsets is always wrong, and in a group the others shall run. */
const settings = ['-e', 'config = { missing_probes = warn; } '] as const;

function argvOf(checks: readonly ProviderCheck[], victim: string): readonly string[] {
  const [option, head] = settings;
  const words = checks[0]?.words?.(victim) ?? [];
  return [option, head + checks.map(({ script }) => script(victim)).join(' '), ...words];
}

/**
 * Runs checks that trace the same command side by side, which on an emulated machine saves minutes, and gives the names of those that
 * pass. The others are to be run alone.
 */
export async function passedInGroups(victim: string): Promise<ReadonlySet<string>> {
  const passed = new Set<string>();
  for (const words of [copy20, runVictim]) {
    const group = providerChecks.filter((check) => check.words === words && check.missing?.() === undefined);
    const { code, stdout } = await runTetrace(argvOf(group, victim), { timeoutMs: 300_000 });
    if (code !== 0) continue;
    for (const { name, expected } of group) if (expected.test(stdout)) passed.add(name);
  }
  return passed;
}

/** Runs a check alone. What the machine lacks has to be an error or a warning of the tracer too, and nothing that it has may be. */
export async function checkProvider(check: ProviderCheck, victim: string): Promise<ProviderResult> {
  const reason = check.missing?.();
  const argv = argvOf([check], victim);
  const result =
    check.meanwhile === undefined ? await runTetrace(argv, { timeoutMs: 300_000 }) : await ended(argv, check);
  if (reason === undefined) {
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, check.expected, result.stderr);
    return 'pass';
  }
  assert.doesNotMatch(result.stdout, check.expected, `works, although the machine has ${reason}`);
  assert.match(result.stderr, /ERROR: |WARNING: /, `says nothing about: ${reason}`);
  return { reason };
}

async function ended(argv: readonly string[], check: ProviderCheck): Promise<RunResult> {
  using tracer = startTetrace(argv, { timeoutMs: 300_000 });
  await waitForAttached(tracer);
  await check.meanwhile?.(tracer);
  return await interrupt(tracer);
}
