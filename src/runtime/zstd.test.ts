import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { CProgram } from '../../tests/support/c-program.ts';
import { requireProgram, skipUnless } from '../../tests/support/requirements.ts';
import { ElfFile } from '../elf/index.ts';
import { debugSections } from './debug-sections.ts';
import { unpackZstd } from './zstd.ts';

/** A frame of one segment with its size in a byte, and its blocks: header, bytes. Source: RFC 8878, section 3.1. */
function frame(
  size: number,
  blocks: readonly (readonly [type: number, size: number, bytes: readonly number[]])[],
) {
  const bytes = [0x28, 0xb5, 0x2f, 0xfd, 0x20, size];
  for (const [index, [type, length, content]] of blocks.entries()) {
    const header = (length << 3) | (type << 1) | (index === blocks.length - 1 ? 1 : 0);
    bytes.push(header & 0xff, (header >> 8) & 0xff, header >> 16, ...content);
  }
  return new Uint8Array(bytes);
}
const RAW = 0;
const REPEATED = 1;
const COMPRESSED = 2;

test('bytes as they are, and repeated ones', () => {
  const packed = frame(8, [
    [RAW, 3, [1, 2, 3]],
    [REPEATED, 5, [9]],
  ]);
  assert.deepEqual([...(unpackZstd(packed, 8) ?? [])], [1, 2, 3, 9, 9, 9, 9, 9]);
  assert.equal(unpackZstd(packed.subarray(0, 9), 8), undefined);
  assert.equal(unpackZstd(new Uint8Array([1, 2, 3]), 8), undefined);
});

test('a few bytes that stand for billions are given up on', () => {
  // 65,000 sequences, each of one symbol that says "copy 65,539 bytes".
  const sequences = [0, 255, 0xff, 0x7f, 0x54, 0, 3, 52, 1];
  const packed = frame(8, [[COMPRESSED, sequences.length, sequences]]);
  const start = performance.now();
  assert.equal(unpackZstd(packed, 8, 500), undefined);
  assert.ok(performance.now() - start < 20_000);
});

test('damage is noticed or gives other bytes, and nothing worse', () => {
  const whole = frame(8, [
    [RAW, 3, [1, 2, 3]],
    [REPEATED, 5, [9]],
  ]);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  fc.assert(
    fc.property(change, ([at, value]) => {
      const copy = whole.slice();
      copy[at] = value;
      const unpacked = unpackZstd(copy, 8, 2000);
      assert.ok(unpacked === undefined || unpacked.length === 8);
    }),
    { seed: 6, numRuns: 12 },
  );
});

for (const format of ['zstd', 'zlib', 'zlib-gnu', 'zlib-gabi']) {
  test(`debug sections packed as ${format} are those that were packed`, (t) => {
    if (!requireProgram(t, 'gcc') || !requireProgram(t, 'objcopy')) return;
    using program = new CProgram('int main(void) { return 0; }', ['-gdwarf-5']);
    const packed = `${program.path}-packed`;
    copyFileSync(program.path, packed);
    try {
      execFileSync('objcopy', [`--compress-debug-sections=${format}`, packed], { stdio: 'pipe' });
    } catch {
      skipUnless(t, false, `objcopy does not know ${format}`);
      return;
    }
    const plain = new ElfFile(readFileSync(program.path));
    const found = new ElfFile(readFileSync(packed));
    for (const name of ['.debug_info', '.debug_abbrev', '.debug_line', '.debug_str']) {
      const section = plain.section(name);
      assert.ok(section);
      assert.deepEqual(debugSections(found).section(name), plain.bytesOf(section), name);
    }
  });
}
