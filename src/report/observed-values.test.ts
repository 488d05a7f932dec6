/** How bpftrace 0.27.1 was seen to print values, in printf and in print. */
import { testObserved } from '../../tests/support/observed-output.ts';
import { type Argument, ReportRun } from '../../tests/support/report-run.ts';
import {
  array,
  buffer,
  pointer,
  smallEnum,
  smallEnumTypes,
  string,
  tuple,
} from '../../tests/support/types-in-short.ts';
import { bool, int8, int16, int32, int64, pointerTo, uint8, uint16, uint64 } from '../types/index.ts';

const long: Argument = [int64, 0x123456789an];
const escaped: Argument = [buffer(4), '\\\nA\x80'];

testObserved([
  {
    name: 'nested tuples and records',
    run: () =>
      new ReportRun().print(
        tuple(
          uint8,
          string(2),
          tuple(uint8, bool, {
            kind: 'record',
            fields: [
              { name: 'x', type: uint8 },
              { name: 'y', type: string(2) },
            ],
          }),
          tuple(uint8),
        ),
        [1, 'a', [2, true, [1, 'z']], [5]],
      ),
    stdout: '(1, a, (2, true, { .x = 1, .y = z }), (5))\n',
  },
  {
    name: 'arrays',
    run: () =>
      new ReportRun().printf(
        '%s %s %s\n',
        [array(uint8, 4), [1, 2, 0, 0]],
        [array(int16, 2), [-1, 0]],
        [array(uint8, 4), [1, 2, 3, 4]],
      ),
    stdout: '[1,2,0,0] [-1,0] [1,2,3,4]\n',
  },
  {
    name: 'pointers',
    run: () =>
      new ReportRun().printf(
        '%p %p %s %s %d\n',
        [pointer, 0],
        [pointer, 255],
        [pointer, 0],
        [pointerTo(int8, 'kernel'), 16],
        [pointer, 7],
      ),
    stdout: '0 0xff 0x0 0x10 7\n',
  },
  {
    name: 'enums',
    run: () =>
      new ReportRun({ types: smallEnumTypes })
        .printf('%s %d [%3s] %s\n', [smallEnum, 7], [smallEnum, 7], [smallEnum, 0], [smallEnum, 3])
        .map('@', smallEnum, smallEnum, [{ key: 7, value: 0 }])
        .printMap(),
    stdout: 'G 7 [  R] 3\n@[G]: R\n',
  },
  {
    name: 'booleans',
    run: () =>
      new ReportRun().printf(
        '%s %d %s %x %s\n',
        [bool, true],
        [bool, true],
        [bool, false],
        [bool, true],
        [tuple(bool, uint64, bool), [true, 2, false]],
      ),
    stdout: 'true 1 false 1 (true, 2, false)\n',
  },
  {
    name: 'flags and widths of integers',
    run: () =>
      new ReportRun().printf(
        '[%6d][%-6d][%06d][%+d][%#x][%#o][%-06d][%.2d]\n',
        ...Array.from({ length: 7 }, (): Argument => [uint8, 42]),
        [uint8, 7],
      ),
    stdout: '[    42][42    ][000042][+42][0x2a][052][420000][7]\n',
  },
  {
    name: 'lengths of integers, characters, widths of strings',
    run: () =>
      new ReportRun().printf(
        '%d %u %x %ld %lx %hhx %c|%5s|%-5s|%%\n',
        long,
        long,
        long,
        long,
        long,
        long,
        [uint8, 65],
        [string(3), 'ab'],
        [string(3), 'cd'],
      ),
    stdout: '878082202 878082202 3456789a 78187493530 123456789a 9a A|   ab|cd   |%\n',
  },
  {
    name: 'what printf shows of short types',
    run: () => new ReportRun().printf('%ld %d %s\n', [uint16, 65529], [int32, -5], [array(uint8, 0), []]),
    stdout: '65529 -5 []\n',
  },
  {
    name: 'buffers and page flags',
    run: () => new ReportRun().printf('%r %rh %rx %gr\n', escaped, escaped, escaped, [uint16, 0xdc0]),
    stdout: '\\\\x0aA\\x80 5c 0a 41 80 \\x5c\\x0a\\x41\\x80 GFP_KERNEL|__GFP_ZERO\n',
  },
  {
    name: 'truncated strings',
    run: () => new ReportRun({ trailer: '+' }).printf('[%7s]%s\n', [string(4), 'bpft'], [string(4), 'bp']),
    stdout: '[  bpft+]bp\n',
  },
  {
    name: 'strings and buffers in a tuple',
    run: () =>
      new ReportRun().print(tuple(string(6), string(65), string(4), buffer(3)), [
        'bpft',
        'bpft',
        'hel',
        'bpf',
      ]),
    stdout: '(bpft, bpft, hel, bpf)\n',
  },
  {
    name: 'addresses',
    run: () =>
      new ReportRun()
        .print(tuple({ kind: 'inet' }, { kind: 'inet' }, uint16, { kind: 'ksym' }, { kind: 'ksym' }), [
          [2, 0x0200000a],
          [10, 0x80fen, 0x0100000000000000n],
          13330,
          0,
          5,
        ])
        .print({ kind: 'mac' }, new Uint8Array([0x00, 0xfe, 0x01, 0x02, 0x03, 0xff])),
    stdout: '(10.0.0.2, fe80::1, 13330, 0, 0x5)\n00:FE:01:02:03:FF\n',
  },
  {
    name: 'integers of all widths and signs',
    run: () =>
      new ReportRun().print(tuple(uint16, int64, uint64, int8, uint64), [65529, -7, -1n, -56, 1n << 63n]),
    stdout: '(65529, -7, 18446744073709551615, -56, 9223372036854775808)\n',
  },
]);
