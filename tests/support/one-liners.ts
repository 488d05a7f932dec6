import { userInfo } from 'node:os';
import { describe } from 'node:test';
import { type OneLiner, type Place, testOneLiner } from './one-liner.ts';

/** What only needs a program that starts and ends: values, types, formats, maps. Outputs are those of bpftrace 0.27.1. */
const values: readonly OneLiner[] = [
  {
    program: 'BEGIN { printf("hello %d %s\\n", 42, "world"); exit(); }',
    stdout: 'hello 42 world\n',
  },
  {
    title: 'blocks at one place run in the order of the script',
    program: 'begin { printf("%d\\n", 1); } begin { printf("%d\\n", 2); } end { printf("3\\n"); }',
    stdout: '1\n2\n3\n',
  },
  {
    title: 'numbers in every notation',
    program:
      'begin { printf("[%5d][%-5d][%05d][%x][%X][%#x][%o][%c][%%][%hhx][%ld]\\n", 42, -7, 42, 255, 255, 255, 8, 65, 0x1234, -1); }',
    stdout: '[   42][-7   ][00042][ff][FF][0xff][10][A][%][34][-1]\n',
  },
  {
    title: 'strings: width, comparing, searching, cutting',
    program:
      'begin { $s = "tetrace"; printf("[%10s][%-10s]\\n", $s, $s); print(($s == "tetrace", $s != "x", strncmp($s, "tetris", 3), strcontains($s, "race"), strlen($s), "ab" + "cd", "abcd" + 2, $s[0])); }',
    stdout: '[   tetrace][tetrace   ]\n(true, true, 0, true, 7, abcd, cd, 116)\n',
  },
  {
    title: 'tuples and records, nested',
    program:
      'begin { $t = (1, ("two", true), (x = 3, y = "four")); print($t); print($t.1.0); print($t.2.x); print((5,)); }',
    stdout: '(1, (two, true), { .x = 3, .y = four })\ntwo\n3\n(5)\n',
  },
  {
    title: 'arithmetic: 64 bits, wrapping, unsigned division, logical shift',
    program:
      'begin { $a = 7; $b = -2; print(($a + $b, $a * $b, $a - 9, $a / 2, $a % 4, $a & 3, $a | 8, $a ^ 5, ~(int64)$a, $a << 4, (uint64)$b >> 60)); print((uint8)300); print((int8)200); }',
    stdout: '(5, -14, -2, 3, 3, 3, 15, 2, -8, 112, 15)\n44\n-56\n',
  },
  {
    title: 'conditions and loops',
    program:
      'begin { for $i : 0..4 { if ($i == 1) { continue; } printf("%d ", $i); } $n = 0; while ($n < 3) { $n++; } unroll(3) { $n++; } printf("%d %s\\n", $n, $n > 5 ? "more" : "less"); }',
    stdout: '0 2 3 6 more\n',
    stderr: /^stdin:1:81-105: WARNING: While loops are deprecated/,
  },
  {
    title: 'maps in the order of their names, entries in that of their values or keys',
    program:
      'begin { @b["x"] = (int64)2; @b["y"] = (int64)-1; @a = 7; @c[2, "k"] = (1, "v"); @c[1, "z"] = (2, "w"); @c[1, "a"] = (3, "u"); }',
    stdout: '@a: 7\n@b[y]: -1\n@b[x]: 2\n@c[1, a]: (3, u)\n@c[1, z]: (2, w)\n@c[2, k]: (1, v)\n',
  },
  {
    title: 'what a map can be asked',
    program:
      'begin { @m[1] = (int64)10; @m[2] = (int64)20; print(len(@m)); print((has_key(@m, 1), has_key(@m, 3), @m[3])); _ = delete(@m, 1); print(len(@m)); print(@m); for $kv : @m { print($kv); } clear(@m); print(@m); }',
    stdout: '2\n(true, false, 0)\n1\n@m[2]: 20\n(2, 20)\n',
  },
  {
    title: 'the highest values only, divided',
    program:
      'begin { @["a"] = (int64)10; @["b"] = (int64)250; @["c"] = (int64)90; print(@, 2); print(@, 0, 10); clear(@); }',
    stdout: '@[c]: 90\n@[b]: 250\n@[a]: 1\n@[c]: 9\n@[b]: 25\n',
  },
  {
    title: 'aggregations',
    program:
      'begin { @c = count(); @c = count(); @s = sum(3); @s = sum(-5); @a = avg(2); @a = avg(5); @mn = min(4); @mn = min(-4); @mx = max(4); @mx = max(9); @st["k"] = stats(10); @st["k"] = stats(20); }',
    stdout: '@a: 3\n@c: 2\n@mn: -4\n@mx: 9\n@s: -2\n@st[k]: { .count = 2, .average = 15, .total = 30 }\n',
  },
  {
    title: 'histograms',
    program:
      'begin { @h = hist(-1); @h = hist(0); @h = hist(5); @h = hist(5); @h = hist(2000); @l["x"] = lhist(3, 0, 10, 5); @l["x"] = lhist(7, 0, 10, 5); @l["x"] = lhist(8, 0, 10, 5); @l["x"] = lhist(99, 0, 10, 5); }',
    stdout: [
      '@h:',
      '(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |',
      '[0]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |',
      '[1]                    0 |                                                    |',
      '[2, 4)                 0 |                                                    |',
      '[4, 8)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|',
      ...['[8, 16)  ', '[16, 32) ', '[32, 64) ', '[64, 128)', '[128, 256)', '[256, 512)', '[512, 1K)'].map(
        (label) => `${label.padEnd(16)}       0 |${' '.repeat(52)}|`,
      ),
      '[1K, 2K)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |',
      '',
      '@l[x]:',
      '[0, 5)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |',
      '[5, 10)                2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|',
      '[10, ...)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |',
      '',
      '',
    ].join('\n'),
  },
  {
    title: 'addresses, bytes, enumerations, structures',
    program:
      'enum color { RED, BLUE = 7 }; struct point { int x; short y[2]; }; begin { $c = BLUE; printf("%s %d %s\\n", $c, $c, (enum color)0); print((ntop(0x0100007f), ntop(pton("::1")), bswap((uint16)0x1234), (uint8[4])(uint32)258, sizeof(struct point), offsetof(struct point, y))); }',
    stdout: 'BLUE 7 RED\n(127.0.0.1, ::1, 13330, [2,1,0,0], 8, 4)\n',
  },
  {
    title: 'macros',
    program:
      'macro twice($v, @m, e) { $v += e; @m[$v] = (int64)e; $v * 2 } begin { $x = 1; print(twice($x, @m, 3)); print($x); }',
    stdout: '8\n4\n@m[4]: 3\n',
  },
  {
    title: 'config, and the environment above it',
    program:
      'config = { print_maps_on_exit = false; max_strlen = 9 } begin { @ = 1; print(config().max_strlen); }',
    env: { BPFTRACE_MAX_STRLEN: '33' },
    stdout: '33\n',
  },
  {
    title: 'who traces',
    program: 'begin { printf("%d %d %s %d\\n", uid, pid == tid, probe, cpu < ncpus); print(username); }',
    stdout: `${userInfo().uid} 1 begin 1\n${userInfo().username}\n`,
  },
  {
    title: 'files and the time',
    program: 'begin { cat("/proc/sys/kernel/ostype"); time("%Y-%m\\n"); }',
    stdout: /^Linux\n20\d\d-\d\d\n$/,
  },
  {
    title: 'a shell, with leave',
    options: ['--unsafe'],
    program: 'begin { system("echo %s", "from the shell"); }',
    stdout: 'from the shell\n\n',
  },
  {
    title: 'the exit code is what the script says',
    program: 'begin { exit(3); } end { print(1); }',
    stdout: '1\n',
    code: 3,
  },
  { title: 'an exit code has eight bits', program: 'begin { exit(-1); }', code: 255 },
  {
    title: 'positional parameters',
    program: 'begin { printf("%d %s %d\\n", $1, str($2), $#); }',
    words: ['5', 'abc'],
    stdout: '5 abc 2\n',
  },
  {
    title: 'named parameters',
    program:
      'begin { print((getopt("n", 1), getopt("name", "none"), getopt("flag"), getopt("other", -3))); }',
    words: ['--', '--n=4', '--name=x', '--flag'],
    stdout: '(4, x, true, -3)\n',
  },
  {
    title: 'what a script can be given',
    program: 'begin { print(getopt("n", 1, "How many")); }',
    words: ['--', '--help'],
    stderr: 'HINT: expected program options:\n--n: How many\n',
    code: 1,
  },
  {
    title: 'a parameter nobody asks for',
    program: 'begin { print(getopt("n", 1)); }',
    words: ['--', '--m=1'],
    stderr: 'ERROR: unexpected program command line options: --m\nHINT: expected program options: --n\n',
    code: 1,
  },
  {
    title: 'JSON lines',
    options: ['-f', 'json'],
    program:
      'begin { printf("hi \\"%d\\"\\n", 1); print((1, "a", (x = true))); @k["x"] = (int64)2; @h = hist(3); @s = stats(4); }',
    stdout: [
      '{"type": "printf", "data": "hi \\"1\\"\\n"}',
      '{"type": "value", "data": [1,"a",{"x": true}]}',
      '{"type": "hist", "data": {"@h": [{"min": 2, "max": 3, "count": 1}]}}',
      '{"type": "map", "data": {"@k": {"x": 2}}}',
      '{"type": "stats", "data": {"@s": {"count": 1, "average": 4, "total": 4}}}',
      '',
    ].join('\n'),
  },
];

