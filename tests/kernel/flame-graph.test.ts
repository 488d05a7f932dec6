import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireRoot } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

/** A program that turns in a function of a known name until it is stopped. */
interface Spinner {
  readonly language: string;
  /** Programs of which one has to be there to make it. */
  readonly needs: readonly string[];
  readonly file: string;
  readonly source: string;
  /** The command that makes `program` of the source; none: the source is run. */
  readonly build?: (tool: string, source: string, program: string) => readonly string[];
  readonly run: (program: string) => readonly string[];
  /** What its stacks have to show, the inner function first. A function at the bottom that calls no other needs no frame, so that its caller is passed over. */
  readonly shows: RegExp;
}

const spinners: readonly Spinner[] = [
  {
    language: 'JavaScript',
    needs: [process.execPath],
    file: 'spin.js',
    source: `function turnNodeWheel(n) { let x = n; for (let i = 0; i < 1e6; i++) x = (x * 31 + i) | 0; return x; }
function driveNode() { for (let n = 0; ; n++) turnNodeWheel(n); }
driveNode();`,
    run: (program) => [process.execPath, '--perf-basic-prof', program],
    shows: /JS:\*turnNodeWheel [^\n]*\n(?:[^\n]+\n)*?[^\n]*node::Start\(/,
  },
  {
    language: 'C++',
    needs: ['g++'],
    file: 'spin.cpp',
    source: `namespace mill { struct Wheel { volatile int x = 0; __attribute__((noinline)) void turn(int n) { for (int i = 0; i < n; i++) x = x * 31 + i; x = n; } };
__attribute__((noinline)) void drive(Wheel &wheel) { for (;;) { wheel.turn(1000000); wheel.x = 1; } } }
int main() { mill::Wheel wheel; mill::drive(wheel); }`,
    build: (tool, source, program) => [tool, '-O1', '-fno-omit-frame-pointer', '-o', program, source],
    run: (program) => [program],
    shows: /mill::Wheel::turn\(int\)\+\d+[^\n]*\n[^\n]*main\+/,
  },
  {
    language: 'Rust',
    needs: ['rustc', join(homedir(), '.cargo/bin/rustc')],
    file: 'spin.rs',
    source: `mod mill {
    #[inline(never)]
    pub fn turn_wheel(n: u32) -> u32 { let mut x = n; for i in 0..1_000_000u32 { x = std::hint::black_box(x.wrapping_mul(31) ^ i); } x }
    #[inline(never)]
    pub fn drive() { let mut n = 0; loop { n = std::hint::black_box(turn_wheel(n)); } }
}
fn main() { mill::drive(); }`,
    build: (tool, source, program) => [
      tool,
      '-C',
      'opt-level=1',
      '-C',
      'force-frame-pointers=yes',
      '-o',
      program,
      source,
    ],
    run: (program) => [program],
    shows: /spin::mill::turn_wheel\+\d+[^\n]*\n(?:[^\n]+\n)*?[^\n]*spin::main\+/,
  },
  {
    language: 'Go',
    needs: ['go'],
    file: 'spin.go',
    source: `package main
var sink int
//go:noinline
func turnWheel(n int) { x := n; for i := 0; i < 1000000; i++ { x = x*31 + i }; sink = x }
//go:noinline
func drive() { for n := 0; ; n++ { turnWheel(n) } }
func main() { drive() }
`,
    build: (tool, source, program) => [tool, 'build', '-o', program, source],
    run: (program) => [program],
    shows: /main\.turnWheel\+\d+[^\n]*\n[^\n]*main\.main\+/,
  },
];

function findProgram(names: readonly string[]): string | undefined {
  const dirs = (process.env['PATH'] ?? '').split(':');
  return names
    .flatMap((name) => (name.includes('/') ? [name] : dirs.map((dir) => join(dir, name))))
    .find((path) => existsSync(path));
}

test('stacks of kernel and process at 99 Hertz name the functions of programs in four languages', async (t) => {
  if (!requireRoot(t)) return;
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-spin-'));
  const running = new Map<Spinner, ChildProcess>();
  t.after(() => {
    for (const [{ language }, child] of running) {
      child.kill('SIGKILL');
      if (language === 'JavaScript') rmSync(`/tmp/perf-${child.pid}.map`, { force: true });
    }
    rmSync(folder, { recursive: true });
  });
  for (const spinner of spinners) {
    const tool = findProgram(spinner.needs);
    if (tool === undefined) {
      await t.test(spinner.language, (skipped) => skipped.skip(`needs ${spinner.needs.join(' or ')}`));
      continue;
    }
    const source = join(folder, spinner.file);
    writeFileSync(source, spinner.source);
    const program = spinner.build ? source.replace(/\.\w+$/, `-${spinner.language}`) : source;
    const [command, ...args] = spinner.build?.(tool, source, program) ?? [];
    if (command !== undefined)
      execFileSync(command, args, {
        stdio: 'pipe',
        env: { ...process.env, HOME: homedir(), GOFLAGS: '-mod=mod' },
      });
    const [path = '', ...words] = spinner.run(program);
    running.set(spinner, spawn(path, words, { stdio: 'ignore' }));
  }
  const { stdout, stderr } = await runTetrace(
    ['-q', '-e', 'profile:hz:99 { @[kstack, ustack] = count(); } interval:s:5 { exit(); }'],
    { env: { BPFTRACE_MAX_MAP_KEYS: '100000' }, timeoutMs: 240_000 },
  );
  assert.equal(stderr, '');
  for (const { language, shows } of running.keys()) {
    const near = stdout.split('\n').filter((line) => /turn|drive|main/i.test(line));
    await t.test(language, () => assert.ok(shows.test(stdout), near.slice(0, 40).join('\n')));
  }
});
