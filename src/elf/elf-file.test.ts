import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../base/index.ts';
import { ElfError, ElfFile, readLoaderCache } from './index.ts';
import { elfLayouts } from './layouts.ts';

interface TestSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly size: bigint;
  readonly type?: number;
  readonly bind?: number;
  readonly section?: number;
}

/** A minimal 64-bit file: one executable segment (file 0x1000 at address 0x401000), a symbol table, a build id and a debug link. */
function makeElf(symbols: readonly TestSymbol[]): Uint8Array {
  const names = new ByteWriter().u8(0);
  const entries = new ByteWriter().zeros(24);
  for (const symbol of symbols) {
    entries
      .u32(names.length)
      .u8(((symbol.bind ?? 1) << 4) | (symbol.type ?? 2))
      .u8(0)
      .u16(symbol.section ?? 1);
    entries.u64(symbol.address).u64(symbol.size);
    names.cString(symbol.name);
  }
  const note = new ByteWriter()
    .u32(4)
    .u32(3)
    .u32(3)
    .cString('GNU')
    .u8(0xab)
    .u8(0x01)
    .u8(0xff)
    .alignTo(4)
    .finish();
  const link = new ByteWriter().cString('prog.debug').alignTo(4).u32(0xdeadbeef).finish();
  const sectionNames = new ByteWriter();
  const bodies = [
    { name: '', type: 0, bytes: new Uint8Array(0), link: 0 },
    { name: '.symtab', type: 2, bytes: entries.finish(), link: 2 },
    { name: '.strtab', type: 3, bytes: names.finish(), link: 0 },
    { name: '.note.gnu.build-id', type: 7, bytes: note, link: 0 },
    { name: '.gnu_debuglink', type: 1, bytes: link, link: 0 },
  ];
  const nameOffsets = [...bodies, { name: '.shstrtab' }].map(({ name }) => {
    const at = sectionNames.length;
    sectionNames.cString(name);
    return at;
  });
  const all = [...bodies, { name: '.shstrtab', type: 3, bytes: sectionNames.finish(), link: 0 }];
  const file = new ByteWriter().zeros(64 + 56);
  const headers = new ByteWriter();
  for (const [i, body] of all.entries()) {
    headers.bytes(
      elfLayouts[64].section.encode({
        sh_name: nameOffsets[i] ?? 0,
        sh_type: body.type,
        sh_offset: BigInt(file.length),
        sh_size: BigInt(body.bytes.length),
        sh_link: body.link,
      }),
    );
    file.bytes(body.bytes);
  }
  file.alignTo(8);
  const sectionsAt = file.length;
  const bytes = file.bytes(headers.finish()).finish();
  elfLayouts[64].header.encodeInto(bytes, 0, {
    e_ident: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]),
    e_type: 3,
    e_machine: 62,
    e_phoff: 64n,
    e_phnum: 1,
    e_phentsize: 56,
    e_shoff: BigInt(sectionsAt),
    e_shnum: all.length,
    e_shentsize: 64,
    e_shstrndx: all.length - 1,
  });
  elfLayouts[64].segment.encodeInto(bytes, 64, {
    p_type: 1,
    p_flags: 5,
    p_offset: 0x1000n,
    p_vaddr: 0x401000n,
    p_filesz: 0x500n,
    p_memsz: 0x500n,
  });
  return bytes;
}

const sample: readonly TestSymbol[] = [
  { name: 'main', address: 0x401100n, size: 0x40n },
  { name: '__main', address: 0x401100n, size: 0x40n },
  { name: 'static_main', address: 0x401100n, size: 0x40n, bind: 0 },
  { name: 'unsized', address: 0x401200n, size: 0n },
  { name: 'outer', address: 0x401300n, size: 0x100n },
  { name: 'outer.cold', address: 0x401320n, size: 0x10n, bind: 0 },
  { name: 'a_variable', address: 0x401000n, size: 8n, type: 1 },
  { name: 'imported', address: 0n, size: 0n, section: 0 },
  { name: 'main', address: 0x401400n, size: 4n, bind: 0 },
];

test('functions by name: only defined functions, every address', () => {
  const elf = new ElfFile(makeElf(sample));
  assert.deepEqual(
    elf.functionsNamed('main').map((symbol) => symbol.address),
    [0x401100n, 0x401400n],
  );
  assert.deepEqual(elf.functionsNamed('a_variable'), []);
  assert.deepEqual(elf.functionsNamed('imported'), []);
  assert.deepEqual(elf.functionsNamed('mai'), []);
});

