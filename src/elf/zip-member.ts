/**
 * Files inside a zip archive that are stored as they are: Android's loader maps libraries straight out of the archive they were shipped in.
 *
 *     [header name data] [header name data] … [directory: one entry per file] [end: where the directory is]
 *
 * Source: PKWARE APPNOTE.TXT, sections 4.3.7 (local file header), 4.3.12 (central directory header), 4.3.16 (end of central directory).
 */
import { decodeText, viewOf } from '../base/index.ts';
import { type ByteSource, readWithin } from './byte-source.ts';
import { ElfError } from './elf-error.ts';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
/** What may follow the end record: a comment of 16 bits' length. */
const MAX_COMMENT_BYTES = 0xffff;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const IS_ENCRYPTED = 1;
const METHOD_STORED = 0;

/**
 * The bytes of a file in an archive; they know where in it they begin.
 *
 * @throws ElfError when this is no zip archive, has no such file, or has it compressed.
 */
export function zipMember(archive: ByteSource, name: string): ByteSource {
  const entry = findEntry(archive, name);
  if (entry.flags & IS_ENCRYPTED || entry.method !== METHOD_STORED)
    throw new ElfError(`${name} is compressed: only files that are stored as they are can be mapped`);
  const local = viewOf(readWithin(archive, entry.headerAt, LOCAL_BYTES, `the header of ${name}`));
  const start = entry.headerAt + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + entry.size > archive.length) throw new ElfError(`${name} ends behind the end of its archive`);
  return {
    length: entry.size,
    start,
    read: (offset, length) => archive.read(start + offset, length),
  };
}

interface Entry {
  readonly flags: number;
  readonly method: number;
  /** Bytes of the stored data. */
  readonly size: number;
  readonly headerAt: number;
}

function findEntry(archive: ByteSource, wanted: string): Entry {
  const { at, size, count } = findDirectory(archive);
  const directory = readWithin(archive, at, size, 'the directory of the archive');
  const view = viewOf(directory);
  for (let index = 0, from = 0; index < count && from + ENTRY_BYTES <= size; index++) {
    if (view.getUint32(from, true) !== ENTRY_SIGNATURE) break;
    const nameBytes = view.getUint16(from + 28, true);
    const nameAt = from + ENTRY_BYTES;
    if (decodeText(directory.subarray(nameAt, nameAt + nameBytes)) === wanted) {
      return {
        flags: view.getUint16(from + 8, true),
        method: view.getUint16(from + 10, true),
        size: view.getUint32(from + 20, true),
        headerAt: view.getUint32(from + 42, true),
      };
    }
    from = nameAt + nameBytes + view.getUint16(from + 30, true) + view.getUint16(from + 32, true);
  }
  throw new ElfError(`the archive has no file ${wanted}`);
}

function findDirectory(archive: ByteSource): {
  readonly at: number;
  readonly size: number;
  readonly count: number;
} {
  const length = Math.min(archive.length, END_BYTES + MAX_COMMENT_BYTES);
  const view = viewOf(readWithin(archive, archive.length - length, length, 'the end of the archive'));
  for (let from = length - END_BYTES; from >= 0; from--) {
    if (view.getUint32(from, true) !== END_SIGNATURE) continue;
    return {
      count: view.getUint16(from + 10, true),
      size: view.getUint32(from + 12, true),
      at: view.getUint32(from + 16, true),
    };
  }
  throw new ElfError('not a zip archive: it has no end record');
}
