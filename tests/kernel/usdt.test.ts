import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { readUsdtNotes } from '../../src/elf/index.ts';
import { ElfFiles } from '../../src/runtime/elf-files.ts';
import { CProgram } from '../support/c-program.ts';
import { requireProgram, requireRoot, skipUnless } from '../support/requirements.ts';
import { runTetrace, startTetrace } from '../support/run-tetrace.ts';
import { usdtMacros } from '../support/usdt-program.ts';

/** Values in all kinds of operands, a probe in a function that is inlined twice, and text; then it ends. */
const values = `${usdtMacros}
static long total = 77;
static short table[4] = { 10, -20, 30, -40 };
static char text[] = "hello";

static inline __attribute__((always_inline)) void step(int round) {
  volatile int here = round;
  PROBE(app, step, 0, "-4@%0", "m"(here));
}

int main(int count, char **words) {
  volatile char byte = -3;
  PROBE(app, constants, 0, "-4@%0 4@%1 8@%2", "n"(-5), "n"(-5), "n"(0x123456789abcdef0));
  PROBE(app, registers, 0, "-4@%0 8@%1", "r"(count - 8), "r"(text));
  PROBE(app, memory, 0, "-1@%0 1@%0 8@%1", "m"(byte), "m"(total));
  total += 1;
  PROBE(app, memory, 0, "-1@%0 1@%0 8@%1", "m"(byte), "m"(total));
#ifdef __x86_64__
  __asm__ volatile("" :: "a"(table), "b"(3L));
  PROBE(app, indexed, 0, "-2@(%%rax,%%rbx,2) -2@-4(%%rax,%%rbx,2) 1@%%bl 1@%%ah", "a"(table), "b"(3L));
#else
  register short *base __asm__("x0") = table;
  register long index __asm__("x1") = 3;
  PROBE(app, indexed, 0, "-2@[x0, x1, lsl 1] -2@[x0, 4] 1@w1 8@x0", "r"(base), "r"(index));
#endif
  step(1);
  for (volatile int i = 0; i < 2; i++) step(2);
  PROBE(other, nothing, 0, "");
  return 0;
}
`;

/** Says when its semaphore changes, and runs the probe while it is set. */
const gated = `${usdtMacros}
#include <stdio.h>
#include <unistd.h>
SEMAPHORE(gate);
int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  puts("begun");
  for (unsigned before = 0;; usleep(1000)) {
    unsigned now = gate;
    if (now != before) printf("gate %u\\n", now);
    before = now;
    if (now) PROBE(app, open, gate, "-4@%0", "r"(now));
  }
}
`;

const programs: CProgram[] = [];
after(() => {
  for (const program of programs) program[Symbol.dispose]();
});

function compile(source: string, ...flags: string[]): string {
  const program = new CProgram(source, flags);
  programs.push(program);
  return program.path;
}

let valuesPath: string | undefined;
/** Optimised, so that operands are where compilers usually leave them; position independent, as programs are now. */
const valuesProgram = (): string => {
  valuesPath ??= compile(values, '-O1', '-fPIE', '-pie');
  return valuesPath;
};

/** One line per probe that fired. */
async function lines(script: string, ...args: string[]): Promise<string[]> {
  const { stdout, stderr } = await runTetrace(['-q', '-e', script, ...args]);
  assert.doesNotMatch(stderr, /ERROR/);
  return stdout.split('\n').filter((line) => line !== '');
}

const ways = [[], ['--no-feature', 'uprobe_multi']];

test('arguments in constants, registers and memory', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = valuesProgram();
  const script = `
    usdt:${path}:app:constants { printf("%lld %llu %llx\\n", arg0, arg1, arg2); }
    usdt:${path}:app:registers { printf("%lld %s\\n", arg0, str(arg1)); }
    usdt:${path}:app:memory { printf("%lld %llu %lld\\n", arg0, arg1, arg2); }`;
  const expected = ['-5 4294967291 123456789abcdef0', '-7 hello', '-3 253 77', '-3 253 78'];
  for (const way of ways) assert.deepEqual(await lines(script, '-c', path, ...way), expected);
});

test('arguments at an index, and in parts of registers', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = valuesProgram();
  const [line] = await lines(
    `usdt:${path}:app:indexed { printf("%lld %lld %lld\\n", arg0, arg1, arg2); }`,
    '-c',
    path,
  );
  assert.equal(line, process.arch === 'x64' ? '-40 -20 3' : '-40 30 3');
});

test('a file at a fixed address', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = compile(values, '-O0', '-no-pie');
  const script = `usdt:${path}:app:memory { printf("%lld %lld\\n", arg0, arg2); }`;
  assert.deepEqual(await lines(script, '-c', path), ['-3 77', '-3 78']);
});

test('all places of an inlined probe fire, and count as one probe', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = valuesProgram();
  const elf = new ElfFiles().open(path);
  assert.ok(elf);
  const places = readUsdtNotes(elf).filter(({ name }) => name === 'step');
  assert.equal(places.length, 2);
  assert.notEqual(places[0]?.arguments, places[1]?.arguments);
  for (const way of ways) {
    const script = `usdt:${path}:app:step { printf("%lld\\n", arg0); }`;
    const { stdout, stderr } = await runTetrace(['-e', script, '-c', path, ...way]);
    assert.equal(stdout.trim(), '1\n2\n2');
    assert.equal(stderr, 'Attached 1 probe\n');
  }
});

