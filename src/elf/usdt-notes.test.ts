import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../base/index.ts';
import { ElfFile, readUsdtNotes } from './index.ts';
import { type ElfClass, elfLayouts } from './layouts.ts';

interface TestNote {
  readonly location: number;
  readonly base: number;
  readonly semaphore?: number;
  /** Provider, name, arguments: any bytes may follow the three addresses. */
  readonly texts: readonly string[];
  readonly owner?: string;
}

function noteBytes(elfClass: ElfClass, notes: readonly TestNote[]): Uint8Array {
  const out = new ByteWriter();
  for (const { location, base, semaphore = 0, texts, owner = 'stapsdt' } of notes) {
    const description = new ByteWriter();
    for (const word of [location, base, semaphore]) {
      if (elfClass === 64) description.u64(BigInt(word));
      else description.u32(word);
    }
    for (const text of texts) description.cString(text);
    out
      .u32(owner.length + 1)
      .u32(description.length)
      .u32(3)
      .cString(owner)
      .alignTo(4);
    out.bytes(description.finish()).alignTo(4);
  }
  return out.finish();
}

/**
 * A file with code at 0x1000 (file 0x200) and data at 0x3000 (file 0x800, 0x100 of 0x180 bytes in the file), the notes, and
 * `.stapsdt.base` at an address.
 */
function makeElf(elfClass: ElfClass, section: Uint8Array, baseAddress: number): Uint8Array {
  const layouts = elfLayouts[elfClass];
  const num = (value: number): never => (elfClass === 64 ? BigInt(value) : value) as never; // u64 or u32, as the layout has it
  const names = new ByteWriter();
  const nameAt = ['', '.note.stapsdt', '.stapsdt.base', '.shstrtab'].map((name) => {
    const at = names.length;
    names.cString(name);
    return at;
  });
  const headerSize = layouts.header.size;
  const notesAt = headerSize + 2 * layouts.segment.size;
  const namesAt = notesAt + section.length;
  const sectionsAt = namesAt + names.length;
  const rows = [
    { type: 0, address: 0, offset: 0, size: 0 },
    { type: 7, address: 0, offset: notesAt, size: section.length },
    { type: 1, address: baseAddress, offset: 0x300, size: 1 },
    { type: 3, address: 0, offset: namesAt, size: names.length },
  ];
  const bytes = new Uint8Array(sectionsAt + rows.length * layouts.section.size);
  layouts.header.encodeInto(bytes, 0, {
    e_ident: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, elfClass === 64 ? 2 : 1, 1, 1]),
    e_type: 3,
    e_phoff: num(headerSize),
    e_phnum: 2,
    e_phentsize: layouts.segment.size,
    e_shoff: num(sectionsAt),
    e_shnum: rows.length,
    e_shentsize: layouts.section.size,
    e_shstrndx: 3,
  } as never);
  const segments = [
    { flags: 5, address: 0x1000, offset: 0x200, fileSize: 0x400, memorySize: 0x400 },
    { flags: 6, address: 0x3000, offset: 0x800, fileSize: 0x100, memorySize: 0x180 },
  ];
  for (const [index, row] of segments.entries()) {
    layouts.segment.encodeInto(bytes, headerSize + index * layouts.segment.size, {
      p_type: 1,
      p_flags: row.flags,
      p_vaddr: num(row.address),
      p_offset: num(row.offset),
      p_filesz: num(row.fileSize),
      p_memsz: num(row.memorySize),
    } as never);
  }
  bytes.set(section, notesAt);
  bytes.set(names.finish(), namesAt);
  for (const [index, row] of rows.entries()) {
    layouts.section.encodeInto(bytes, sectionsAt + index * layouts.section.size, {
      sh_name: nameAt[index] ?? 0,
      sh_type: row.type,
      sh_addr: num(row.address),
      sh_offset: num(row.offset),
      sh_size: num(row.size),
    } as never);
  }
  return bytes;
}

function read(elfClass: ElfClass, notes: readonly TestNote[], baseAddress = 0x1100) {
  return readUsdtNotes(new ElfFile(makeElf(elfClass, noteBytes(elfClass, notes), baseAddress)));
}

for (const elfClass of [64, 32] as const) {
  test(`notes of a ${elfClass}-bit file: places in the file, semaphores, arguments`, () => {
    const found = read(elfClass, [
      { location: 0x1010, base: 0x1100, texts: ['app', 'start', '-4@%edi 8@-16(%rbp)'] },
      { location: 0x1020, base: 0x1100, semaphore: 0x3004, texts: ['app', 'stop', ''] },
    ]);
    assert.deepEqual(found, [
      {
        provider: 'app',
        name: 'start',
        address: 0x1010n,
        fileOffset: 0x210n,
        arguments: '-4@%edi 8@-16(%rbp)',
      },
      {
        provider: 'app',
        name: 'stop',
        address: 0x1020n,
        fileOffset: 0x220n,
        semaphoreOffset: 0x804n,
        arguments: '',
      },
    ]);
  });
}

test('a file that was moved after linking: everything moves by as much as its base section', () => {
  const [moved] = read(
    64,
    [{ location: 0x10, base: 0x100, semaphore: 0x2004, texts: ['a', 'b', ''] }],
    0x1100,
  );
  assert.equal(moved?.address, 0x1010n);
  assert.equal(moved?.semaphoreOffset, 0x804n);
});

test('a semaphore may lie behind the bytes of its segment', () => {
  const [found] = read(64, [{ location: 0x1010, base: 0x1100, semaphore: 0x3140, texts: ['a', 'b', ''] }]);
  assert.equal(found?.semaphoreOffset, 0x940n);
});

test('what is no probe is left out: other owners, addresses outside, texts without an end', () => {
  const found = read(64, [
    { location: 0x1010, base: 0x1100, texts: ['a', 'b', ''], owner: 'someone' },
    { location: 0x9999, base: 0x1100, texts: ['outside', 'b', ''] },
    { location: 0x1010, base: 0x1100, texts: [] },
    { location: 0x1010, base: 0x1100, texts: ['a', ''] },
    { location: 0x1014, base: 0x1100, texts: ['old', 'without-arguments'] },
  ]);
  assert.deepEqual(
    found.map((note) => [note.provider, note.arguments]),
    [['old', '']],
  );
});

test('a file without the section has no probes', () => {
  assert.deepEqual(readUsdtNotes(new ElfFile(makeElf(64, new Uint8Array(0), 0))), []);
});

test('no bytes in the section make it fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.ok(Array.isArray(readUsdtNotes(new ElfFile(makeElf(64, bytes, 0x1100)))));
    }),
    { seed: 1, numRuns: 200 },
  );
});