test('functions by address: innermost, best name, unsized ones reach to the next', () => {
  const elf = new ElfFile(makeElf(sample));
  const rows: [bigint, string | undefined][] = [
    [0x4010ffn, undefined],
    [0x401100n, 'main'],
    [0x40113fn, 'main'],
    [0x401140n, undefined],
    [0x401250n, 'unsized'],
    [0x401325n, 'outer.cold'],
    [0x401330n, 'outer'],
    [0x401403n, 'main'],
    [0x401404n, undefined],
  ];
  for (const [address, name] of rows) assert.equal(elf.functionAt(address)?.name, name, address.toString(16));
});

test('file offsets, build id, debug link', () => {
  const elf = new ElfFile(makeElf(sample));
  assert.equal(elf.fileOffset(0x401100n), 0x1100n);
  assert.equal(elf.addressOfOffset(0x1100n), 0x401100n);
  assert.equal(elf.fileOffset(0x401500n), undefined);
  assert.equal(elf.buildId(), 'ab01ff');
  assert.deepEqual(elf.debugLink(), { name: 'prog.debug', crc: 0xdeadbeef });
  assert.equal(elf.isPositionIndependent, true);
});

test('damaged files give an ElfError and nothing else', () => {
  assert.throws(() => new ElfFile(new Uint8Array(10)), ElfError);
  assert.throws(() => new ElfFile(new Uint8Array(100)), ElfError);
  const good = makeElf(sample);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(good.length),
      (edits, length) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        try {
          const elf = new ElfFile(bytes);
          elf.functionsNamed('main');
          elf.functionAt(0x401100n);
          elf.buildId();
          elf.debugLink();
        } catch (error) {
          assert.ok(error instanceof ElfError, String(error));
        }
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});

test('the running node binary has main and a segment for it', () => {
  const elf = new ElfFile(readFileSync(process.execPath));
  const [main] = elf.functionsNamed('main');
  assert.ok(main);
  assert.notEqual(elf.fileOffset(main.address), undefined);
  assert.equal(elf.functionAt(main.address)?.address, main.address);
});

test('the loader cache lists the C library', {
  skip: !existsSync('/etc/ld.so.cache') && 'no /etc/ld.so.cache',
}, () => {
  const entries = readLoaderCache(readFileSync('/etc/ld.so.cache'));
  const libc = entries.find((entry) => entry.name === 'libc.so.6');
  assert.ok(libc && existsSync(libc.path));
  assert.throws(() => readLoaderCache(new Uint8Array(64)), ElfError);
});

test('a symbol table that does not lie in the file is left out, and named as damage', () => {
  const bytes = makeElf([{ name: 'main', address: 0x401010n, size: 4n }]);
  const whole = new ElfFile(bytes);
  assert.equal(whole.functionsNamed('main').length, 1);
  assert.equal(whole.damage, undefined);
  const at = whole.sections.findIndex(({ type }) => type === 2);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sectionTable = Number(view.getBigUint64(0x28, true));
  view.setBigUint64(sectionTable + at * 64 + 0x20, 1n << 40n, true);
  const damaged = new ElfFile(bytes);
  assert.deepEqual(damaged.functionsNamed('main'), []);
  assert.match(damaged.damage ?? '', /past the end of the file/);
});

test('sections of a file with holes are not read however large they say they are', () => {
  const bytes = makeElf([{ name: 'main', address: 0x401000n, size: 4n }]);
  const sectionsAt = Number(elfLayouts[64].header.decode(bytes).e_shoff);
  const huge = BigInt(2 ** 40);
  const { size } = elfLayouts[64].section;
  for (const index of [1, 3])
    elfLayouts[64].section.encodeInto(bytes, sectionsAt + index * size, { sh_size: huge });
  const asked: number[] = [];
  const elf = new ElfFile({
    length: 2 ** 41,
    read(offset, length) {
      asked.push(length);
      return bytes.slice(offset, offset + length);
    },
  });
  assert.deepEqual([...elf.functions()], []);
  assert.match(elf.damage ?? '', /section \.symtab has 1099511627776 bytes/);
  assert.equal(elf.buildId(), undefined);
  assert.ok(Math.max(...asked) <= bytes.length);
});
