import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relocate } from './relocate.ts';

const targets = {
  mapFd: (map: number) => 100 + map,
  kfunc: () => ({ id: 77, fdIndex: 2 }),
  ksym: () => ({ id: 88, fd: 9 }),
};

test('each kind of reloc fills its fields and leaves the rest alone', () => {
  // ld_imm64 r3 (two slots), then call.
  const insns = new Uint8Array([
    0x18, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x85, 0, 0, 0, 0, 0, 0, 0,
  ]);
  assert.deepEqual(
    [...relocate(insns, [{ insn: 0, kind: 'map', map: 1 }], targets).subarray(0, 16)],
    [0x18, 0x13, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(
    [...relocate(insns, [{ insn: 0, kind: 'map-value', map: 0, offset: 24 }], targets).subarray(0, 16)],
    [0x18, 0x23, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0],
  );
  assert.deepEqual(
    [...relocate(insns, [{ insn: 0, kind: 'ksym', name: 'jiffies' }], targets).subarray(0, 16)],
    [0x18, 0x33, 0, 0, 88, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0],
  );
  assert.deepEqual(
    [...relocate(insns, [{ insn: 2, kind: 'kfunc', name: 'bpf_x' }], targets).subarray(16)],
    [0x85, 0x20, 2, 0, 77, 0, 0, 0],
  );
  assert.equal(insns[1], 3);
});
