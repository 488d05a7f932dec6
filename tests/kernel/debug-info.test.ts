import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { CProgram } from '../support/c-program.ts';
import { requireProgram, requireRoot } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

const source = `struct point { int x, y; };
enum color { RED, GREEN = 7 };
struct shape { long id; char name[8]; struct point at; enum color color; unsigned filled : 3, dashed : 5;
               struct shape *next; short sides[3]; union { int area; long wide; }; };
volatile int sink;
static inline __attribute__((always_inline)) int tripled(int x)
{
  sink = x;
  return sink * 3;
}
__attribute__((noinline)) long draw(struct shape *shape, const char *text, unsigned char level, short turn,
                                    struct point at, long five, struct shape all, double scale, int minus)
{
  sink = text[0] + scale + minus + tripled(all.id);
  return shape->id + level + turn + at.x + five;
}
int main(void)
{
  struct shape shape = { .id = 1, .name = "box", .at = { 4, 5 }, .color = GREEN, .filled = 2, .dashed = 9,
                         .sides = { 1, -2, 3 }, .wide = 77 };
  shape.next = &shape;
  return draw(&shape, "text", 200, -3, (struct point){ 10, 11 }, 5, shape, 2.5, -7) == 0;
}
`;

async function runOn(program: CProgram, script: string, options: readonly string[] = []) {
  return await runTetrace([
    '-q',
    ...options,
    '-e',
    script.replaceAll('BIN', program.path),
    '-c',
    program.path,
  ]);
}

for (const flags of [['-O0'], ['-O2'], ['-O2', '-gdwarf-4', '-gz']]) {
  test(`args of a function, ${flags.join(' ')}: numbers, structs, what is on the stack`, async (t) => {
    if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
    using program = new CProgram(source, flags);
    const script = `uprobe:BIN:draw {
      printf("%s %d %d %d %d %d\\n", str(args.text), args.level, args.turn, args.at.x, args.at.y, args.five);
      printf("%s %d %d\\n", args.all.name, args.all.id, args.minus);
      print(*args.shape);
      printf("%d %d %d\\n", args.shape->next->next->dashed, args->shape->sides[1], ((struct shape *)arg0)->area);
    }`;
    const run = await runOn(program, script);
    assert.equal(run.stderr, '');
    const lines = run.stdout.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 2), ['text 200 -3 10 11 5', 'box 1 -7']);
    assert.match(
      lines[2] ?? '',
      /^\{ \.id = 1, \.name = box, \.at = \{ \.x = 4, \.y = 5 \}, \.color = GREEN, \.filled = 2, \.dashed = 9, \.next = 0x[0-9a-f]+, \.sides = \[1,-2,3\], \.area = 77, \.wide = 77 \}$/,
    );
    assert.equal(lines[3], '9 -2 77');
  });
}

test('args that cannot be had say why', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, ['-O2']);
  const float = await runOn(program, 'uprobe:BIN:draw { print(args.scale) }');
  assert.match(
    float.stderr,
    /ERROR: Can't read function parameter: scale is passed in a floating point register/,
  );
  const wrong = await runOn(program, 'uprobe:BIN:draw { print(args.shap) }');
  assert.match(
    wrong.stderr,
    /ERROR: Can't find function parameter shap\n[\s\S]*HINT: Did you mean 'shape'\?/,
  );
  using stripped = new CProgram(source, ['-g0']);
  const none = await runOn(stripped, 'uprobe:BIN:draw { print(args.shape) }');
  assert.match(none.stderr, /ERROR: args of a uprobe need debug information, and none is found for/);
});

test('a line of the source is a place for a probe; a function that was inlined is none', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, ['-O2']);
  const lines = await runOn(
    program,
    `uprobe:BIN@program.c:13 { @line = reg("ip"); }
     uprobe:BIN:draw { @start = reg("ip"); }
     uprobe:BIN@program.c:15 { @after = 1; }
     end { printf("%d %d\\n", @line == @start, @after); clear(@line); clear(@start); clear(@after); }`,
  );
  assert.equal(lines.stderr, '');
  assert.equal(lines.stdout.trimEnd(), '1 1');
  const nowhere = await runOn(program, 'uprobe:BIN@program.c:4 { @ = 1 }');
  assert.match(
    nowhere.stderr,
    /ERROR: Unable to map 'program\.c:4' to address\n[\s\S]*HINT: lines nearby that have code: /,
  );
  const inlined = await runOn(program, 'uprobe:BIN:tripled { @ = 1 }');
  assert.match(inlined.stderr, /HINT: 'tripled' was inlined by the compiler .* as uprobe:\S+@program\.c:\d+/);
});

