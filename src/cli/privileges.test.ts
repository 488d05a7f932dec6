import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingCapability, oldKernelWarning, privilegeMessage, quoteForShell } from './privileges.ts';

const bit = (n: bigint): bigint => 1n << n;
const DAC = bit(1n) | bit(2n);

test('the first missing capability, in order', () => {
  const rows: [euid: number, capabilities: bigint, missing: string | undefined][] = [
    [1000, 0n, 'CAP_DAC_READ_SEARCH'],
    [1000, bit(2n), 'CAP_DAC_OVERRIDE'],
    [1000, DAC, 'CAP_BPF'],
    [1000, DAC | bit(39n), 'CAP_PERFMON'],
    [1000, DAC | bit(39n) | bit(38n), undefined],
    [1000, DAC | bit(21n), undefined],
    [0, 0n, 'CAP_BPF'],
    [0, bit(21n), undefined],
  ];
  for (const [euid, capabilities, missing] of rows) {
    assert.equal(missingCapability({ euid, capabilities }), missing, `${euid} ${capabilities.toString(2)}`);
  }
});

test('the message says what to type', () => {
  const { error, hint } = privilegeMessage('CAP_BPF', { euid: 1000, capabilities: 0n }, 'tetrace', [
    '/opt/tetrace/bin/tetrace',
    '-e',
    'BEGIN { printf("it\'s"); }',
  ]);
  assert.equal(error, 'Missing CAP_BPF capability, please run tetrace as the root user.');
  assert.equal(hint, `sudo /opt/tetrace/bin/tetrace -e 'BEGIN { printf("it'\\''s"); }'`);
  const asRoot = privilegeMessage('CAP_BPF', { euid: 0, capabilities: 0n }, 'bpftrace', ['bpftrace']);
  assert.equal(asRoot.error, 'Missing CAP_BPF capability, please run bpftrace as the root user.');
  assert.match(asRoot.hint, /container/);
});

test('words for a shell', () => {
  assert.equal(quoteForShell('a-b_c/d.e:f=1'), 'a-b_c/d.e:f=1');
  assert.equal(quoteForShell(''), "''");
  assert.equal(quoteForShell('$x'), "'$x'");
});

test('kernels older than 5.15 get a warning', () => {
  assert.match(
    oldKernelWarning('5.10.0-31-amd64') ?? '',
    /^Kernel version \(5\.10\.0-31-amd64\) is lower .*\(5\.15\.0\)/,
  );
  for (const release of ['5.15.0', '5.15.0-rc1', '6.1.0-44-amd64', '6.18', '10.0.0']) {
    assert.equal(oldKernelWarning(release), undefined, release);
  }
});
