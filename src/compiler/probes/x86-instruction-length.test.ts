import assert from 'node:assert/strict';
import { test } from 'node:test';
import { x86InstructionLength } from './x86-instruction-length.ts';

/** Bytes, and how GNU objdump cuts them. */
const rows: readonly (readonly [code: string, instruction: string])[] = [
  ['55', 'push %rbp'],
  ['48 89 e5', 'mov %rsp,%rbp'],
  ['c7 45 fc 00 00 00 00', 'movl $0,-4(%rbp)'],
  ['66 c7 45 fc 01 00', 'movw $1,-4(%rbp)'],
  ['48 b8 ef cd ab 89 67 45 23 01', 'movabs $0x123456789abcdef,%rax'],
  ['66 b8 34 12', 'mov $0x1234,%ax'],
  ['b8 01 00 00 00', 'mov $1,%eax'],
  ['f3 0f 1e fa', 'endbr64'],
  ['66 2e 0f 1f 84 00 00 00 00 00', 'cs nopw 0(%rax,%rax,1)'],
  ['e8 00 00 00 00', 'call'],
  ['0f 84 00 01 00 00', 'je'],
  ['74 05', 'je'],
  ['f6 45 00 01', 'testb $1,0(%rbp)'],
  ['f7 d8', 'neg %eax'],
  ['f7 c1 00 01 00 00', 'test $0x100,%ecx'],
  ['48 8d 05 00 00 00 00', 'lea 0(%rip),%rax'],
  ['48 8b 04 25 28 00 00 00', 'mov 0x28,%rax'],
  ['64 48 8b 04 25 28 00 00 00', 'mov %fs:0x28,%rax'],
  ['c5 f8 77', 'vzeroupper'],
  ['c5 fd 70 c0 1b', 'vpshufd $0x1b,%ymm0,%ymm0'],
  ['c4 e2 7d 59 c0', 'vpbroadcastq %xmm0,%ymm0'],
  ['c4 e3 7d 39 c1 01', 'vextracti128 $1,%ymm0,%xmm1'],
  ['62 f1 fe 48 6f 06', 'vmovdqu64 (%rsi),%zmm0'],
  ['62 f3 7d 48 3f c8 00', 'vpcmpeqb %zmm0,%zmm0,%k1'],
  ['66 0f 3a 63 c1 18', 'pcmpistri $0x18,%xmm1,%xmm0'],
  ['66 0f 38 17 c0', 'ptest %xmm0,%xmm0'],
  ['0f c6 c0 00', 'shufps $0,%xmm0,%xmm0'],
  ['0f 05', 'syscall'],
  ['0f c8', 'bswap %eax'],
  ['c8 10 00 00', 'enter $16,$0'],
  ['c3', 'ret'],
  ['f2 0f 10 05 00 00 00 00', 'movsd 0(%rip),%xmm0'],
  ['a1 01 02 03 04 05 06 07 08', 'movabs 0x807060504030201,%eax'],
  ['6a 01', 'push $1'],
  ['68 01 00 00 00', 'push $1'],
  ['69 c0 e8 03 00 00', 'imul $1000,%eax,%eax'],
  ['6b c0 0a', 'imul $10,%eax,%eax'],
];

function bytesOf(code: string, more = ''): Uint8Array {
  return Uint8Array.from(`${code} ${more}`.trim().split(' '), (byte) => Number.parseInt(byte, 16));
}

test('every instruction is as long as it is', () => {
  for (const [code, instruction] of rows) {
    const length = bytesOf(code).length;
    assert.equal(x86InstructionLength(bytesOf(code, '90 90 90 90 90 90 90 90'), 0), length, instruction);
    assert.equal(x86InstructionLength(bytesOf(code), 0), length, `${instruction}, at the end`);
  }
});

test('what is none, or not whole', () => {
  for (const code of ['06', '0f 04', 'ea 00 00 00 00 00', 'e8 00', '48', '66 66', '']) {
    assert.equal(x86InstructionLength(code === '' ? new Uint8Array(0) : bytesOf(code), 0), undefined, code);
  }
});
