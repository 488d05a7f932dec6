import assert from 'node:assert/strict';
import { test } from 'node:test';
import { words } from '../../tests/support/encode-value.ts';
import { ReportRun } from '../../tests/support/report-run.ts';
import type { Lookups, SymbolFrame } from '../program/index.ts';
import type { StackMode, Type } from '../types/index.ts';

const kernel: Record<string, readonly SymbolFrame[]> = {
  a1: [{ name: 'vfs_read', offset: 17n, module: 'kernel' }],
  a2: [
    { name: 'inlined_fn', offset: 0n, inlined: true, file: 'fs/read_write.c', line: 5 },
    { name: 'ksys_read', offset: 3n, file: 'fs/read_write.c', line: 9 },
  ],
};
const user: Record<string, readonly SymbolFrame[]> = {
  b1: [{ name: 'main', offset: 4n, module: '/bin/x' }],
  b2: [
    { name: 'max', offset: 0n, inlined: true },
    { name: 'jit\u00e9', offset: 1n },
  ],
};
const lookups: Partial<Lookups> = {
  kernelSymbol: (address) => kernel[address.toString(16)] ?? [],
  userSymbol: (pid, address, probe) => (pid === 42 && probe === 3 ? (user[address.toString(16)] ?? []) : []),
};

function kstack(mode: StackMode, ...frames: bigint[]): string {
  const type: Type = { kind: 'kstack', mode, limit: 6 };
  return new ReportRun({ lookups }).print(type, [BigInt(frames.length), ...frames]).stdout;
}

function ustack(mode: StackMode, ...frames: bigint[]): string {
  const type: Type = { kind: 'ustack', mode, limit: 6 };
  const ids = 42n | (3n << 32n);
  return new ReportRun({ lookups }).print(type, [ids, BigInt(frames.length), ...frames]).stdout;
}

const cases: readonly (readonly [name: string, got: () => string, expected: string])[] = [
  [
    'kernel stack',
    () => kstack('bpftrace', 0xa1n, 0xa2n, 0xffn),
    `
        vfs_read+17
        [inlined] inlined_fn@fs/read_write.c:5
        ksys_read+3@fs/read_write.c:9
        0xff

`,
  ],
  [
    'kernel stack for perf',
    () => kstack('perf', 0xa1n, 0xa2n, 0xffn),
    `
\ta1 vfs_read+17
\ta2 inlined_fn (inlined)
\ta2 ksys_read+3
\tff 0xff

`,
  ],
  [
    'user stack',
    () => ustack('bpftrace', 0xb1n, 0xb2n, 0xffn),
    `
        main+4
        [inlined] max
        jit\xc3\xa9+1
        0xff

`,
  ],
  [
    'user stack for perf',
    () => ustack('perf', 0xb1n, 0xb2n, 0xffn, 0n),
    `
\tb1 main+4 (/bin/x)
\tb2 max (inlined)
\tb2 jit\xc3\xa9+1 ([unknown])
\tff 0xff ([unknown])
\t0 0 ([unknown])

`,
  ],
  ['raw', () => kstack('raw', 0xa1n, 0xffffffff81000000n), '\na1\nffffffff81000000\n\n'],
  ['no frame', () => kstack('bpftrace'), '\n\n'],
  [
    'a walk that failed',
    () => ustack('bpftrace', 0xb1n, 0xffff_ffff_ffff_ffffn, 0xb1n),
    '\n        main+4\n        <unwind failure>\n\n',
  ],
];

for (const [name, got, expected] of cases) {
  test(name, () => assert.equal(got(), expected));
}

test('build ids, and frames that have none', () => {
  const type: Type = { kind: 'ustack', mode: 'build_id', limit: 2 };
  const bytes = new Uint8Array(16 + 64);
  bytes.set(words([42n, 2n]), 0);
  bytes[16] = 1; // BPF_STACK_BUILD_ID_VALID
  bytes.fill(0xab, 20, 40);
  bytes[40] = 5;
  bytes[48] = 2; // BPF_STACK_BUILD_ID_IP
  bytes.set(words([0x7f00n]), 72);
  assert.equal(new ReportRun({ lookups }).print(type, bytes).stdout, `\n${'ab'.repeat(20)} 0x05\n7f00\n\n`);
});

test('a count beyond the stack is cut, a negative one is no frame', () => {
  const type: Type = { kind: 'kstack', mode: 'raw', limit: 2 };
  assert.equal(new ReportRun().print(type, [9, 1, 2]).stdout, '\n1\n2\n\n');
  assert.equal(new ReportRun().print(type, [-14, 1, 2]).stdout, '\n\n');
});

test('symbols have no offset, and addresses without a name are shown', () => {
  const run = new ReportRun({ lookups })
    .print({ kind: 'ksym' }, 0xa2)
    .print({ kind: 'ksym' }, 0)
    .print({ kind: 'usym' }, [0xb2n, 42n | (3n << 32n)])
    .print({ kind: 'usym' }, [0xb2n, 43n | (3n << 32n)]);
  assert.equal(run.stdout, 'ksys_read\n0\njit\xc3\xa9\n0xb2\n');
});

test('stacks as keys, and as JSON', () => {
  const type: Type = { kind: 'kstack', mode: 'bpftrace', limit: 2 };
  const entries = [{ key: [1, 0xa1], value: 5 }];
  const map = (run: ReportRun): string => run.map('@', type, { kind: 'count' }, entries).printMap().stdout;
  assert.equal(map(new ReportRun({ lookups })), '@[\n        vfs_read+17\n]: 5\n');
  assert.equal(
    map(new ReportRun({ lookups, format: 'json' })),
    '{"type": "map", "data": {"@": {"\\nvfs_read+17\\n": 5}}}\n',
  );
});
