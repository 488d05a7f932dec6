import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, words } from '../../tests/support/encode-value.ts';
import { ReportRun, recordBytes, someMoment, someTrail } from '../../tests/support/report-run.ts';
import { string } from '../../tests/support/types-in-short.ts';
import type { RecordSpec, SourceTrail } from '../program/index.ts';
import { int64, uint8, uint64 } from '../types/index.ts';
import { DecodeError } from './decode-error.ts';

const source = { name: 'x.bt', text: 'macro m() {\n\t@a[1] = 2;\n}\nbegin {\n  m();\n}\n' };
const inMacro: SourceTrail = {
  at: { source: 0, line: 2, column: 2, endLine: 2, endColumn: 7 },
  expandedFrom: [{ source: 0, line: 5, column: 3, endLine: 5, endColumn: 6 }],
};

test('errorf and warnf', () => {
  const run = new ReportRun({ sources: [source] })
    .formatted('errorf', 'bad %d\n', [[uint8, 3]])
    .formatted('warnf', 'odd', [], inMacro);
  assert.equal(
    run.stderr,
    'x.bt:1:9-13: ERROR: bad 3\nx.bt:2:2-7: WARNING: odd\nx.bt:5:3-6: WARNING: expanded from\n  m();\n  ~~~\n',
  );
  assert.equal(run.stdout, '');
});

test('colours surround the first line of a message', () => {
  const run = new ReportRun({ sources: [source], color: true })
    .formatted('warnf', 'odd')
    .formatted('errorf', 'bad');
  assert.equal(
    run.stderr,
    '\x1b[33mx.bt:1:9-13: WARNING: odd\x1b[0m\n\x1b[31mx.bt:1:9-13: ERROR: bad\x1b[0m\n',
  );
});

test('warnf is not heard without warnings, errorf is', () => {
  const run = new ReportRun({ warnings: false }).formatted('warnf', 'odd').formatted('errorf', 'bad');
  assert.equal(run.stderr, 'stdin:1:9-13: ERROR: bad\n');
  assert.deepEqual(run.outcomes[0], { kind: 'none' });
});

const helperFailures: readonly (readonly [helper: string, retcode: number, text: string])[] = [
  [
    'map_update_elem',
    -7,
    "Map full; can't update element. Try increasing max_map_keys config or manually setting the max entries in a map declaration e.g. `let @a = hash(5000)`",
  ],
  ['map_update_elem', -12, 'Cannot allocate memory'],
  ['map_lookup_elem', 0, "Can't lookup map element because it does not exist."],
  ['map_delete_elem', -2, "Can't delete map element because it does not exist."],
  ['probe_read_user_str', -14, 'Bad address'],
  ['probe_read_kernel', -34, 'Numerical result out of range'],
];

for (const [helper, retcode, text] of helperFailures) {
  test(`failure of ${helper}: ${retcode}`, () => {
    const spec = {
      kind: 'helper-error',
      helper,
      retcode: { offset: 8, type: int64 },
      trail: inMacro,
    } as const;
    assert.equal(
      new ReportRun({ sources: [source] }).record(spec, words([retcode])).stderr,
      `x.bt:2:2-7: WARNING: ${text}\nAdditional Info - helper: ${helper}, retcode: ${retcode}\n    @a[1] = 2;\n    ~~~~~\n` +
        'x.bt:5:3-6: WARNING: expanded from\n  m();\n  ~~~\n',
    );
  });
}

test('a failure as JSON', () => {
  const run = new ReportRun({ sources: [source], format: 'json' })
    .record(
      {
        kind: 'helper-error',
        helper: 'map_update_elem',
        retcode: { offset: 8, type: int64 },
        trail: inMacro,
      },
      words([-7]),
    )
    .record({ kind: 'runtime-error', error: 'division-by-zero', trail: inMacro })
    .formatted('warnf', 'odd\n');
  assert.equal(
    run.stdout,
    `{"type": "helper_error", "msg": "Argument list too long", "helper": "map_update_elem", "retcode": -7, "filename": "x.bt", "line": 2, "col": 2}
{"type": "runtime_error", "msg": "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.", "filename": "x.bt", "line": 2, "col": 2}
{"type": "warnf", "msg": "odd\\n", "filename": "x.bt", "line": 1, "col": 9}
`,
  );
});

