import { decodeCString, viewOf } from '../base/index.ts';
import { ElfError } from './elf-error.ts';
import type { ElfFile } from './elf-file.ts';
import { PT_LOAD } from './layouts.ts';
import { readNotes } from './notes.ts';

const SECTION = '.note.stapsdt';
/** Its address is the same as every note's base address, unless something moved the file's code after linking (prelink). */
const BASE_SECTION = '.stapsdt.base';
const OWNER = 'stapsdt';
const NT_STAPSDT = 3;
/** The largest binaries we know have two thousand probes in a quarter of a megabyte. */
const MAX_SECTION_BYTES = 64 * 1024 * 1024;

/** One place where a static probe stands. A probe that was inlined has several, with the same provider and name. */
export interface UsdtNote {
  readonly provider: string;
  readonly name: string;
  /** Virtual address of the instruction, as the file has it. */
  readonly address: bigint;
  readonly fileOffset: bigint;
  /** Place in the file of the 16-bit counter that says whether anybody listens; absent when the probe has none. */
  readonly semaphoreOffset?: bigint;
  /** The arguments as the compiler wrote them: `-4@%edi 8@-16(%rbp)`; '' for none. */
  readonly arguments: string;
}

/**
 * The static probes of a file, in the order of its notes; those that do not lie in the file are left out.
 *
 * A note is three addresses (the instruction, `.stapsdt.base` at link time, the semaphore or 0), then three NUL-terminated texts
 * (provider, name, arguments).
 *
 * Source: sourceware.org/systemtap/wiki/UserSpaceProbeImplementation.
 *
 * @throws ElfError when the section does not lie in the file.
 */
export function readUsdtNotes(elf: ElfFile): readonly UsdtNote[] {
  const section = elf.section(SECTION);
  if (section === undefined || section.size === 0) return [];
  if (section.size > MAX_SECTION_BYTES) throw new ElfError(`${SECTION} of ${section.size} bytes`);
  const base = elf.section(BASE_SECTION)?.address;
  const found: UsdtNote[] = [];
  for (const { owner, type, description } of readNotes(elf.bytesOf(section))) {
    if (owner !== OWNER || type !== NT_STAPSDT) continue;
    const note = readNote(description, elf.elfClass / 8);
    if (note === undefined) continue;
    // A file without the base section was not moved.
    const moved = base === undefined ? 0n : base - note.base;
    const address = note.location + moved;
    const fileOffset = offsetInFile(elf, address);
    if (fileOffset === undefined) continue;
    const { provider, name } = note;
    const place = { provider, name, address, fileOffset, arguments: note.arguments };
    const semaphore = note.semaphore === 0n ? undefined : offsetInFile(elf, note.semaphore + moved);
    found.push(semaphore === undefined ? place : { ...place, semaphoreOffset: semaphore });
  }
  return found;
}

interface RawNote {
  readonly location: bigint;
  readonly base: bigint;
  readonly semaphore: bigint;
  readonly provider: string;
  readonly name: string;
  readonly arguments: string;
}

function readNote(description: Uint8Array, wordBytes: number): RawNote | undefined {
  const textsAt = 3 * wordBytes;
  if (description.length < textsAt) return undefined;
  const view = viewOf(description);
  const word = (index: number): bigint =>
    wordBytes === 8 ? view.getBigUint64(index * 8, true) : BigInt(view.getUint32(index * 4, true));
  const texts: string[] = [];
  let at = textsAt;
  while (texts.length < 3 && at < description.length) {
    const end = description.indexOf(0, at);
    if (end < 0) return undefined;
    texts.push(decodeCString(description.subarray(at, end + 1)));
    at = end + 1;
  }
  const [provider = '', name = '', args = ''] = texts;
  if (provider === '' || name === '') return undefined;
  return { location: word(0), base: word(1), semaphore: word(2), provider, name, arguments: args };
}

/** Memory behind a segment's bytes counts too: a semaphore may lie in what is zeroed on the file's last page. */
function offsetInFile({ segments, start }: ElfFile, address: bigint): bigint | undefined {
  const segment = segments.find(
    (row) => row.type === PT_LOAD && address >= row.address && address < row.address + row.memorySize,
  );
  return segment && address - segment.address + segment.offset + start;
}
