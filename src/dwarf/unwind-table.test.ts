import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { CProgram } from '../../tests/support/c-program.ts';
import { requireProgram } from '../../tests/support/requirements.ts';
import { ElfFile } from '../elf/index.ts';
import {
  DwarfError,
  type FrameSection,
  frameSectionAddress,
  type UnwindRule,
  type UnwindTable,
  unwindTable,
} from './index.ts';

const ADDRESS = 0x10_0000;
const CODE = 0x1000;

/** A little-endian length in front of the bytes. */
function block(bytes: readonly number[]): number[] {
  const padded = [...bytes];
  while (padded.length % 4 !== 0) padded.push(0); // DW_CFA_nop
  return [...word(padded.length), ...padded];
}
function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}
/** zR: factors 1 and -8, return address in 16, pointers of 4 bytes relative to themselves; CFA = r7 + 8, RA at CFA - 8. */
function head(augmentation = 'zR'): number[] {
  const text = [...augmentation].map((letter) => letter.charCodeAt(0));
  return block([...word(0), 1, ...text, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1]);
}
/** A section of one CIE and the entries of functions: [start, length, instructions]. */
function section(
  functions: readonly (readonly [number, number, readonly number[]])[],
  augmentation?: string,
): FrameSection {
  const bytes = head(augmentation);
  for (const [start, length, instructions] of functions) {
    const at = bytes.length;
    const relative = start - (ADDRESS + at + 8);
    bytes.push(...block([...word(at + 4), ...word(relative), ...word(length), 0, ...instructions]));
  }
  return { bytes: new Uint8Array([...bytes, ...word(0)]), address: ADDRESS };
}

function ruleAt(table: UnwindTable, address: number): UnwindRule | undefined {
  const index = table.starts.findLastIndex((start) => start + table.base <= address);
  return table.rules[table.ruleOf[index] ?? -1];
}

const entered: UnwindRule = {
  kind: 'step',
  frame: { kind: 'sum', base: 7, offset: 8 },
  returnAddress: { base: 16, offset: -8 },
  bp: undefined,
  bx: undefined,
  isSignalFrame: false,
};

test('a function that keeps bp: a row for each instruction that changes something', () => {
  // push rbp; CFA + 16, bp saved; mov rbp, rsp; CFA from bp; …; leave: CFA from sp again.
  const instructions = [0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x50, 0x0c, 7, 8];
  const table = unwindTable(section([[CODE, 0x20, instructions]]));
  assert.deepEqual(ruleAt(table, CODE), entered);
  const kept = { ...entered, bp: { base: 16, offset: -16 } };
  assert.deepEqual(ruleAt(table, CODE + 1), { ...kept, frame: { kind: 'sum', base: 7, offset: 16 } });
  assert.deepEqual(ruleAt(table, CODE + 4), { ...kept, frame: { kind: 'sum', base: 6, offset: 16 } });
  assert.deepEqual(ruleAt(table, CODE + 0x14), { ...kept, frame: { kind: 'sum', base: 7, offset: 8 } });
  assert.deepEqual(ruleAt(table, CODE + 0x1f), ruleAt(table, CODE + 0x14));
  assert.deepEqual(ruleAt(table, CODE + 0x20), { kind: 'none' });
});

test('states are remembered, restored and initial', () => {
  // remember; CFA + 32, bp saved; restore the state; bp saved; then bp as at the start of functions.
  const instructions = [0x0a, 0x0e, 32, 0x86, 2, 0x41, 0x0b, 0x41, 0x86, 4, 0x41, 0xc6];
  const table = unwindTable(section([[CODE, 0x20, instructions]]));
  assert.deepEqual(ruleAt(table, CODE), {
    ...entered,
    frame: { kind: 'sum', base: 7, offset: 32 },
    bp: { base: 16, offset: -16 },
  });
  assert.deepEqual(ruleAt(table, CODE + 1), entered);
  assert.deepEqual(ruleAt(table, CODE + 2), { ...entered, bp: { base: 16, offset: -32 } });
  assert.deepEqual(ruleAt(table, CODE + 3), entered);
});

