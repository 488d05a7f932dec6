import { createRequire } from 'node:module';
import { ByteWriter, viewOf } from '../base/index.ts';

/** `fd 37 7a 58 5a 00`, as two numbers. Source: the .xz file format, section 2.1.1. */
const MAGIC = [0xfd37_7a58, 0x5a00] as const;
const STREAM_HEADER_BYTES = 12;
const STREAM_FOOTER_BYTES = 12;
const LZMA2_FILTER = 0x21;
/** Bytes of a check, by its number. Source: the same, section 2.1.1.2. */
const checkBytes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** What is used of @napi-rs/lzma. */
interface XzLibrary {
  decompressSync(input: Uint8Array): Uint8Array;
}

/**
 * Unpacks an .xz file that becomes at most `limit` bytes; undefined when it would become more, or is damaged.
 *
 * The library has no limit of its own, and takes one stream. How much a file becomes is known before: each chunk of LZMA2 says how many bytes it
 * makes, and a decoder makes no others.
 */
export function unpackXz(bytes: Uint8Array, limit: number): Uint8Array | undefined {
  const streams = streamsOf(bytes);
  if (streams === undefined) return undefined;
  const size = streams.reduce((sum, { made }) => sum + made, 0);
  if (size > limit) return undefined;
  // Loaded when a binary needs it, which few do.
  const library = createRequire(import.meta.filename)('@napi-rs/lzma/xz') as XzLibrary; // its own types say so
  const unpacked = new ByteWriter(size);
  try {
    for (const { start, end } of streams) unpacked.bytes(library.decompressSync(bytes.subarray(start, end)));
  } catch {
    return undefined; // the library has no errors of a kind: whatever it says, the bytes are damaged
  }
  return unpacked.finish();
}

/** A stream: where it lies in the file, and how many bytes its chunks make. */
interface Stream {
  readonly start: number;
  readonly end: number;
  readonly made: number;
}

/** A file is one stream or more, with zeros behind each up to a multiple of 4 bytes. Source: the same, section 2. */
function streamsOf(bytes: Uint8Array): readonly Stream[] | undefined {
  const streams: Stream[] = [];
  let at = 0;
  do {
    const stream = streamAt(bytes, at);
    if (stream === undefined) return undefined;
    streams.push(stream);
    at = stream.end;
    while (at < bytes.length && bytes[at] === 0) at++;
    if ((at - stream.end) % 4 !== 0) return undefined;
  } while (at < bytes.length);
  return streams;
}

function streamAt(bytes: Uint8Array, start: number): Stream | undefined {
  const view = viewOf(bytes);
  if (bytes.length < start + STREAM_HEADER_BYTES) return undefined;
  if (view.getUint32(start) !== MAGIC[0] || view.getUint16(start + 4) !== MAGIC[1]) return undefined;
  const check = checkBytes[(bytes[start + 7] ?? 0) & 0xf] ?? 0;
  let made = 0;
  let at = start + STREAM_HEADER_BYTES;
  // Blocks, until the index, which begins with a 0 where a block has the size of its header.
  for (;;) {
    const headerSize = bytes[at];
    if (headerSize === undefined) return undefined;
    if (headerSize === 0) break;
    const found = chunksAt(bytes, at + (headerSize + 1) * 4, filterOf(bytes, at));
    if (!found) return undefined;
    made += found.made;
    at = start + Math.ceil((found.end - start) / 4) * 4 + check;
  }
  const end = endOfIndex(bytes, at) + STREAM_FOOTER_BYTES;
  return end > bytes.length ? undefined : { start, end, made };
}

/** An index: a 0, the number of records, two numbers for each, zeros up to a multiple of 4, and a checksum. Source: the same, section 4. */
function endOfIndex(bytes: Uint8Array, index: number): number {
  let at = index + 1;
  const number = (): number => {
    let value = 0;
    for (let shift = 1; at < bytes.length; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  for (let rest = 2 * number(); rest > 0 && at < bytes.length; rest--) number();
  return index + Math.ceil((at - index) / 4) * 4 + 4;
}

/** The filter of a block that has one; the optional sizes in front of it are numbers of 7 bits a byte. Source: the same, section 3.1. */
function filterOf(bytes: Uint8Array, block: number): number | undefined {
  const flags = bytes[block + 1] ?? 0;
  if ((flags & 0x03) !== 0) return undefined;
  let at = block + 2;
  for (const bit of [0x40, 0x80]) {
    if ((flags & bit) === 0) continue;
    while ((bytes[at] ?? 0) >= 0x80) at += 1;
    at += 1;
  }
  return bytes[at];
}

/**
 * Walks the chunks of LZMA2: a control byte, then sizes less one, big-endian. 0 ends the chunks; 1 and 2 are plain bytes; from 0x80 on five
 * bits of the control belong to the size made, and from 0xc0 on a byte of properties follows.
 */
function chunksAt(
  bytes: Uint8Array,
  start: number,
  filter: number | undefined,
): { readonly made: number; readonly end: number } | undefined {
  if (filter !== LZMA2_FILTER) return undefined;
  let made = 0;
  let at = start;
  const u16 = (offset: number): number => ((bytes[offset] ?? 0) << 8) + (bytes[offset + 1] ?? 0) + 1;
  while (at < bytes.length) {
    const control = bytes[at] ?? 0;
    if (control === 0) return { made, end: at + 1 };
    if (control < 0x80) {
      if (control > 2) return undefined;
      made += u16(at + 1);
      at += 3 + u16(at + 1);
    } else {
      made += ((control & 0x1f) << 16) + u16(at + 1);
      at += 5 + (control >= 0xc0 ? 1 : 0) + u16(at + 3);
    }
  }
  return undefined;
}
