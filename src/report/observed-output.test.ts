/** What bpftrace 0.27.1 was seen to print, from the values on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from '../../tests/support/encode-value.ts';
import { type Argument, ReportRun, someTrail } from '../../tests/support/report-run.ts';
import {
  bool,
  int8,
  int16,
  int32,
  int64,
  pointerTo,
  type StructTableData,
  type Type,
  uint8,
  uint16,
  uint64,
  voidType,
} from '../types/index.ts';

const string = (size: number): Type => ({ kind: 'string', size });
const buffer = (capacity: number): Type => ({ kind: 'buffer', capacity });
const tuple = (...elements: Type[]): Type => ({ kind: 'tuple', elements });
const array = (of: Type, length: number): Type => ({ kind: 'array', of, length });
const pointer: Type = pointerTo(voidType, 'kernel');
const enumC: Type = { kind: 'enum', name: 'C', size: 4, signed: false };
const enumTypes: StructTableData = {
  structs: {},
  enums: {
    C: {
      name: 'C',
      size: 4,
      signed: false,
      values: [
        { name: 'R', value: 0n },
        { name: 'G', value: 7n },
      ],
    },
  },
};
const stats: Type = { kind: 'stats', signed: true };
const avg: Type = { kind: 'avg', signed: true };
const hist = (bits = 0): Type => ({ kind: 'hist', bits });
const lhist = (min: bigint, max: bigint, step: bigint): Type => ({ kind: 'lhist', min, max, step });

interface Case {
  readonly name: string;
  readonly run: () => ReportRun;
  readonly stdout: string;
}

const v = 0x123456789an;
const long: Argument = [int64, v];
const escaped: Argument = [buffer(4), '\\\nA\x80'];

const cases: readonly Case[] = [
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
      new ReportRun({ types: enumTypes })
        .printf('%s %d [%3s] %s\n', [enumC, 7], [enumC, 7], [enumC, 0], [enumC, 3])
        .map('@', enumC, enumC, [{ key: 7, value: 0 }])
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
  {
    name: 'stats and relatives at the end of a run',
    run: () =>
      new ReportRun()
        .map(
          '@s',
          undefined,
          stats,
          [
            {
              cpus: [
                [4, 1],
                [-1, 1],
              ],
            },
          ],
          true,
        )
        .map(
          '@k',
          string(2),
          stats,
          [
            {
              key: 'x',
              cpus: [
                [2, 1],
                [0, 0],
              ],
            },
          ],
          true,
        )
        .map('@av', undefined, avg, [{ cpus: [[-7, 2]] }], true)
        .map(
          '@mn',
          undefined,
          { kind: 'min', signed: true },
          [
            {
              cpus: [
                [3, 1],
                [-2, 1],
                [-9, 0],
              ],
            },
          ],
          true,
        )
        .printAllMaps(),
    stdout: `@av: -3
@k[x]: { .count = 1, .average = 2, .total = 2 }
@mn: -2
@s: { .count = 2, .average = 1, .total = 3 }
`,
  },
  {
    name: 'orders of keys and values',
    run: () =>
      new ReportRun()
        .map('@n', string(2), int64, [
          { key: 'b', value: 2 },
          { key: 'a', value: 3 },
          { key: 'c', value: -1 },
        ])
        .map('@_', tuple(uint8, string(2)), string(2), [
          { key: [3, 'b'], value: 'p' },
          { key: [3, 'a'], value: 'q' },
        ])
        .printAllMaps(),
    stdout: '@_[3, a]: q\n@_[3, b]: p\n@n[c]: -1\n@n[b]: 2\n@n[a]: 3\n',
  },
  {
    name: 'top and div',
    run: () =>
      new ReportRun()
        .map('@', string(2), int64, [
          { key: 'a', value: 1 },
          { key: 'b', value: 25 },
          { key: 'c', value: -9 },
        ])
        .printMap(0, 2, 10),
    stdout: '@[a]: 0\n@[b]: 2\n',
  },
  {
    name: 'top and div of stats',
    run: () =>
      new ReportRun()
        .map('@', string(2), stats, [
          { key: 'a', value: [10, 1] },
          { key: 'b', value: [20, 1] },
        ])
        .printMap(0, 1, 2)
        .print(stats, [0, 0]),
    stdout: '@[b]: { .count = 1, .average = 10, .total = 20 }\n{ .count = 0, .average = 0, .total = 0 }\n',
  },
  {
    name: 'maps that were never written',
    run: () =>
      new ReportRun()
        .map('@w', undefined, int64, [])
        .printMap()
        .map('@h', undefined, hist(), [])
        .printMap()
        .map('@k', int64, int64, [])
        .printMap()
        .map('@t', undefined, string(2), [])
        .printMap()
        .printAllMaps(),
    stdout: '@w: 0\n@t: \n',
  },
  {
    name: 'keys of several kinds',
    run: () =>
      new ReportRun()
        .map('@p', tuple(pointer, string(4)), tuple(uint8, tuple(uint8)), [
          { key: [0x20, 'a b'], value: [1, [2]] },
        ])
        .map(
          '@r',
          {
            kind: 'record',
            fields: [
              { name: 'a', type: uint8 },
              { name: 'b', type: tuple(uint8, uint8) },
            ],
          },
          bool,
          [{ key: [1, [2, 3]], value: true }],
        )
        .map('@n', tuple(tuple(uint8, uint8), uint8), string(2), [{ key: [[1, 2], 3], value: 's' }])
        .printAllMaps(),
    stdout: '@n[(1, 2), 3]: s\n@p[0x20, a b]: (1, (2))\n@r[{ .a = 1, .b = (2, 3) }]: true\n',
  },
  {
    name: 'histogram of a negative number',
    run: () =>
      new ReportRun()
        .map('@', undefined, hist(), [
          { part: 3, cpus: [2, 1] },
          { part: 0, cpus: [1, 0] },
          { part: 1, cpus: [0, 1] },
        ])
        .printAllMaps(),
    stdout: `@:
(..., 0)               1 |@@@@@@@@@@@@@@@@@                                   |
[0]                    1 |@@@@@@@@@@@@@@@@@                                   |
[1]                    0 |                                                    |
[2, 4)                 3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

`,
  },
  {
    name: 'histograms with finer buckets and with suffixes',
    run: () =>
      new ReportRun()
        .map('@b', string(2), hist(2), [{ key: 'k', part: 9, value: 1 }])
        .map('@g', undefined, hist(), [{ part: 31, value: 1 }])
        .printAllMaps(),
    stdout: `@b[k]:
[8, 10)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

@g:
[512M, 1G)             1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

`,
  },
  {
    name: 'linear histogram with both open ends',
    run: () =>
      new ReportRun()
        .map('@', undefined, lhist(0n, 4n, 2n), [
          { part: 0, value: 1 },
          { part: 3, value: 1 },
        ])
        .printAllMaps(),
    stdout: `@:
(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[0, 2)                 0 |                                                    |
[2, 4)                 0 |                                                    |
[4, ...)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

`,
  },
  {
    name: 'time series',
    run: () => {
      const first = (1_795_351_128_100n * 1_000_000n) / 50_000_000n;
      const point = (part: number, value: number) => ({
        part,
        cpus: [
          [value, 1, first + BigInt(part)],
          [0, 0, 0],
        ],
      });
      const series: Type = { kind: 'tseries', intervalNs: 50_000_000n, slots: 6, signed: true };
      return new ReportRun()
        .map('@', undefined, series, [point(3, 3), point(0, -3), point(1, -1)], true)
        .printAllMaps();
    },
    stdout: `@:
             -3                                                  3
hh:mm:ss.ms  |___________________________________________________|
12:38:48.100 *                         .                         | -3
12:38:48.150 |                *        .                         | -1
12:38:48.200 |                         .                         | -
12:38:48.250 |                         .                         * 3
             v___________________________________________________v
             -3                                                  3

`,
  },
  {
    name: 'JSON of a value',
    run: () =>
      new ReportRun({ format: 'json' }).print(
        tuple(
          string(7),
          bool,
          {
            kind: 'record',
            fields: [
              { name: 'a', type: uint8 },
              { name: 'b', type: tuple(uint8) },
            ],
          },
          pointer,
          uint64,
          array(uint8, 2),
        ),
        ['q"\n\x01/', true, [1, [2]], 16, 18446744073709551615n, [1, 2]],
      ),
    stdout: `{"type": "value", "data": ["q\\"\\n\\u0001/",true,{"a": 1, "b": [2]},16,"18446744073709551615",[1,2]]}\n`,
  },
  {
    name: 'JSON of maps',
    run: () =>
      new ReportRun({ format: 'json' })
        .map('@k', string(4), int64, [
          { key: 'a b', value: 2 },
          { key: 'c', value: 1 },
        ])
        .map('@t', tuple(uint8, string(2)), tuple(uint8, string(2)), [{ key: [1, 'z'], value: [3, 's'] }])
        .map('@p', pointer, pointer, [{ key: 16, value: 17 }])
        .map('@b', bool, bool, [{ key: true, value: false }])
        .map('@m', undefined, { kind: 'min', signed: true }, [{ value: [-4, 1] }])
        .printAllMaps(),
    stdout: `{"type": "map", "data": {"@b": {"true": false}}}
{"type": "map", "data": {"@k": {"c": 1, "a b": 2}}}
{"type": "map", "data": {"@m": -4}}
{"type": "map", "data": {"@p": {"0x10": 17}}}
{"type": "map", "data": {"@t": {"1,z": [3,"s"]}}}
`,
  },
  {
    name: 'JSON of histograms',
    run: () =>
      new ReportRun({ format: 'json' })
        .map('@h', undefined, hist(), [
          { part: 0, value: 1 },
          { part: 2, value: 1 },
        ])
        .map('@k', string(2), hist(), [{ key: 'a', part: 11, value: 1 }])
        .map('@l', undefined, lhist(0n, 2n, 2n), [
          { part: 0, value: 1 },
          { part: 2, value: 1 },
        ])
        .printAllMaps(),
    stdout: `{"type": "hist", "data": {"@h": [{"max": -1, "count": 1},{"min": 0, "max": 0, "count": 0},{"min": 1, "max": 1, "count": 1}]}}
{"type": "hist", "data": {"@k": {"a": [{"min": 512, "max": 1023, "count": 1}]}}}
{"type": "hist", "data": {"@l": [{"max": -1, "count": 1},{"min": 0, "max": 1, "count": 0},{"min": 2, "count": 1}]}}
`,
  },
  {
    name: 'JSON of stats and averages',
    run: () =>
      new ReportRun({ format: 'json' })
        .map('@s', string(2), stats, [{ key: 'a', value: [-2, 1] }])
        .map('@v', undefined, avg, [{ value: [3, 1] }])
        .map('@w', string(2), avg, [{ key: 'q', value: [4, 1] }])
        .printAllMaps(),
    stdout: `{"type": "stats", "data": {"@s": {"a": {"count": 1, "average": -2, "total": -2}}}}
{"type": "stats", "data": {"@v": 3}}
{"type": "stats", "data": {"@w": {"q": 4}}}
`,
  },
  {
    name: 'JSON of printf and errorf',
    run: () =>
      new ReportRun({ format: 'json' })
        .printf('hi %d\n', [uint8, 5])
        .formatted('errorf', 'e%d', [[uint8, 1]], { at: { ...someTrail.at, column: 31, endColumn: 46 } }),
    stdout: `{"type": "printf", "data": "hi 5\\n"}
{"type": "errorf", "msg": "e1", "filename": "stdin", "line": 1, "col": 31}
`,
  },
  {
    name: 'JSON of a time series',
    run: () =>
      new ReportRun({ format: 'json' })
        .map(
          '@k',
          string(2),
          { kind: 'tseries', intervalNs: 100_000_000n, slots: 2, aggregate: 'min', signed: true },
          [{ key: 'a', part: 0, value: [-3, 0, 17_953_511_310n] }],
        )
        .printAllMaps(),
    stdout:
      '{"type": "tseries", "data": {"@k": {"a": [{"interval_start":"2026-11-22 12:38:51.000000000","value":-3}]}}}\n',
  },
  {
    name: 'JSON of enums and buffers',
    run: () =>
      new ReportRun({ format: 'json', types: enumTypes })
        .print(buffer(2), 'A\xff')
        .map('@', enumC, enumC, [{ key: 7, value: 0 }])
        .printAllMaps(),
    stdout: '{"type": "value", "data": [65,-1]}\n{"type": "map", "data": {"@": {"G": 0}}}\n',
  },
  {
    name: 'what printf shows of short types',
    run: () => new ReportRun().printf('%ld %d %s\n', [uint16, 65529], [int32, -5], [array(uint8, 0), []]),
    stdout: '65529 -5 []\n',
  },
];

for (const { name, run, stdout } of cases) {
  test(name, () => {
    const finished = run();
    assert.equal(finished.stdout, stdout);
    assert.equal(finished.stderr, '');
  });
}

test('binary strings of the tests are bytes', () => {
  assert.deepEqual([...bytesOf('A\xff')], [65, 255]);
});
