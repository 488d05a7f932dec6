import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTarget, usdtProbe } from '../../../tests/support/fake-target.ts';
import { lowerText } from '../../../tests/support/lower-script.ts';
import { type Arch, archFacts } from '../../program/index.ts';
import { evaluate, Memory, type World } from '../ir/index.ts';

/** Runs a prog that reads one argument: its value, and the reads of user memory, which give `0xf1 0xf2 …`. */
function readArgument(arch: Arch, text: string, registers: Readonly<Record<string, bigint>>) {
  const target = fakeTarget({
    arch,
    binaries: { '/bin/app': [] },
    usdt: { '/bin/app': [usdtProbe('app', 'p', [text])] },
  });
  const { progs, maps } = lowerText('usdt:/bin/app:p { @ = arg0; }', { target });
  const memory = new Memory();
  const ctx = new Uint8Array(512);
  const view = new DataView(ctx.buffer);
  for (const [name, value] of Object.entries(registers)) {
    view.setBigUint64(archFacts(arch).registers[name] ?? assert.fail(name), value, true);
  }
  const globals = new Uint8Array(4096);
  const globalsAt = memory.add(globals);
  const reads: string[] = [];
  const world: World = {
    memory,
    mapFd: BigInt,
    mapValue: () => globalsAt,
    callHelper(helper, [to = 0n, size = 0n, from = 0n]) {
      assert.equal(helper, 'probe_read_user');
      reads.push(`${size} at ${from.toString(16)}`);
      const place = memory.view(to, Number(size));
      for (let index = 0; index < place.byteLength; index++) place.setUint8(index, 0xf1 + index);
      return 0n;
    },
  };
  for (const { funcs } of progs) evaluate(funcs, [memory.add(ctx)], world);
  const storage = maps[0]?.storage;
  assert.ok(storage?.kind === 'slot');
  return { value: new DataView(globals.buffer).getBigUint64(storage.offset, true), reads };
}

const negative = (value: bigint): bigint => BigInt.asUintN(64, value);

test('registers and their parts, with and without sign', () => {
  const rows: readonly (readonly [Arch, string, bigint, bigint])[] = [
    ['x86_64', '8@%rax', 0x1122_3344_5566_8788n, 0x1122_3344_5566_8788n],
    ['x86_64', '4@%eax', 0x1122_3344_5566_8788n, 0x5566_8788n],
    ['x86_64', '-4@%eax', 0x0000_0000_8000_0000n, negative(-0x8000_0000n)],
    ['x86_64', '2@%ax', 0x1122_3344_5566_8788n, 0x8788n],
    ['x86_64', '-1@%al', 0x1122_3344_5566_8788n, negative(-0x78n)],
    ['x86_64', '1@%ah', 0x1122_3344_5566_8788n, 0x87n],
    ['x86_64', '-1@%ah', 0x1122_3344_5566_8788n, negative(-0x79n)],
  ];
  for (const [arch, text, ax, expected] of rows)
    assert.deepEqual(readArgument(arch, text, { ax }), { value: expected, reads: [] }, text);
  assert.equal(readArgument('aarch64', '-2@w19', { r19: 0xabcd_ffffn }).value, negative(-1n));
  assert.equal(readArgument('aarch64', '4@wzr', {}).value, 0n);
});

test('memory: the address, and as many bytes as there are', () => {
  const rows: readonly (readonly [Arch, string, Readonly<Record<string, bigint>>, string, bigint])[] = [
    ['x86_64', '8@-16(%rbp)', { bp: 0x7ff0n }, '8 at 7fe0', 0xf8f7_f6f5_f4f3_f2f1n],
    ['x86_64', '-2@(%rbx)', { bx: 0x10n }, '2 at 10', negative(-0xd0fn)],
    ['x86_64', '1@8(%rbp,%rax,4)', { bp: 0x1000n, ax: 3n }, '1 at 1014', 0xf1n],
    ['x86_64', '1@8(%rbp,%rax,4)', { bp: 0x1000n, ax: negative(-1n) }, '1 at 1004', 0xf1n],
    ['x86_64', '1@(,%rcx,8)', { cx: 0x20n }, '1 at 100', 0xf1n],
    // 32 bits wrap, whatever the upper halves hold.
    ['x86_64', '1@-16(%ebp)', { bp: 0xffff_0000_0000_0008n }, '1 at fffffff8', 0xf1n],
    ['aarch64', '1@[sp, 60]', { sp: 0x1000n }, '1 at 103c', 0xf1n],
    ['aarch64', '1@[x0, x1, lsl 3]', { r0: 0x1000n, r1: negative(-2n) }, '1 at ff0', 0xf1n],
    ['aarch64', '1@[x0, w1, sxtw 2]', { r0: 0x1000n, r1: 0x1_ffff_ffffn }, '1 at ffc', 0xf1n],
    ['aarch64', '1@[x0, w1, uxtw]', { r0: 0x1000n, r1: 0x1_0000_0005n }, '1 at 1005', 0xf1n],
  ];
  for (const [arch, text, registers, read, value] of rows)
    assert.deepEqual(readArgument(arch, text, registers), { value, reads: [read] }, text);
});
