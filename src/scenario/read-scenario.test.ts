import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readScenario, ScenarioError } from './index.ts';

const before = 'task a pid 1\ntracepoint x:y int n, char name[4], u8 few[2], __data_loc char[] text\n';

/** A line that is wrong, behind the two above, and what is said of it. */
const mistakes: readonly (readonly [string, RegExp])[] = [
  ['nonsense', /^nonsense begins no line; a time does, or one of arch, cpus, /],
  ['1s', /the task, or end, is missing here: the line ends/],
  ['1s b kprobe:f', /there is no task b, only a; write task b pid 100 before/],
  ['1 a kprobe:f', /1 is no time: write 1\.5s/],
  ['1s a kprobe:f arg0', /a = is missing behind arg0/],
  ['1s a kprobe:f arg0=', /a value is missing here: the line ends/],
  ['1s a kprobe:f arg0=1 arg0=2', /arg0 is given twice/],
  ['1s a kprobe:f arg9=1', /kprobe:f has no arg9; it has arg0 to arg5 and the registers/],
  ['1s a kprobe:f retval=1', /kprobe:f has no retval/],
  ['1s a kretprobe:f arg0=1', /kretprobe:f has no arg0; it has retval/],
  ['1s a kprobe:f arg0="x', /a " is missing at the end of a text/],
  ['1s a kprobe:f arg0="\\q"', /\\q means nothing in a text/],
  ['1s a kprobe:f arg0="\\x4"', /behind \\x stand two hexadecimal digits/],
  ['1s a kprobe:f arg0=x"4"', /is not made of pairs of hexadecimal digits/],
  ['1s a kprobe:f arg0=y"4"', /before a text stands x, user or kernel, not y/],
  ['1s a kprobe:f arg0=[1 2]', /a , or \] is missing here: 2\]/],
  ['1s a kprobe:f arg0=[[[[[[[[[[1]]]]]]]]]]', /lists stand in lists more than 8 deep/],
  ['1s a kprobe:f arg0=1..2', /1\.\.2 is no value/],
  ['1s a kprobe:f kstack=1', /kstack is a list of at most 127/],
  ['1s a kprobe:', /kprobe: names no function/],
  ['1s a uprobe:f', /a uprobe is named like/],
  ['1s a usdt:f', /a usdt probe is named like/],
  ['1s a begin', /begin cannot happen in a scenario; tracepoint, /],
  ['1s a cpu 1 kprobe:f', /the CPU is a number from 0 to 0, not 1/],
  ['1s a tracepoint:no:such', /tracepoint no:such is not known: say its fields before/],
  ['1s a tracepoint:x:y m=1', /tracepoint:x:y has no field m; its fields are n, name, few, text/],
  ['1s a tracepoint:x:y n=0x1ffffffff', /8589934591 does not fit n, which has 4 bytes/],
  ['1s a tracepoint:x:y name="four"', /name has room for 4 bytes, and 4 do not fit/],
  ['1s a tracepoint:x:y few=1', /few is a list \(u8\[2\]\)/],
  ['1s a tracepoint:x:y few=[1,2,3]', /few has 2 elements, not 3/],
  ['1s a tracepoint:x:y text=3', /text is a text/],
  ['1s a tracepoint:raw_syscalls:sys_enter id=nothing', /there is no system call nothing/],
  ['1s end more', /nothing more is expected here: more/],
  ['task b', /the task b has no pid/],
  ['task b pid x', /pid is a number, and x is none/],
  ['task b pid 99999999', /pid is a number from 0 to 4194304, not 99999999/],
  ['task b pid 1 comm "sixteen letters!"', /is longer than the 15 bytes of a comm/],
  ['task b pid 1 age 3', /of a task pid, tid, .* are said, not age/],
  ['cpus 0', /there is at least one CPU/],
  ['arch mips', /mips is none of x86_64, aarch64/],
  ['wall yesterday', /yesterday is no time of the day/],
  ['tracepoint x', /a tracepoint is named like sched:sched_switch, not x/],
  ['tracepoint x:z struct thing t', /the type struct thing is not known/],
  ['tracepoint x:z int', /"int" declares no field/],
  ['tracepoint x:z constructor n', /the type constructor is not known/],
  ['constructor', /constructor begins no line/],
  ['__proto__ a', /__proto__ begins no line/],
  ['1s a kprobe:f valueOf=1', /kprobe:f has no valueOf/],
  ['tracepoint x:z int n[0]', /n has from 1 to 1024 elements, not 0/],
];

function errorOf(text: string): ScenarioError {
  try {
    readScenario(text);
  } catch (error) {
    assert.ok(error instanceof ScenarioError, String(error));
    return error;
  }
  throw new Error(`nothing is wrong with ${text}`);
}

describe('a line that is wrong is named with the reason', () => {
  for (const [line, message] of mistakes) {
    test(line, () => {
      const error = errorOf(`${before}${line}\n`);
      assert.match(error.message, message);
      assert.equal(error.line, 3);
    });
  }
  test('events do not go back in time, and nothing follows the end', () => {
    assert.match(errorOf(`${before}2s a kprobe:f\n1s a kprobe:f`).message, /1s is before the line above/);
    assert.match(errorOf('2s end\n\n3s end').message, /the scenario has ended/);
    assert.match(
      errorOf(`${before}2s a kprobe:f\ncpus 2`).message,
      /CPUs are counted before the first event/,
    );
  });
});

test('a scenario is facts and events', () => {
  const { facts, happenings, endNs } = readScenario(
    `${before}1.5ms a tracepoint:x:y n=-2 name="abc" few=[1, 0xff] text="t" # more\r\n+1ns a kprobe:f+4\n1s end\n`,
  );
  assert.equal(endNs, 1_000_000_000n);
  assert.deepEqual(facts.functions, ['f']);
  assert.deepEqual(
    happenings.map(({ probe, timeNs, task }) => [probe, timeNs, task.pid]),
    [
      ['tracepoint:x:y', 1_500_000n, 1],
      ['kprobe:f+4', 1_500_001n, 1],
    ],
  );
  const [first] = happenings;
  // common fields, n, name, few with padding, where the text is, the text
  assert.equal(
    Buffer.from(first?.ctx.subarray(8) ?? []).toString('hex'),
    'feffffff' + '61626300' + '01ff0000' + '18000200' + '7400',
  );
  assert.deepEqual(
    facts.tracepoints['x:y']?.fields.map(({ name, offset, size }) => [name, offset, size]),
    [
      ['n', 8, 4],
      ['name', 12, 4],
      ['few', 16, 2],
      ['text', 20, 4],
    ],
  );
});

test('whatever a file holds, it is a scenario or an error of a line', () => {
  const word = fc.constantFrom(
    ...[
      'task',
      'a',
      'pid',
      '1',
      '1s',
      '+1ms',
      'kprobe:f',
      'tracepoint:x:y',
      'n',
      '=',
      '"',
      '[',
      ']',
      ',',
      'x"',
      '\\',
      '#',
      '\n',
      'end',
      'cpu',
      'int',
      '-',
      '0x',
      'kstack',
    ],
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 }),
      (words) => {
        try {
          readScenario(before + words.join(' '));
        } catch (error) {
          assert.ok(error instanceof ScenarioError && error.line > 0, String(error));
        }
      },
    ),
    { seed: 1, numRuns: 3000 },
  );
});