test('run-time errors quote all lines of their place', () => {
  const trail: SourceTrail = { at: { source: 0, line: 1, column: 4, endLine: 3, endColumn: 2 } };
  const run = new ReportRun({ sources: [source] })
    .record({ kind: 'runtime-error', error: 'division-by-zero', trail })
    .record({ kind: 'runtime-error', error: 'array-bounds', trail: someTrail });
  assert.equal(
    run.stderr,
    `x.bt:1-3: WARNING: Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.
macro m() {
\t@a[1] = 2;
}
x.bt:1:9-13: WARNING: Array access out of bounds. This can lead to unexpected results.
macro m() {
        ~~~
`,
  );
});

test('underlines count bytes', () => {
  const accents = { name: 'é.bt', text: '"é" + x' };
  const trail: SourceTrail = { at: { source: 0, line: 1, column: 8, endLine: 1, endColumn: 9 } };
  const run = new ReportRun({ sources: [accents] }).record({
    kind: 'runtime-error',
    error: 'array-bounds',
    trail,
  });
  assert.match(run.stderr, /^\xc3\xa9\.bt:1:8-9: WARNING: .*\n"\xc3\xa9" \+ x\n {7}~\n$/);
});

const joined = Uint8Array.from([
  ...bytesOf('ls\0\0'),
  ...bytesOf('-l\0\0'),
  ...bytesOf('\0\0\0\0'),
  ...bytesOf('x\0\0\0'),
]);

test('join stops at the first empty string', () => {
  const spec = { kind: 'join', separator: ', ', offset: 8, count: 4, stride: 4 } as const;
  assert.equal(new ReportRun().record(spec, joined).stdout, 'ls, -l\n');
  assert.equal(
    new ReportRun({ format: 'json' }).record(spec, joined).stdout,
    '{"type": "join", "data": "ls, -l"}\n',
  );
});

test('time has the meaning of C for its conversions', () => {
  const spec = { kind: 'time', format: '%H:%M:%S %k\n' } as const;
  assert.equal(new ReportRun().record(spec).stdout, '12:38:51 12\n');
  assert.equal(
    new ReportRun({ format: 'json' }).record(spec).stdout,
    '{"type": "time", "data": "12:38:51 12\\n"}\n',
  );
});

test('effects are data', () => {
  const run = new ReportRun()
    .formatted('system', 'echo %s; exit %d', [
      [string(4), 'a b'],
      [uint8, 3],
    ])
    .formatted('cat', '/proc/%d/maps', [[uint64, 42]])
    .record({ kind: 'exit', code: { offset: 8, type: uint8 } }, new Uint8Array([255]));
  assert.deepEqual(run.outcomes, [
    { kind: 'system', command: 'echo a b; exit 3' },
    { kind: 'cat', path: '/proc/42/maps', limit: 10240 },
    { kind: 'exit', code: 255 },
  ]);
});

test('packets are copied, and cut to what was captured', () => {
  const spec = {
    kind: 'packet',
    path: 'out.pcap',
    timeNs: { offset: 8, type: uint64 },
    length: { offset: 16, type: uint64 },
    dataOffset: 24,
  } as const;
  const run = new ReportRun({ lookups: { bootToWallNs: () => someMoment } });
  const payload = new Uint8Array([...words([7, 1500]), 1, 2, 3, 4, 5, 6, 7, 8]);
  run.record(spec, payload).record(spec, words([7, 0, 0]));
  // What stands behind a packet is padding, also of one whose first bytes are left out.
  run.record({ ...spec, dataOffset: 26 }, new Uint8Array([...words([7, 5]), 1, 2, 3, 4, 5, 0, 0, 0]));
  assert.deepEqual(run.outcomes, [
    {
      kind: 'packet',
      path: 'out.pcap',
      unixNs: someMoment + 7n,
      data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
      originalLength: 1500,
    },
    { kind: 'none' },
    {
      kind: 'packet',
      path: 'out.pcap',
      unixNs: someMoment + 7n,
      data: new Uint8Array([3, 4, 5]),
      originalLength: 5,
    },
  ]);
});

