import { ElfError } from './elf-error.ts';

/**
 * Bytes read piece by piece, so that looking up one symbol of a large binary does not read all of it.
 *
 * `read` returns exactly `length` bytes, which stay valid; it throws when the file is shorter.
 */
export interface ByteSource {
  readonly length: number;
  /** Where the bytes begin in the file that has them, when that is more than them: an archive. */
  readonly start?: number;
  read(offset: number, length: number): Uint8Array;
}

/** A source over bytes that are in memory already. */
export function sourceOfBytes(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** As much as is read at once. A file with holes can be said to have any size; the largest sections of real ones are those of debug information. */
const MAX_PIECE_BYTES = 2 ** 30;

/** Reads `length` bytes at `offset`. @throws ElfError naming `what` when they do not lie in the file, or are more than `limit`. */
export function readWithin(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
  limit = MAX_PIECE_BYTES,
): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.length)) {
    throw new ElfError(
      `${what} lies at ${offset}..${offset + length}, past the end of the file (${source.length} bytes)`,
    );
  }
  if (length > limit) throw new ElfError(`${what} has ${length} bytes`);
  const bytes = source.read(offset, length);
  if (bytes.length !== length) throw new ElfError(`${what}: wanted ${length} bytes, got ${bytes.length}`);
  return bytes;
}
