/** How bpftrace 0.27.1 was seen to print maps: their order, aggregations, what is left out. */
import { testObserved } from '../../tests/support/observed-output.ts';
import { ReportRun } from '../../tests/support/report-run.ts';
import { avg, hist, pointer, stats, string, tuple } from '../../tests/support/types-in-short.ts';
import { bool, int64, uint8 } from '../types/index.ts';

testObserved([
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
]);
