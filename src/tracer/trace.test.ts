import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, end, kprobe, play, tracepoint } from '../../tests/support/played-scene.ts';
import { errnos } from '../base/index.ts';
import type { ProbeSpec } from '../program/index.ts';

test('begin runs before anything is attached, end after everything is detached', async () => {
  const { code, log } = await play({
    probes: [begin(0), kprobe('f', 1), tracepoint('x', 2), kprobe('g', 3), tracepoint('y', 4), end(5)],
    emits: { 0: ['b'], 5: ['e'] },
  });
  assert.equal(code, 0);
  assert.deepEqual(log, [
    'run 0',
    'attach 2',
    'attach 4',
    'attach 3',
    'attach 1',
    'started',
    'attached 6',
    'record b',
    'detach',
    'run 5',
    'record e',
    'end',
    'maps',
    'dispose',
  ]);
});

test('exit in begin: the code is kept, what was queued behind it is dropped, end still speaks', async () => {
  const { code, log } = await play({
    probes: [begin(0), begin(1), end(2)],
    emits: { 0: ['!258'], 1: ['dropped'], 2: ['e'] },
  });
  assert.equal(code, 2);
  assert.deepEqual(
    log.filter((line) => line.startsWith('record')),
    ['record !258', 'record e'],
  );
});

test('a script of begin and end only ends by itself', async () => {
  const { code, log } = await play({
    probes: [begin(0), end(1)],
    emits: { 0: ['a', 'b'] },
    endsAtWait: 1000,
  });
  assert.equal(code, 0);
  assert.deepEqual(
    log.filter((line) => line.startsWith('record')),
    ['record a', 'record b'],
  );
});

test('however often it waits, a run stands once on a change that does not come, and a change ends its wait', async () => {
  let standing = 0;
  let tell = (): void => undefined;
  const change = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const counted = Object.assign(change, {
    // biome-ignore lint/suspicious/noThenProperty: it counts who waits for the promise
    then: ((...reactions) => {
      standing += 1;
      return Promise.prototype.then.apply(change, reactions);
    }) as typeof change.then,
  });
  let waits = 0;
  await play({
    probes: [kprobe('f', 0)],
    endsAtWait: 1000,
    changed: () => {
      waits += 1;
      return counted;
    },
  });
  assert.deepEqual({ waits, standing }, { waits: 1000, standing: 1 });
  await play({
    probes: [kprobe('f', 0)],
    endsAtWait: 1,
    isNeverReady: true,
    changed: () => {
      tell();
      return change;
    },
  });
});

test('self probes run on their signal and keep the run alive', async () => {
  const self: ProbeSpec = { kind: 'self', name: 'self:signal:SIGUSR1', signal: 'SIGUSR1', prog: 0 };
  const { log } = await play({ probes: [self], emits: { 0: ['s'] }, signals: ['SIGUSR1', 'SIGUSR2'] });
  assert.deepEqual(
    log.filter((line) => /run|record/.test(line)),
    ['run 0', 'record s'],
  );
});

test('missing probes: an error, a warning, or nothing', async () => {
  const scene = { probes: [tracepoint('x', 0), tracepoint('y', 1)], failing: new Set([0]) };
  const error = await play(scene);
  assert.equal(error.code, 255);
  assert.deepEqual(error.log, [
    'attach 0',
    "Unable to attach probe: tracepoint:a:x. If this is expected, set the 'missing_probes' config variable to 'warn'.",
    'no such thing',
    'dispose',
  ]);
  const warn = await play({ ...scene, missingProbes: 'warn' });
  assert.equal(warn.code, 0);
  assert.ok(warn.log.includes('Unable to attach probe: tracepoint:a:x. Skipping.'));
  assert.ok(warn.log.includes('attached 1'));
  const none = await play({ probes: [tracepoint('x', 0)], failing: new Set([0]), missingProbes: 'ignore' });
  assert.equal(none.code, 255);
  assert.ok(none.log.includes('Attachment failed for all probes.'));
});

test('a kprobe inside an instruction is told as such', async () => {
  const locations = [{ function: 'f', offset: 1 }];
  const inside: ProbeSpec = { kind: 'kprobe', via: 'perf', name: 'kprobe:f+1', prog: 0, locations };
  const { log } = await play({ probes: [inside], failing: new Set([0]), errno: errnos.EILSEQ.number });
  assert.deepEqual(log.slice(1, 3), [
    'Possible attachment attempt in the middle of an instruction, try a different offset.',
    "Unable to attach probe: kprobe:f+1. If this is expected, set the 'missing_probes' config variable to 'warn'.",
  ]);
});

test('an effect is done, and its output shown, before the next record', async () => {
  const { log } = await play({ probes: [begin(0)], emits: { 0: ['cat here', 'cat there', 'x'] } });
  assert.deepEqual(log.slice(log.indexOf('record cat here'), log.indexOf('detach')), [
    'record cat here',
    'here: contents',
    'record cat there',
    'there: No such file or directory',
    'record x',
  ]);
});

test('a dry run attaches and stops', async () => {
  const { code, log } = await play({ probes: [begin(0), tracepoint('x', 1)], options: { dryRun: true } });
  assert.equal(code, 0);
  assert.deepEqual(log, ['attach 1', 'dispose']);
});

test('lost records are told once as they come and once in all', async () => {
  const { log } = await play({ probes: [tracepoint('x', 0)], lost: 7n });
  assert.deepEqual(
    log.filter((line) => /lost/.test(line)),
    ['lost 7', 'lost in all 7'],
  );
});

