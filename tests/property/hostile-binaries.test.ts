/**
 * Binaries and tables that others wrote, damaged: whatever they hold, asking them ends in an answer or in the error of the reader, soon, and
 * without taking much memory.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { DwarfError } from '../../src/dwarf/index.ts';
import {
  ElfError,
  ElfFile,
  readDynamicNeeds,
  readLoaderCache,
  sourceOfBytes,
  zipMember,
} from '../../src/elf/index.ts';
import { DebugInfo } from '../../src/runtime/debug-info.ts';
import { ElfFiles } from '../../src/runtime/elf-files.ts';
import { miniDebugInfo } from '../../src/runtime/mini-debug-info.ts';
import { findPerfMapEntry, parsePerfMap } from '../../src/runtime/perf-map.ts';
import { tableOf } from '../../src/runtime/unwind/frame-section.ts';
import { readUsdtProbes } from '../../src/runtime/usdt-probes.ts';
import { CProgram } from '../support/c-program.ts';
import { requireProgram } from '../support/requirements.ts';

/** For one question; real ones take milliseconds, and this machine may be busy. */
const LIMIT_MS = 10_000;
/** For all damaged binaries together, each asked everything. */
const LIMIT_BYTES = 512 * 1024 * 1024;

/** Lets an answer or one of the errors pass, when it comes in time. */
function survives(work: () => unknown, errors: readonly (new (message: string) => Error)[]): void {
  const start = performance.now();
  try {
    work();
  } catch (error) {
    if (!errors.some((kind) => error instanceof kind)) throw error;
  }
  const took = performance.now() - start;
  assert.ok(took < LIMIT_MS, `took ${Math.round(took)} ms`);
}

/** Everything that is asked of a binary. */
function askEverything(path: string): void {
  const elfFiles = new ElfFiles();
  const elf = elfFiles.open(path);
  if (!elf) return;
  const ask = (work: () => unknown): void => survives(work, [ElfError, DwarfError]);
  const [segment] = elf.segments;
  const address = segment?.address ?? 0n;
  ask(() => Array.from(elf.functions()).length);
  ask(() => elf.functionsNamed('main'));
  ask(() => elf.symbolNamed('sink'));
  ask(() => [elf.functionAt(elf.entry), elf.functionAt(address), elf.functionAt(0xffff_ffff_ffff_ffffn)]);
  ask(() => [elf.fileOffset(elf.entry), elf.addressOfOffset(0x1000n), elf.bytesAt(elf.entry, 64)]);
  ask(() => [elf.buildId(), elf.debugLink()]);
  ask(() => readDynamicNeeds(elf));
  ask(() => readUsdtProbes(elfFiles, path));
  ask(() => elfFiles.withSymbols(path));
  ask(() => miniDebugInfo(elf));
  ask(() => tableOf(elf));
  const info = new DebugInfo(elfFiles);
  ask(() => info.of(path)?.functionAt(Number(elf.entry)));
  ask(() => info.of(path)?.framesAt(Number(elf.entry) + 64));
  ask(() => info.of(path)?.linesOf('program.c', 3, 0));
  ask(() => info.of(path)?.inlinedPlaces('helper'));
  ask(() => info.of(path)?.typeNamed('struct', 'point', undefined));
}

const source = `struct point { int x, y; } sink;
static inline __attribute__((always_inline)) int helper(struct point *at) { return at->x + at->y; }
__attribute__((noinline)) int work(struct point *at, const char *text) { return helper(at) + text[0]; }
int main(int count, char **words) { sink.x = count; return work(&sink, words[0]); }
`;

/** Bytes and where to put them: numbers that lengths, counts and offsets are damaged to. */
const value = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 8 }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0xffff_ffff, 0xffff_fff0, 0x8000_0000).map((number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, number, true);
    return bytes;
  }),
);