test('what effects came to', () => {
  const cat = { kind: 'cat', path: '/x', limit: 1 } as const;
  const text = new ReportRun().report();
  assert.deepEqual(text.finishSystem('hi\n'), { kind: 'text', stream: 'stdout', text: 'hi\n\n' });
  assert.deepEqual(text.finishCat(cat, { text: 'abc' }), { kind: 'text', stream: 'stdout', text: 'abc' });
  assert.deepEqual(text.finishCat(cat, { refused: 'No such file or directory' }), {
    kind: 'text',
    stream: 'stderr',
    text: "ERROR: failed to open file '/x' (No such file or directory)\n",
  });
  const json = new ReportRun({ format: 'json' }).report();
  assert.deepEqual(json.finishSystem('hi\n'), {
    kind: 'text',
    stream: 'stdout',
    text: '{"type": "syscall", "data": "hi\\n"}\n',
  });
  assert.deepEqual(json.finishCat(cat, { text: 'abc' }), {
    kind: 'text',
    stream: 'stdout',
    text: '{"type": "cat", "data": "abc"}\n',
  });
});

test('what a run says of itself', () => {
  const text = new ReportRun().report();
  const said = [text.attached(1), text.attached(2), text.lost(5n), text.lostInAll(7n), text.ended()];
  assert.deepEqual(
    said.map((shown) => (shown.kind === 'text' ? [shown.stream, shown.text] : shown.kind)),
    [
      ['stderr', 'Attached 1 probe\n'],
      ['stderr', 'Attached 2 probes\n'],
      ['stderr', 'Lost 5 events\n'],
      ['stderr', 'WARNING: Total lost event count: 7\n'],
      ['stdout', '\n\n'],
    ],
  );
  const missed = [{ probes: [], events: 2n }];
  assert.match(JSON.stringify(text.missed(missed)), /"stderr","text":"WARNING: 2 events were missed, /);
  assert.deepEqual([text.lostInAll(0n), text.missed([])], [{ kind: 'none' }, { kind: 'none' }]);
  const silent = new ReportRun({ warnings: false }).report();
  assert.deepEqual([silent.lostInAll(7n), silent.missed(missed)], [{ kind: 'none' }, { kind: 'none' }]);
  const json = new ReportRun({ format: 'json' }).report();
  assert.deepEqual(
    [json.attached(1), json.lost(3n), json.ended()].map((shown) => (shown.kind === 'text' ? shown.text : '')),
    [
      '{"type": "attached_probes", "count": 1, "data": {"probes": 1}}\n',
      '{"type": "lost_events", "count": 3, "data": {"events": 3}}\n',
      '',
    ],
  );
  // As the one of lost records, the warning stands beside the lines of JSON.
  assert.deepEqual(json.missed(missed), text.missed(missed));
});

test('records that are not the program’s are one error, and the next is handled', () => {
  const spec: RecordSpec = {
    kind: 'printf',
    format: ['x'],
    args: [{ offset: 8, type: uint64 }],
    trail: someTrail,
    sizeBytes: 16,
  };
  const report = new ReportRun().report([spec]);
  const bad = [
    new Uint8Array(0),
    new Uint8Array(7),
    new Uint8Array(8),
    recordBytes(1, words([1])),
    recordBytes(0x1_0000_0000, words([1])),
  ];
  for (const record of bad) assert.throws(() => report.handle(record), DecodeError);
  assert.deepEqual(report.handle(recordBytes(0, words([1]))), { kind: 'text', stream: 'stdout', text: 'x' });
});
