/** What bpftrace 0.27.1 was seen to print with -f json. */
import { testObserved } from '../../tests/support/observed-output.ts';
import { ReportRun, someTrail } from '../../tests/support/report-run.ts';
import {
  array,
  avg,
  buffer,
  hist,
  lhist,
  pointer,
  smallEnum,
  smallEnumTypes,
  stats,
  string,
  tuple,
} from '../../tests/support/types-in-short.ts';
import { bool, int64, uint8, uint64 } from '../types/index.ts';

testObserved([
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
      new ReportRun({ format: 'json', types: smallEnumTypes })
        .print(buffer(2), 'A\xff')
        .map('@', smallEnum, smallEnum, [{ key: 7, value: 0 }])
        .printAllMaps(),
    stdout: '{"type": "value", "data": [65,-1]}\n{"type": "map", "data": {"@": {"G": 0}}}\n',
  },
]);