/** Places of a binary that say where the rest is, and those that are read as programs. */
function places(bytes: Uint8Array): readonly (readonly [number, number])[] {
  const elf = new ElfFile(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sections = Number(view.getBigUint64(40, true));
  const interesting =
    /^\.(symtab|dynsym|dynamic|eh_frame|eh_frame_hdr|debug_\w+|note\S*|stapsdt\S*|gnu_debug\w+|interp|strtab)$/;
  return [
    [0, 64],
    [64, 56 * elf.segments.length],
    [sections, 64 * elf.sections.length],
    ...elf.sections
      .filter(({ name, size }) => interesting.test(name) && size > 0)
      .map(({ offset, size }) => [offset, size] as const),
  ];
}

test('a binary with damage in it', (t) => {
  if (!requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, ['-O2', '-gdwarf-5']);
  const whole = new Uint8Array(readFileSync(program.path));
  const spots = places(whole);
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-hostile-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'binary');
  const before = process.memoryUsage().rss;
  const edit = fc.tuple(fc.nat(spots.length - 1), fc.double({ min: 0, max: 0.999, noNaN: true }), value);
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
      const bytes = whole.slice();
      for (const [spot, where, what] of edits) {
        const [start = 0, length = 0] = spots[spot] ?? [];
        const at = start + Math.floor(where * length);
        bytes.set(what.subarray(0, bytes.length - at), at);
      }
      writeFileSync(path, bytes);
      askEverything(path);
    }),
    { seed: 1104, numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.nat(whole.length), (length) => {
      writeFileSync(path, whole.subarray(0, length));
      askEverything(path);
    }),
    { seed: 1105, numRuns: 60 },
  );
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < LIMIT_BYTES, `${Math.round(grown / 1048576)} MB more`);
});

test('sections that say they are larger than anything', (t) => {
  if (!requireProgram(t, 'gcc') || !requireProgram(t, 'objcopy')) return;
  using program = new CProgram(source, ['-O2', '-gdwarf-5', '-gz']);
  const whole = new Uint8Array(readFileSync(program.path));
  const info = new ElfFile(whole).section('.debug_info');
  assert.ok(info);
  for (const [kind, size] of [
    [1, 2n ** 62n],
    [1, 900_000_000n],
    [2, 2n ** 62n],
    [3, 100n],
  ] as const) {
    const view = new DataView(whole.buffer, whole.byteOffset + info.offset);
    view.setUint32(0, kind, true);
    view.setBigUint64(8, size, true);
    const path = `${program.path}-damaged`;
    writeFileSync(path, whole);
    survives(() => new DebugInfo(new ElfFiles()).of(path)?.functionAt(0), [DwarfError]);
  }
  // What unpacks to far more than it says.
  const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024));
  whole.set(bomb.subarray(0, info.size - 24), info.offset + 24);
  const path = `${program.path}-bomb`;
  writeFileSync(path, whole);
  survives(() => new DebugInfo(new ElfFiles()).of(path)?.functionAt(0), [DwarfError]);
});

test('damage inside packed symbols', (t) => {
  const needed = ['gcc', 'objcopy', 'strip', 'xz'];
  if (!needed.every((name) => requireProgram(t, name))) return;
  using program = new CProgram(source, ['-O2']);
  const whole = new Uint8Array(readFileSync(program.path));
  const spots = places(whole);
  const path = `${program.path}-stripped`;
  const inner = `${program.path}-inner`;
  const edit = fc.tuple(fc.nat(spots.length - 1), fc.double({ min: 0, max: 0.999, noNaN: true }), value);
  fc.assert(
    fc.property(fc.array(edit, { minLength: 0, maxLength: 4 }), (edits) => {
      const bytes = whole.slice();
      for (const [spot, where, what] of edits) {
        const [start = 0, length = 0] = spots[spot] ?? [];
        const at = start + Math.floor(where * length);
        bytes.set(what.subarray(0, bytes.length - at), at);
      }
      writeFileSync(inner, bytes);
      execFileSync('xz', ['-k', '-f', '-0', inner]);
      execFileSync('strip', ['-o', path, program.path]);
      execFileSync('objcopy', ['--add-section', `.gnu_debugdata=${inner}.xz`, path], { stdio: 'pipe' });
      askEverything(path);
    }),
    { seed: 1109, numRuns: 12 },
  );
});

