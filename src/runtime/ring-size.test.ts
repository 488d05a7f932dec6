import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ringBufferBytes } from './ring-size.ts';
import { lastInsnOf } from './verifier-log.ts';

test('the ring buffer is a power of two between 256 KiB and 16 MiB, or what the script says', () => {
  assert.equal(ringBufferBytes(0, ['printf', 'exit'], 2 ** 40), 16 * 2 ** 20);
  assert.equal(ringBufferBytes(0, ['printf'], 5 * 2 ** 20), 4 * 2 ** 20);
  assert.equal(ringBufferBytes(0, ['printf'], 1000), 256 * 1024);
  assert.equal(ringBufferBytes(64, ['printf']), 256 * 1024);
  assert.equal(ringBufferBytes(3, ['exit']), 4 * 4096);
});

test('a ring for warnings alone is smaller', () => {
  assert.equal(ringBufferBytes(0, ['helper-error', 'runtime-error', 'exit'], 2 ** 40), 2 ** 20);
  assert.equal(ringBufferBytes(0, [], 2 ** 40), 2 ** 20);
  assert.equal(ringBufferBytes(0, ['helper-error'], 1000), 256 * 1024);
});

test('the last instruction that a verifier log names', () => {
  const log =
    '0: R1=ctx() R10=fp0\n; stdin:1\n0: (b7) r0 = 0 ; R0_w=0\n12: (85) call bpf_get_stack#67\nR1 bad\nprocessed 3 insns\n';
  assert.equal(lastInsnOf(log), 12);
  assert.equal(lastInsnOf('helper call is not allowed'), undefined);
});