test('expressions of linkage tables, realigned frames and signals are understood, others are not', () => {
  const linkage = [0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
  // CFA is at bp - 8; bp and bx relative to bp.
  const realigned = [0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0, 0x10, 3, 2, 0x76, 0x68];
  const odd = [0x0f, 3, 0x77, 8, 0x13];
  const table = unwindTable(
    section([
      [CODE, 16, linkage],
      [CODE + 16, 16, realigned],
      [CODE + 32, 16, odd],
      [CODE + 48, 16, [0x07, 16]],
      [CODE + 64, 16, [0x3f]],
    ]),
  );
  assert.deepEqual(ruleAt(table, CODE), {
    ...entered,
    frame: { kind: 'linkage', base: 7, offset: 8, from: 11 },
  });
  assert.deepEqual(ruleAt(table, CODE + 16), {
    ...entered,
    frame: { kind: 'loaded', base: 6, offset: -8, add: 0 },
    bp: { base: 6, offset: 0 },
    bx: { base: 6, offset: -24 },
  });
  assert.deepEqual(ruleAt(table, CODE + 32), { kind: 'unknown' });
  assert.deepEqual(ruleAt(table, CODE + 48), { kind: 'end' });
  assert.deepEqual(ruleAt(table, CODE + 64), { kind: 'unknown' }, 'an instruction that does not exist');
  const signal = unwindTable(section([[CODE, 16, []]], 'zRS'));
  assert.deepEqual(ruleAt(signal, CODE), { ...entered, isSignalFrame: true });
});

test('functions in any order, with gaps and overlaps', () => {
  const table = unwindTable(
    section([
      [CODE + 0x100, 0x10, []],
      [CODE, 0x20, []],
      [CODE + 0x10, 0x20, [0x0e, 24]],
    ]),
  );
  assert.equal(table.base, CODE);
  assert.deepEqual([...table.starts], [0, 0x10, 0x30, 0x100, 0x110]);
  assert.deepEqual(ruleAt(table, CODE + 0x50), { kind: 'none' });
  assert.deepEqual(ruleAt(table, CODE + 0x10_0000), { kind: 'none' });
});

test('a section of nothing is one stretch without a rule', () => {
  const table = unwindTable({ bytes: new Uint8Array(0), address: 0 });
  assert.deepEqual([...table.starts], [0]);
  assert.deepEqual(table.rules[table.ruleOf[0] ?? -1], { kind: 'none' });
});

test('the header of the section says where it is', () => {
  const header = new Uint8Array([1, 0x1b, 3, 0x3b, ...word(0x40)]);
  assert.equal(frameSectionAddress({ bytes: header, address: 0x2000 }), 0x2044);
  assert.equal(frameSectionAddress({ bytes: header.subarray(0, 5), address: 0 }), undefined);
  assert.equal(frameSectionAddress({ bytes: new Uint8Array(12), address: 0 }), undefined);
});

/** What readelf makes of a file's entries: CFA by address, registers by name where they have one. */
function readelfRows(path: string): Map<number, string> {
  // It looks for separate debug files too, and fails when it finds none.
  const { stdout: text } = spawnSync('readelf', ['--debug-dump=frames-interp', '-W', path], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const rows = new Map<number, string>();
  let isFunction = false;
  for (const line of text.split('\n')) {
    if (/ (FDE|CIE)/.test(line)) isFunction = / FDE /.test(line);
    const [, address, frame] = /^([0-9a-f]{16}) (\S+)/.exec(line) ?? [];
    if (isFunction && address !== undefined && frame !== undefined)
      rows.set(Number.parseInt(address, 16), frame);
  }
  return rows;
}

const registerNames = ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11'];

test('the same frame addresses as readelf finds', (t) => {
  if (!requireProgram(t, 'gcc') || !requireProgram(t, 'readelf')) return;
  using program = new CProgram(
    '#include <stdlib.h>\nint cmp(const void *a, const void *b) { return a == b; }\nint main(int n, char **v) { qsort(v, n, 8, cmp); return abort == 0; }',
    ['-O2'],
  );
  const libc = ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/libc.so.6'].filter((path) => existsSync(path));
  for (const path of [program.path, ...libc.slice(0, 1)]) {
    const elf = new ElfFile(readFileSync(path));
    const found = elf.section('.eh_frame');
    assert.ok(found);
    const table = unwindTable({ bytes: elf.bytesOf(found), address: Number(found.address) });
    let compared = 0;
    for (const [address, text] of readelfRows(path)) {
      const rule = ruleAt(table, address);
      if (rule?.kind !== 'step' || rule.frame.kind !== 'sum') continue;
      assert.equal(`${registerNames[rule.frame.base]}+${rule.frame.offset}`, text, address.toString(16));
      compared++;
    }
    assert.ok(compared >= 5, `${path}: ${compared} rows`);
  }
});

/** Nothing but a table or a DwarfError, and neither late nor large. */
function survives(bytes: Uint8Array): void {
  const start = performance.now();
  try {
    const table = unwindTable({ bytes, address: ADDRESS });
    assert.ok(table.starts.length <= bytes.length * 2 + 2);
    assert.ok(table.starts.every((value, index) => index === 0 || value > (table.starts[index - 1] ?? 0)));
  } catch (error) {
    if (!(error instanceof DwarfError)) throw error;
  }
  assert.ok(performance.now() - start < 5000, 'took too long');
}

test('a long beginning that many entries share is given up on', () => {
  const shared = block([
    ...word(0),
    1,
    ...[...'zR'].map((letter) => letter.charCodeAt(0)),
    0,
    1,
    0x78,
    16,
    1,
    0x1b,
  ]);
  const start = [...shared, ...Array.from({ length: 200_000 }, () => 0)];
  start.splice(0, 4, ...word(start.length - 4));
  const bytes = [...start];
  for (let index = 0; index < 5000; index++) {
    const at = bytes.length;
    bytes.push(...block([...word(at + 4), ...word(index * 16), ...word(16), 0]));
  }
  const before = performance.now();
  assert.throws(() => unwindTable({ bytes: new Uint8Array(bytes), address: ADDRESS }), DwarfError);
  assert.ok(performance.now() - before < 10_000);
});

test('any bytes give a table or a DwarfError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(bytes)),
    { seed: 4, numRuns: 2000 },
  );
});

test('so do sections with damage', () => {
  const { bytes } = section([
    [CODE, 0x20, [0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x0a, 0x50, 0x0b, 0x0c, 7, 8]],
    [CODE + 0x40, 0x20, [0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22]],
    [CODE + 0x80, 0x20, [0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0]],
  ]);
  const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(damage, fc.nat(bytes.length), (changes, length) => {
      const copy = bytes.slice();
      for (const [at, value] of changes) copy[at] = value;
      survives(copy);
      survives(copy.subarray(0, length));
    }),
    { seed: 5, numRuns: 3000 },
  );
});
