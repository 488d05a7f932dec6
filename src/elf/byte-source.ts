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

/** Reads `length` bytes at `offset`. @throws ElfError naming `what` when they do not lie in the file. */
export function readWithin(source: ByteSource, offset: number, length: number, what: string): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.length)) {
    throw new ElfError(
      `${what} lies at ${offset}..${offset + length}, past the end of the file (${source.length} bytes)`,
    );
  }
  const bytes = source.read(offset, length);
  if (bytes.length !== length) throw new ElfError(`${what}: wanted ${length} bytes, got ${bytes.length}`);
  return bytes;
}