test('missed events are told when the run is over', async () => {
  const missed = [
    { probes: [0], events: 3n },
    { probes: [1], events: 4n },
  ];
  const { log } = await play({ probes: [tracepoint('x', 0), tracepoint('y', 1), end(2)], missed });
  assert.deepEqual(log.slice(log.indexOf('detach')), [
    'detach',
    'run 2',
    'missed 3, 4',
    'end',
    'maps',
    'dispose',
  ]);
});

test('nothing to attach, and too much', async () => {
  assert.deepEqual(await play({ probes: [] }), { code: 1, log: ['No probes to attach'] });
  const many = await play({ probes: Array.from({ length: 9 }, (_unused, i) => tracepoint(`e${i}`, i)) });
  assert.equal(many.code, 1);
  assert.match(
    many.log[0] ?? '',
    /^Can't attach to 9 probes because it exceeds the current limit of 8 probes\.$/,
  );
});

test('a refused prog names its probe and quotes the verifier', async () => {
  const { code, log } = await play({
    probes: [tracepoint('x', 0)],
    rejection: {
      prog: 0,
      errno: 13,
      log: '0: R1=ctx() R10=fp0\n5: (85) call bpf_override_return#58\nprogram of this type cannot use helper bpf_override_return#58\nprocessed 6 insns (limit 1000000)\n',
      insn: 5,
    },
  });
  assert.equal(code, 255);
  assert.equal(log[0], 'ERROR: helper bpf_override_return not allowed in probe');
  assert.equal(log[1], 'Error loading BPF program for tracepoint:a:x. Error code: -13 (Permission denied).');
  assert.ok(log.includes('  program of this type cannot use helper bpf_override_return#58'));
});

test('a helper that is not for every function is named by the call before the complaint', async () => {
  const { log } = await play({
    probes: [tracepoint('x', 0)],
    rejection: {
      prog: 0,
      errno: 22,
      log: '3: (85) call bpf_ringbuf_reserve#131\n9: (85) call bpf_d_path#147\nhelper call is not allowed in probe\nprocessed 10 insns (limit 1000000)\n',
      insn: 9,
    },
  });
  assert.equal(log[0], 'ERROR: helper bpf_d_path not allowed in probe');
});

function labelled(kind: 'test' | 'bench', label: string, prog: number): ProbeSpec {
  return { kind, name: `${kind}:${label}`, label, prog };
}

test('tests run between begin and end; what one of them prints is shown when it fails', async () => {
  const { code, log } = await play({
    probes: [
      begin(0),
      labelled('test', 'good', 1),
      labelled('test', 'bad', 2),
      labelled('test', 'ends', 3),
      labelled('test', 'says', 5),
      end(4),
    ],
    emits: { 0: ['b'], 1: ['cat here'], 2: ['cat here'], 3: ['!4', 'cat here'], 4: ['e'], 5: ['error'] },
    runs: (prog) => ({ retval: prog === 2 ? 1 : 0, durationNs: 7n }),
    options: { mode: 'test' },
  });
  assert.equal(code, 1);
  const plain = log.map((line) => line.replace(/\x1b\[\d+m/g, ''));
  assert.deepEqual(plain, [
    'run 0',
    'record b',
    '[==========] Running 4 tests.',
    'run 1 1 times',
    'record cat here',
    '[ RUN      ] good\n[       OK ] good (7 ns)',
    'run 2 1 times',
    'record cat here',
    '[ RUN      ] bad\nhere: contents\n[  FAILED  ] bad (7 ns)',
    'run 3 1 times',
    'record !4',
    '[ RUN      ] ends\n[  FAILED  ] ends (7 ns)',
    'run 5 1 times',
    'record error',
    '[ RUN      ] says\n[  FAILED  ] says (7 ns)',
    '[==========] 4 tests ran.\n[  PASSED  ] 1 test.\n[  FAILED  ] 3 tests, listed below:\n[  FAILED  ] bad\n[  FAILED  ] ends\n[  FAILED  ] says',
    'run 4',
    'record e',
    'end',
    'dispose',
  ]);
});

test('a benchmark is repeated until it took a millisecond; one that returns 1 is skipped, one that ends fails', async () => {
  const { code, log } = await play({
    probes: [labelled('bench', 'a', 0), labelled('bench', 'skipped', 1), labelled('bench', 'ends', 2)],
    emits: { 2: ['!1'] },
    runs: (prog) => ({ retval: prog === 1 ? 1 : 0, durationNs: 20n }),
    options: { mode: 'bench', format: 'json' },
  });
  assert.equal(code, 1);
  assert.deepEqual(log.slice(1), [
    'run 0 1 times',
    'run 0 1000 times',
    'run 0 10000 times',
    'run 0 20000 times',
    'run 0 40000 times',
    'run 0 80000 times',
    '{"type": "benchmark_result", "data": {"a": {"average": 20, "iters": 80000}}}',
    'run 1 1 times',
    'run 2 1 times',
    'record !1',
    "Benchmark 'ends' failed.",
    'end',
    'dispose',
  ]);
});

test('a signal is heard between two commands; what is queued then is shown, its commands are left out', async () => {
  const { log } = await play({
    probes: [begin(0), tracepoint('x', 1), end(2)],
    emits: { 0: ['sh', 'sh', 'sh', 'a', 'sh'], 2: ['sh'] },
    endsAtWait: 2,
  });
  assert.deepEqual(log.slice(log.indexOf('attached 3')), [
    'attached 3',
    'record sh',
    'system sh',
    'record sh',
    'system sh',
    'record sh',
    'system sh',
    'detach',
    'record a',
    'record sh',
    '1 command of system() left out: the run was ended before their turn came.',
    'run 2',
    'record sh',
    'system sh',
    'end',
    'maps',
    'dispose',
  ]);
});
