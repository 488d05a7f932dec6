import { decodeCString, viewOf } from '../base/index.ts';
import { ElfError } from './elf-error.ts';

/** One library the dynamic loader knows: `libc.so.6` -> `/lib/x86_64-linux-gnu/libc.so.6`. */
export interface LoaderCacheEntry {
  readonly name: string;
  readonly path: string;
  /** FLAG_* bits: the low byte is the libc kind, the next the architecture. */
  readonly flags: number;
}

/** The architecture byte of `LoaderCacheEntry.flags`. Source: glibc sysdeps/generic/ldconfig.h. */
export const loaderCacheArch = { x86_64: 0x0300, aarch64: 0x0a00 } as const;

const oldMagic = 'ld.so-1.7.0';
const newMagic = 'glibc-ld.so.cache1.1';
const oldHeaderBytes = 16;
const oldEntryBytes = 12;
const newHeaderBytes = 48;
const newEntryBytes = 24;

/**
 * Reads /etc/ld.so.cache: a header, 24-byte entries (flags, name, path, osversion, hwcap) and strings. An older table may stand in
 * front of it. Source: glibc sysdeps/generic/dl-cache.h.
 *
 * @throws ElfError when the bytes are not such a cache.
 */
export function readLoaderCache(bytes: Uint8Array): readonly LoaderCacheEntry[] {
  const view = viewOf(bytes);
  let start = 0;
  if (startsWith(bytes, 0, oldMagic) && bytes.length >= oldHeaderBytes) {
    start = Math.ceil((oldHeaderBytes + view.getUint32(12, true) * oldEntryBytes) / 8) * 8;
  }
  if (!startsWith(bytes, start, newMagic) || start + newHeaderBytes > bytes.length) {
    throw new ElfError('not a loader cache: it has no glibc-ld.so.cache1.1 table');
  }
  const count = view.getUint32(start + 20, true);
  if (start + newHeaderBytes + count * newEntryBytes > bytes.length) {
    throw new ElfError(`a loader cache that claims ${count} entries in ${bytes.length} bytes`);
  }
  // Strings are addressed from the start of the new table.
  const text = (offset: number): string =>
    decodeCString(bytes.subarray(start + offset, start + offset + 4096));
  return Array.from({ length: count }, (_unused, i): LoaderCacheEntry => {
    const at = start + newHeaderBytes + i * newEntryBytes;
    return {
      flags: view.getUint32(at, true),
      name: text(view.getUint32(at + 4, true)),
      path: text(view.getUint32(at + 8, true)),
    };
  });
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