test('arguments in loops and predicates', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = valuesProgram();
  const script = `
    usdt:${path}:app:memory /arg2 == 78/ {
      for $i : 0..2 { printf("%d %lld\\n", $i, arg0); }
      @m[1] = 1;
      for $kv : @m { printf("%lld %lld\\n", $kv.0, arg2); }
      unroll(2) { @sum += arg1; }
      printf("%d\\n", @sum);
      clear(@m); clear(@sum);
    }
    usdt:${path}:app:registers { for $i : 0..2 { printf("%lld\\n", arg0); } }`;
  assert.deepEqual(await lines(script, '-c', path), ['-7', '-7', '0 -3', '1 -3', '1 78', '506']);
});

test('probes by wildcard, in the files of the command', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = valuesProgram();
  for (const point of [
    `usdt:${path}:*:*`,
    'usdt::app:*,usdt::other:nothing',
    'usdt:*:app:*,usdt:*:other:*',
  ]) {
    const counts = await lines(`${point} { @[probe] = count(); }`, '-c', path);
    assert.deepEqual(counts.sort(), [
      `@[usdt:${path}:app:constants]: 1`,
      `@[usdt:${path}:app:indexed]: 1`,
      `@[usdt:${path}:app:memory]: 2`,
      `@[usdt:${path}:app:registers]: 1`,
      `@[usdt:${path}:app:step]: 3`,
      `@[usdt:${path}:other:nothing]: 1`,
    ]);
  }
});

/** A running program whose lines can be waited for. */
class Running implements Disposable {
  readonly process: ChildProcess;
  #text = '';

  constructor(path: string) {
    this.process = spawn(path, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      this.#text += piece;
      this.process.emit('more');
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }
  get text(): string {
    return this.#text;
  }
  async waitFor(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) await once(this.process, 'more');
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL');
  }
}

test('a semaphore counts who listens: in one process with -p, in all without', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = compile(gated);
  for (const way of ways) {
    using one = new Running(path);
    using other = new Running(path);
    await Promise.all([one.waitFor(/begun/), other.waitFor(/begun/)]);
    {
      const script = 'usdt::app:open { @[pid] = count(); printf("%d\\n", arg0); }';
      using run = startTetrace(['-e', script, '-p', String(one.pid), ...way]);
      await run.waitFor(/^1$/m);
      run.child.kill('SIGINT');
      const { stdout } = await run.ended;
      assert.deepEqual(stdout.match(/@\[\d+\]/g), [`@[${one.pid}]`]);
    }
    await one.waitFor(/gate 1\ngate 0\n$/);
    assert.equal(other.text, 'begun\n');
    const script = `usdt:${path}:app:open { @[pid] = 1; if (len(@) == 2) { exit(); } }`;
    const { code } = await runTetrace(['-e', script, '--usdt-file-activation', ...way]);
    assert.equal(code, 0);
    await Promise.all([one.waitFor(/(gate 1\ngate 0\n){2}$/), other.waitFor(/gate 1\ngate 0\n$/)]);
  }
});

test('two blocks at one place run in the order of the script', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const path = valuesProgram();
  const point = `usdt:${path}:app:registers`;
  for (const way of ways) {
    const script = `${point} { printf("first\\n"); } ${point} { printf("second\\n"); }`;
    assert.deepEqual(await lines(script, '-c', path, ...way), ['first', 'second']);
  }
});

test('a process in another mount namespace', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc') || !requireProgram(t, 'unshare')) return;
  const path = compile(gated);
  const inside = `mount -t tmpfs none /mnt && cp ${path} /mnt/gated && exec /mnt/gated`;
  const child = spawn('unshare', ['--mount', '/bin/sh', '-c', inside], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    if (!skipUnless(t, first.toString().startsWith('begun'), 'mounting in a namespace is refused')) return;
    const { stdout } = await runTetrace([
      '-e',
      'usdt:/mnt/gated:app:open { printf("%s %d\\n", probe, arg0); exit(); }',
      '-p',
      String(child.pid),
    ]);
    assert.match(stdout, /^usdt:\/mnt\/gated:app:open 1$/m);
  } finally {
    child.kill('SIGKILL');
  }
});

test("libraries' own probes: the exceptions of libstdc++", async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'g++')) return;
  const source = 'int main() { for (int i = 0; i < 3; i++) try { throw i; } catch (int) {} }';
  const path = compile(source, '-x', 'c++', '-Wl,--no-as-needed', '-lstdc++');
  const { stdout, stderr } = await runTetrace(['-e', 'usdt::libstdcxx:throw { @ = count(); }', '-c', path]);
  if (!skipUnless(t, !/No matches/.test(stderr), 'this libstdc++ has no probes')) return;
  assert.match(stdout, /@: 3/);
});
