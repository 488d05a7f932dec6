import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as bpf from './index.ts';

const rows: readonly [bpf.Insn, string][] = [
  [bpf.alu64Imm('mov', 0, 1), 'r0 = 1'],
  [bpf.alu64('add', 1, 2), 'r1 += r2'],
  [bpf.alu32Imm('and', 3, -8), 'w3 &= -8'],
  [bpf.alu64('sdiv', 1, 2), 'r1 s/= r2'],
  [bpf.alu64Imm('smod', 1, 3), 'r1 s%= 3'],
  [bpf.alu64Imm('arsh', 4, 32), 'r4 s>>= 32'],
  [bpf.neg64(2), 'r2 = -r2'],
  [bpf.movsx64(8, 1, 2), 'r1 = (s8)r2'],
  [bpf.movsx32(16, 1, 2), 'w1 = (s16)w2'],
  [bpf.toEndian('be', 16, 1), 'r1 = be16 r1'],
  [bpf.byteSwap(64, 1), 'r1 = bswap64 r1'],
  [bpf.load(8, 1, 6, 16), 'r1 = *(u64 *)(r6 +16)'],
  [bpf.loadSigned(2, 1, 6, -2), 'r1 = *(s16 *)(r6 -2)'],
  [bpf.store(4, 10, -4, 0), '*(u32 *)(r10 -4) = r0'],
  [bpf.storeImm(1, 10, -1, 0), '*(u8 *)(r10 -1) = 0'],
  [bpf.atomicAdd(8, 0, 0, 1), 'lock *(u64 *)(r0 +0) += r1'],
  [bpf.atomic('or', 4, 0, 8, 1, true), 'r1 = atomic_fetch_or((u32 *)(r0 +8), r1)'],
  [bpf.atomic('xchg', 8, 1, 0, 2), 'r2 = atomic64_xchg((u64 *)(r1 +0), r2)'],
  [bpf.atomic('cmpxchg', 8, 1, 0, 2), 'r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)'],
  [bpf.loadAcquire(4, 0, 1, 4), 'r0 = load_acquire((u32 *)(r1 +4))'],
  [bpf.storeRelease(8, 1, 0, 2), 'store_release((u64 *)(r1 +0), r2)'],
  [bpf.ldImm64(1, 0xdead_beef_0000_0001n), 'r1 = 0xdeadbeef00000001'],
  [bpf.ldMapFd(1, 5), 'r1 = map[fd:5]'],
  [bpf.ldMapValue(1, 5, 24), 'r1 = map[fd:5][0]+24'],
  [bpf.ldFunc(2, 9), 'r2 = subprog[+9]'],
  [bpf.jumpImm('sgt', 1, -1, 5), 'if r1 s> 0xffffffff goto pc+5'],
  [bpf.jump32('set', 1, 2, -3), 'if w1 & w2 goto pc-3'],
  [bpf.goto(7), 'goto pc+7'],
  [bpf.gotol(100_000), 'gotol pc+100000'],
  [bpf.mayGoto(-4), 'may_goto pc-4'],
  [bpf.call('ktime_get_ns'), 'call bpf_ktime_get_ns#5'],
  [bpf.callSubprog(12), 'call pc+12'],
  [bpf.callKfunc(1234), 'call kernel-function#1234'],
  [bpf.exit(), 'exit'],
];

test('instructions print as the kernel prints them', () => {
  for (const [insn, text] of rows) assert.equal(bpf.disassemble(insn), text);
});

test('a listing counts slots', () => {
  assert.equal(
    bpf.listing([bpf.ldMapFd(1, 3), bpf.exit()], { map: () => 'counts' }),
    '   0: (18) r1 = map[counts]\n   2: (95) exit\n',
  );
});

test('every bit pattern prints or is called unknown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
      if (bytes[0] === bpf.LD_IMM64) return;
      const [insn] = bpf.decodeInsns(bytes);
      assert.match(bpf.disassemble(insn!), /./);
    }),
    { seed: 3 },
  );
});

test('helper ids are dense and unique', () => {
  const ids = Object.values(bpf.helperIds);
  assert.deepEqual(
    ids,
    Array.from({ length: 211 }, (_unused, index) => index + 1),
  );
  assert.equal(bpf.helperNamed(208), 'ktime_get_tai_ns');
  assert.equal(bpf.helperNamed(212), undefined);
});