test('debug information in a separate file, and in split ones', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc') || !requireProgram(t, 'objcopy')) return;
  using program = new CProgram(source);
  const folder = dirname(program.path);
  execFileSync('mkdir', ['-p', `${folder}/elsewhere`]);
  execFileSync('objcopy', ['--only-keep-debug', program.path, `${folder}/elsewhere/program.debug`]);
  execFileSync('strip', ['--strip-debug', program.path]);
  const print = 'uprobe:BIN:draw { print(args.level) }';
  const without = await runOn(program, print);
  assert.equal(without.code, 1);
  const found = await runOn(program, print, ['--debuginfo', './elsewhere']);
  assert.deepEqual([found.stderr, found.stdout.trimEnd()], ['', '200']);
  using split = new CProgram(source, ['-gsplit-dwarf']);
  const fromSplit = await runOn(split, print);
  assert.deepEqual([fromSplit.stderr, fromSplit.stdout.trimEnd()], ['', '200']);
  const listed = await runTetrace(['-lv', `uprobe:${split.path}:main`]);
  assert.equal(listed.stdout, `uprobe:${split.path}:main\n`);
});

test('functions of C++ by the names in the source, each overload with its own args', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'g++')) return;
  const text = `
    namespace ns {
      struct S { int v; int get() const; };
      __attribute__((noinline)) int S::get() const { asm volatile(""); return v; }
      __attribute__((noinline)) int fn(int a) { asm volatile(""); return a; }
      __attribute__((noinline)) int fn(const char *s, S &other) { asm volatile(""); return s[0] + other.v; }
    }
    int main() { ns::S s; s.v = 3; char text[] = "text"; return s.get() + ns::fn(7) + ns::fn(text, s) == 0; }`;
  using program = new CProgram(text, ['-no-pie', '-x', 'c++']);
  const run = await runOn(
    program,
    `uprobe:BIN:cpp:"ns::fn" { printf("%s %s\\n", func, probe); }
     uprobe:BIN:cpp:"ns::fn(int)" { printf("a=%d\\n", args.a); }
     uprobe:BIN:cpp:"ns::S::get" { printf("v=%d\\n", args.this->v); print(ustack(1)); }
     uprobe:BIN:cpp:"ns::fn(char const*, *)" { printf("s=%s v=%d\\n", str(args.s), args.other->v); }`,
  );
  assert.equal(run.stderr, '');
  assert.equal(
    run.stdout.trimEnd().replaceAll(program.path, 'BIN').replace(/@\S+$/gm, ''),
    `v=3\n\n        ns::S::get() const+0\n\nns::fn(int) uprobe:BIN:cpp:_ZN2ns2fnEi\na=7\nns::fn(char const*, ns::S&) uprobe:BIN:cpp:_ZN2ns2fnEPKcRNS_1SE\ns=text v=3`,
  );
  const listed = await runTetrace(['-l', `uprobe:${program.path}:cpp:"ns::fn*"`]);
  assert.equal(
    listed.stdout.replaceAll(program.path, 'BIN'),
    'uprobe:BIN:cpp:"ns::fn(char const*, ns::S&)"\nuprobe:BIN:cpp:"ns::fn(int)"\n',
  );
});

test('stacks show the inlined functions and the lines of the source, those of the call in callers', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, ['-O2', '-fno-omit-frame-pointer', '-no-pie']);
  const inside = await runOn(program, 'uprobe:BIN@program.c:9 { print(ustack(1)); print(ustack(perf, 1)); }');
  assert.equal(inside.stderr, '');
  const [first = '', second = '', third = '', fourth = ''] = inside.stdout.trim().split(/\n+/);
  assert.match(first, /^\[inlined\] tripled@\S+\/program\.c:9$/);
  assert.match(second, /^ {8}draw\+\d+@\S+\/program\.c:14$/);
  assert.match(third, /^\t[0-9a-f]+ tripled \(inlined\)$/);
  assert.match(fourth, /^\t[0-9a-f]+ draw\+\d+ \(\S+\/program\)$/);
  const callers = await runOn(program, 'uprobe:BIN@program.c:9 { print(ustack(2)); }');
  assert.match(callers.stdout, /^ {8}draw\+\d+@\S+\/program\.c:14\n {8}main\+\d+@\S+\/program\.c:22\n/m);
  const plain = await runOn(
    program,
    'config = { show_debug_info = 0 } uprobe:BIN:draw { print(ustack(1)); }',
  );
  assert.equal(plain.stdout.trim(), 'draw+0');
});

test('symbols of a stripped binary in .gnu_debugdata', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc') || !requireProgram(t, 'objcopy')) return;
  if (!requireProgram(t, 'xz')) return;
  const text = `
    static __attribute__((noinline)) int hidden(int x) { __asm__ volatile(""); return x + 1; }
    int main(void) { return hidden(41) == 0; }`;
  using program = new CProgram(text, ['-O1', '-no-pie']);
  const print = 'uprobe:BIN:hidden { printf("%s %d\\n", func, arg0); }';
  const folder = dirname(program.path);
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: folder });
  run('objcopy', '-S', '--keep-symbol=hidden', 'program', 'mini');
  run('strip', '--strip-all', 'program');
  assert.match((await runOn(program, print)).stderr, /ERROR: No matches for uprobe \S+:hidden\./);
  run('xz', 'mini');
  run('objcopy', '--add-section', '.gnu_debugdata=mini.xz', 'program');
  const found = await runOn(program, print);
  assert.deepEqual([found.stderr, found.stdout.trimEnd()], ['', 'hidden 41']);
});
