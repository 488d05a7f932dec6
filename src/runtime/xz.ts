import { createRequire } from 'node:module';
import { viewOf } from '../base/index.ts';

/** `fd 37 7a 58 5a 00`, as two numbers. Source: the .xz file format, section 2.1.1. */
const MAGIC = [0xfd37_7a58, 0x5a00] as const;
const STREAM_HEADER_BYTES = 12;
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
 * The library has no limit of its own. How much a file becomes is known before: each chunk of LZMA2 says how many bytes it makes, and a
 * decoder makes no others.
 */
export function unpackXz(bytes: Uint8Array, limit: number): Uint8Array | undefined {
  const size = unpackedSize(bytes);
  if (size === undefined || size > limit) return undefined;
  // Loaded when a binary needs it, which few do.
  const library = createRequire(import.meta.url)('@napi-rs/lzma/xz') as XzLibrary; // its own types say so
  try {
    return library.decompressSync(bytes);
  } catch {
    return undefined; // the library has no errors of a kind: whatever it says, the bytes are damaged
  }
}

/** The bytes that all chunks of a file make. Undefined for a damaged one, and for filters that executables' debug data does not have. */
export function unpackedSize(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  if (bytes.length < STREAM_HEADER_BYTES) return undefined;
  if (view.getUint32(0) !== MAGIC[0] || view.getUint16(4) !== MAGIC[1]) return undefined;
  const check = checkBytes[(bytes[7] ?? 0) & 0xf] ?? 0;
  let total = 0;
  let at = STREAM_HEADER_BYTES;
  // Blocks, until the index, which begins with a 0 where a block has the size of its header.
  for (;;) {
    const headerSize = bytes[at];
    if (headerSize === undefined) return undefined;
    if (headerSize === 0) return total;
    const found = chunksAt(bytes, at + (headerSize + 1) * 4, filterOf(bytes, at));
    if (!found) return undefined;
    total += found.made;
    at = Math.ceil(found.end / 4) * 4 + check;
  }
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