/** An archive of one stored file. */
function archive(): Uint8Array {
  const name = [...'lib.so'].map((letter) => letter.charCodeAt(0));
  const bytes = new Uint8Array(30 + 6 + 8 + 46 + 6 + 22);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(26, 6, true);
  bytes.set(name, 30);
  const directory = 44;
  view.setUint32(directory, 0x02014b50, true);
  view.setUint32(directory + 20, 8, true);
  view.setUint32(directory + 24, 8, true);
  view.setUint16(directory + 28, 6, true);
  bytes.set(name, directory + 46);
  const end = directory + 52;
  view.setUint32(end, 0x06054b50, true);
  view.setUint16(end + 10, 1, true);
  view.setUint32(end + 12, 52, true);
  view.setUint32(end + 16, directory, true);
  return bytes;
}

/** A loader cache of two libraries. */
function loaderCache(): Uint8Array {
  const texts = new TextEncoder().encode('liba.so\0/lib/liba.so\0libb.so\0/lib/libb.so\0');
  const bytes = new Uint8Array(48 + 2 * 24 + texts.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('glibc-ld.so.cache1.1'));
  view.setUint32(20, 2, true);
  for (const [index, [name, path]] of [
    [0, 8],
    [21, 29],
  ].entries()) {
    view.setUint32(48 + index * 24 + 4, 96 + (name ?? 0), true);
    view.setUint32(48 + index * 24 + 8, 96 + (path ?? 0), true);
  }
  bytes.set(texts, 96);
  return bytes;
}

/** Damage anywhere, and a cut. */
function damaged(whole: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.array(fc.tuple(fc.nat(whole.length - 1), value), { maxLength: 4 }), fc.nat(whole.length * 4))
    .map(([edits, length]) => {
      const bytes = whole.slice();
      for (const [at, what] of edits) bytes.set(what.subarray(0, bytes.length - at), at);
      // Mostly all of it.
      return length < whole.length ? bytes.subarray(0, length) : bytes;
    });
}

test('zip archives', () => {
  const whole = archive();
  assert.equal(zipMember(sourceOfBytes(whole), 'lib.so').length, 8);
  fc.assert(
    fc.property(damaged(whole), (bytes) => {
      survives(() => {
        const member = zipMember(sourceOfBytes(bytes), 'lib.so');
        member.read(0, member.length);
      }, [ElfError]);
    }),
    { seed: 1106, numRuns: 2000 },
  );
});

test('the loader cache', () => {
  const whole = loaderCache();
  assert.deepEqual(
    readLoaderCache(whole).map(({ name, path }) => `${name} ${path}`),
    ['liba.so /lib/liba.so', 'libb.so /lib/libb.so'],
  );
  fc.assert(
    fc.property(damaged(whole), (bytes) => {
      survives(() => readLoaderCache(bytes), [ElfError]);
    }),
    { seed: 1107, numRuns: 2000 },
  );
});

test('perf maps', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 2n ** 68n }), fc.bigInt({ min: 0n, max: 2n ** 68n }), fc.string())
      .map(([start, size, name]) => `${start.toString(16)} ${size.toString(16)} ${name}`),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 50 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n }),
      (lines, address) => {
        survives(() => {
          const found = findPerfMapEntry(parsePerfMap(lines.join('\n')), address);
          assert.ok(!found || (found.start <= address && address < found.end));
        }, []);
      },
    ),
    { seed: 1108, numRuns: 2000 },
  );
  // A line as long as the file.
  survives(() => parsePerfMap(`1000 10 ${'x'.repeat(4_000_000)}\n`.repeat(4)), []);
});
