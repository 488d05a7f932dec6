import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { testGoldenFolder } from '../../../tests/support/golden.ts';
import { lowerText, printLowered, printRecords, printStorage } from '../../../tests/support/lower-script.ts';
import type { Feature } from '../../program/index.ts';

const target = fakeKernel();

/** `ir without a,b`: on a target that lacks features. */
testGoldenFolder(
  'lower',
  {
    ir(script, section) {
      const [, , features] = section.split(' ');
      // The golden file names features; the target answers for any text.
      const without = (features?.split(',') ?? []) as Feature[];
      return printLowered(lowerText(script, { target, without }));
    },
    silent: (script) => printLowered(lowerText(script, { target, runtimeWarnings: 'none' })),
    verbose: (script) => printLowered(lowerText(script, { target, runtimeWarnings: 'all' })),
    others: (script) => printLowered(lowerText(script, { target, excludeSelf: true })),
    shared: (script) => printLowered(lowerText(script, { target }), 'shared'),
    storage: (script) => printStorage(lowerText(script, { target })),
    records: (script) => printRecords(lowerText(script, { target })),
  },
  ['ir'],
);

test('equal formats share a record, whatever their place', () => {
  const { records } = lowerText('begin { printf("a\\n"); printf("b\\n"); printf("a\\n"); }', { target });
  assert.equal(records.length, 2);
});

test('every instruction that can fail stands somewhere in the script', () => {
  const { progs, trails } = lowerText('begin { @a[comm] = str(kptr((uint64)8)); }', { target });
  for (const func of progs.flatMap(({ funcs }) => funcs)) {
    for (const insn of func.blocks.flatMap((block) => block.insns)) {
      if (func.role === 'prog') assert.ok(insn.at !== undefined && trails[insn.at] !== undefined);
    }
  }
});

test('nested loops stay loops: code does not grow with the rounds', () => {
  const insns = (script: string): number =>
    lowerText(script, { target })
      .progs.flatMap(({ funcs }) => funcs)
      .reduce((sum, func) => func.blocks.reduce((inner, block) => inner + block.insns.length, sum), 0);
  const nested = (outer: number, inner: number): string =>
    `begin { $i = 0; unroll(${outer}) { unroll(${inner}) { @[$i] = $i; $i++; } } }`;
  // Counted, and around iterators: each form has one size.
  assert.equal(insns(nested(3, 4)), insns(nested(2, 2)));
  assert.equal(insns(nested(100, 100)), insns(nested(100, 80)));
});

test('the form of a loop follows from its rounds and the target', () => {
  const formOf = (script: string, without: readonly Feature[] = []): string => {
    const text = printLowered(lowerText(script, { target, without }));
    if (text.includes('bpf_iter_num_new')) return 'iterator';
    return text.includes('funcAddr') ? 'callback' : 'loop';
  };
  assert.equal(formOf('begin { for $i : 0..10 { @ = $i; } }'), 'loop');
  assert.equal(
    formOf('begin { for $i : 0..10 { @ = $i; } }', ['bounded-loops', 'bpf-loop', 'open-coded-iterators']),
    'loop',
  );
  assert.equal(formOf('begin { for $i : 0..1000000 { @ = $i; } }'), 'iterator');
  assert.equal(formOf('begin { for $i : 0..1000000 { @ = $i; } }', ['open-coded-iterators']), 'callback');
  assert.equal(formOf('begin { $n = nsecs; for $i : 0..$n { @ = (int64)$i; } }'), 'iterator');
});

test('what is the same in every prog is one function', () => {
  const { progs } = lowerText(
    'interval:s:1 { @[tid] = hist(nsecs); } interval:s:2 { @[pid] = hist(nsecs); }',
    { target },
  );
  assert.equal(progs.length, 2);
  const shared = progs.map(({ funcs }) => funcs.filter(({ role }) => role === 'subprog'));
  assert.deepEqual(
    shared[0]?.map(({ name }) => name),
    ['log2_bucket_0', 'count_lost', 'report_number'],
  );
  assert.equal(shared[1]?.length, 3);
  shared[0]?.forEach((func, index) => {
    assert.ok(func === shared[1]?.[index], func.name);
  });
});

test('a map can stand for the clocks', () => {
  const script = '@ts = (uint64)7; @s = tseries(1, 1s, 5); @t = nsecs(tai); @e = elapsed;';
  const clockMap = (environment: Readonly<Record<string, string>>) =>
    printLowered(lowerText(`begin { ${script} }`, { target, environment }));
  assert.match(clockMap({}), /ktime_get_boot_ns[\s\S]*ktime_get_tai_ns/);
  assert.doesNotMatch(clockMap({ BPFTRACE_DUMMY_TS_MAP: '@ts' }), /ktime/);
  for (const wrong of ['@none', '@s']) {
    assert.throws(
      () => clockMap({ BPFTRACE_DUMMY_TS_MAP: wrong }),
      new RegExp(`names ${wrong}, which is no scalar map`),
    );
  }
});
