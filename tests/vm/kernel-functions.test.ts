/** kprobes, and the fentry and fexit that serve them where a kernel has none: both see the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';
import { runTetrace } from '../support/run-tetrace.ts';

/** Reads 20 times 100 bytes. */
const load = ['-c', 'dd if=/dev/zero of=/dev/null bs=100 count=20 status=none'];
const withoutKprobes = ['--no-feature', 'kprobe'];

/** Debian builds 6.1 without CONFIG_FPROBE. */
const hasSessions = !/^(5\.10|6\.1)\./.test(release());

/** `func` takes bpf_get_func_ip() at a return and in a trampoline: Linux 5.15. */
const func = release().startsWith('5.10.') ? '"vfs_read"' : 'func';

const script = `
  kprobe:vfs_read /comm == "dd" && arg2 == 100/ {
    @calls[${func}, probe] = count(); @both[${func}] = count(); @count[arg2] = count(); @stack[kstack(2)] = count();
  }
  kretprobe:vfs_read /comm == "dd" && retval == 100/ {
    @returns[${func}, probe] = count(); @both[${func}] = count(); @callers[kstack(1)] = count();
  }`;

async function traced(options: readonly string[], text: string): Promise<string> {
  const run = await runTetrace(['-q', '--no-warnings', ...options, '-e', text, ...load]);
  assert.equal(run.code, 0, run.stderr);
  return run.stdout;
}

test('the main one-liner counts system calls by command', async () => {
  const output = await traced([], 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }');
  assert.match(output, /^@\[dd\]: [1-9][0-9]*$/m);
});

test('a kprobe and its substitute give the same arguments, results, names and stacks', async () => {
  const real = await traced([], script);
  assert.match(real, /^@calls\[vfs_read, kprobe:vfs_read\]: 20$/m);
  assert.match(real, /^@returns\[vfs_read, kretprobe:vfs_read\]: 20$/m);
  assert.match(real, /^@both\[vfs_read\]: 40$/m);
  assert.match(real, /^@count\[100\]: 20$/m);
  const substituted = await traced(withoutKprobes, script);
  assert.match(substituted, /^@stack\[\n +vfs_read\+\d+\n +ksys_read\+\d+\n\]: 20$/m);
  assert.match(substituted, /^@callers\[\n +ksys_read\+\d+\n\]: 20$/m);
  // How far into the function the probe stands is not the same, and some kernels unwind a return no further than what returns it.
  const comparable = (text: string): string =>
    text.replaceAll(/\+\d+$/gm, '').replace('kretprobe_trampoline', 'ksys_read');
  assert.equal(comparable(substituted), comparable(real));
});

test('a map of few keys has room for the functions of a pattern, and counts each call', async () => {
  const text = `
    kprobe:vfs_* /comm == "dd"/ { @entered[${func === 'func' ? func : 'probe'}] = count(); }
    kretprobe:vfs_* /comm == "dd"/ { @left[probe] = count(); }`;
  const run = await runTetrace(['-q', '--no-warnings', '-d', 'libbpf', '-e', text, ...load]);
  assert.equal(run.code, 0, run.stderr);
  const callsIn = (map: string): string[] =>
    [...run.stdout.matchAll(new RegExp(`^@${map}\\[(?:k(?:ret)?probe:)?(\\w+)\\]: (\\d+)$`, 'gm'))]
      .map(([, name, count]) => `${name} ${count}`)
      .sort();
  assert.deepEqual(callsIn('entered'), callsIn('left'));
  assert.match(callsIn('entered').join(), /vfs_open \d+,vfs_read \d+/);
  const [, entries] = /map 'AT_entered': .* (\d+) entries/.exec(run.stdout) ?? [];
  assert.ok(Number(entries) >= 64 && Number(entries) <= 512, `${entries} entries: ${run.stdout}`);
});

test('the stack of a substitute does not depend on what else its function serves', async () => {
  const entry =
    'kprobe:vfs_read /comm == "dd" && arg2 == 100/ { @entry[kstack(2)] = count(); @one[kstack(1)] = count(); }';
  const back = 'kretprobe:vfs_read /comm == "dd" && retval == 100/ { @back[kstack(2)] = count(); }';
  const otherwise = 'fexit:vfs_read { @other = count(); }';
  for (const probes of [entry, `${entry} ${otherwise}`, back, `${entry} ${back}`]) {
    const output = await traced(withoutKprobes, probes);
    if (probes.includes(entry)) {
      assert.match(output, /^@entry\[\n +vfs_read\+\d+\n +ksys_read\+\d+\n\]: 20$/m, probes);
      assert.match(output, /^@one\[\n +vfs_read\+\d+\n\]: 20$/m, probes);
    }
    if (probes.includes(back)) {
      assert.match(output, /^@back\[\n +ksys_read\+\d+\n +\w+\+\d+\n\]: 20$/m, probes);
    }
  }
});

test('a kprobe and the kretprobe of its function are attached once where the kernel has sessions', async () => {
  const halves = `
    kprobe:vfs_read /comm == "dd" && arg2 == 100/ { @start[tid] = nsecs; }
    kretprobe:vfs_read /comm == "dd" && @start[tid]/ { @took[retval, nsecs > @start[tid]] = count(); delete(@start[tid]); }`;
  const run = await runTetrace(['-e', halves, ...load]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, hasSessions ? /^Attached 1 probe$/m : /^Attached 2 probes$/m);
  assert.match(run.stdout, /^@took\[100, true\]: 20$/m);
});

test('what the substitute cannot do is an error that names it', async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['kprobe:vfs_read { @[reg("ip")] = count(); }', 'a probe that uses reg'],
    ['kprobe:vfs_read { print((uint64)ctx); }', 'a probe that uses ctx'],
    ['kprobe:vfs_read+4 { @ = count(); }', 'a probe that uses an offset'],
  ];
  for (const [text, reason] of cases) {
    const run = await runTetrace([...withoutKprobes, '-e', text]);
    assert.equal(run.code, 1);
    assert.ok(run.stderr.includes(reason), `${release()}: ${run.stderr}`);
  }
});

test('the list of functions is kept, and asked for again when a module has come or gone', async () => {
  const listed = async (pattern: string): Promise<string> => (await runTetrace(['-l', pattern])).stdout;
  const kept = '/run/tetrace/functions';
  rmSync(kept, { force: true });
  const first = await listed('kprobe:vfs_*');
  assert.match(first, /^kprobe:vfs_read$/m);
  const { ino } = statSync(kept);
  assert.equal(await listed('kprobe:vfs_*'), first);
  assert.equal(statSync(kept).ino, ino);
  assert.equal(await listed('kprobe:brd_*'), '');
  execFileSync('modprobe', ['brd', 'rd_nr=1']);
  try {
    assert.match(await listed('kprobe:brd_*'), /^kprobe:(brd:)?brd_/m);
  } finally {
    execFileSync('modprobe', ['-r', 'brd']);
  }
  assert.equal(await listed('kprobe:brd_*'), '');
});
