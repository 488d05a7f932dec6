/** How bpftrace 0.27.1 was seen to draw histograms and time series. */
import { testObserved } from '../../tests/support/observed-output.ts';
import { ReportRun } from '../../tests/support/report-run.ts';
import { hist, lhist, string } from '../../tests/support/types-in-short.ts';
import type { Type } from '../types/index.ts';

testObserved([
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
]);