/** What goes wrong, and is said. */
const problems: readonly OneLiner[] = [
  {
    title: 'division by zero',
    program: 'begin { $z = pid - pid; print(9 / $z); }',
    stdout: '1\n',
    stderr:
      /WARNING: Divide or modulo by 0 detected\. This can lead to unexpected results\. 1 is being used as the result\.$/m,
  },
  {
    title: 'a full map',
    program: 'let @a = hash(1); begin { @a[1] = 1; @a[2] = 2; }',
    stdout: '@a[1]: 1\n',
    stderr:
      /^stdin:1:38-47: WARNING: Map full; can't update element\. .*\nAdditional Info - helper: map_update_elem, retcode: -7\nlet @a = hash\(1\); begin .*\n {37}~{9}\n$/,
  },
  {
    title: 'a script that complains',
    program: 'begin { errorf("bad %d", 3); warnf("hm"); }',
    stderr: 'stdin:1:9-28: ERROR: bad 3\nstdin:1:30-41: WARNING: hm\n',
  },
  { title: 'no probes, quietly', program: '// nothing', code: 1 },
  {
    title: 'unsafe without leave',
    program: 'begin { system("true"); }',
    stderr: /^stdin:1:9-23: ERROR: system\(\) is an unsafe function being used in safe mode\n/,
    code: 1,
  },
  {
    title: 'an unknown field, and the one that was meant',
    options: ['-c', 'true'],
    program: 'tracepoint:syscalls:sys_enter_openat { print(args.filenam); }',
    stderr:
      /^stdin:1:46-58: ERROR: Struct\/union of type 'struct tracepoint:syscalls:sys_enter_openat_args' does not contain a field named 'filenam'\n[\s\S]*^HINT: Did you mean 'filename'\?$/m,
    code: 1,
  },
  {
    title: 'an unknown tracepoint, and the one that was meant',
    options: ['-c', 'true'],
    program: 'tracepoint:syscalls:sys_enter_opnat { exit(); }',
    stderr:
      /^stdin:1:1-36: ERROR: No matches for tracepoint syscalls:sys_enter_opnat\.\n[\s\S]*^HINT: Did you mean 'tracepoint:syscalls:sys_enter_openat'\?$/m,
    code: 1,
  },
  {
    title: 'several mistakes at once',
    program: 'begin { print($x); print(@y); foo(1); }',
    stderr: /Undefined or undeclared variable: \$x[\s\S]*Undefined map: @y[\s\S]*Unknown function: 'foo'/,
    code: 1,
  },
  {
    title: 'a missing probe that may be missing',
    program: 'tracepoint:syscalls:sys_enter_nothing { exit(); } begin { print(1); }',
    env: { BPFTRACE_MISSING_PROBES: 'warn' },
    stdout: '1\n',
    stderr: /WARNING: No matches for tracepoint syscalls:sys_enter_nothing\. Skipping\./,
  },
  {
    title: 'a bad value in the environment',
    program: 'begin { exit(); }',
    env: { BPFTRACE_MAX_STRLEN: 'abc' },
    stderr: /max_strlen: expecting a number, got abc/,
    code: 2,
  },
];

/** Declares a test for each of them. */
export function testOneLiners(place: Place): void {
  for (const [name, rows] of Object.entries({ values, problems })) {
    describe(`one-liners: ${name}`, () => {
      for (const row of rows) testOneLiner(row.title ?? row.program, row, place);
    });
  }
}
