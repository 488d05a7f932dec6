import { inflateSync } from 'node:zlib';
import { viewOf } from '../base/index.ts';
import type { DwarfSections } from '../dwarf/index.ts';
import { ElfError, type ElfFile, type ElfSection } from '../elf/index.ts';
import { unpackZstd } from './zstd.ts';

/** Source: gABI, "Section Compression". */
const SHF_COMPRESSED = 0x800;
const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;
/** Larger sections are those of whole browsers; nothing this size is unpacked or read into memory. */
const MAX_SECTION_BYTES = 1024 * 1024 * 1024;

/**
 * The debug sections of a file, unpacked where they are compressed: as SHF_COMPRESSED says, or the older way (`.zdebug_info`, which
 * begins with `ZLIB` and a big-endian size). A section that does not lie in the file, or is damaged, is as good as none.
 */
export function debugSections(elf: ElfFile): DwarfSections {
  return {
    section(name) {
      const section = elf.section(name);
      if (section) return read(elf, section, section.flags & SHF_COMPRESSED ? unpack(elf) : (bytes) => bytes);
      const old = elf.section(name.replace('.debug_', '.zdebug_'));
      return old && read(elf, old, unpackOld);
    },
  };
}

function read(
  elf: ElfFile,
  section: ElfSection,
  decode: (bytes: Uint8Array) => Uint8Array | undefined,
): Uint8Array | undefined {
  if (section.size > MAX_SECTION_BYTES) return undefined;
  try {
    return decode(elf.bytesOf(section));
  } catch (error) {
    if (error instanceof ElfError || error instanceof RangeError || isZlibError(error)) return undefined;
    throw error;
  }
}

function unpack(elf: ElfFile): (bytes: Uint8Array) => Uint8Array | undefined {
  return (bytes) => {
    const view = viewOf(bytes);
    const isWide = elf.elfClass === 64;
    const size = isWide ? Number(view.getBigUint64(8, true)) : view.getUint32(4, true);
    if (!(size > 0 && size <= MAX_SECTION_BYTES)) return undefined;
    const packed = bytes.subarray(isWide ? 24 : 12);
    switch (view.getUint32(0, true)) {
      case ELFCOMPRESS_ZLIB:
        return inflate(packed, size);
      case ELFCOMPRESS_ZSTD:
        return unpackZstd(packed, size);
      default:
        return undefined;
    }
  };
}

function unpackOld(bytes: Uint8Array): Uint8Array | undefined {
  const view = viewOf(bytes);
  if (view.getUint32(0, false) !== 0x5a4c4942) return undefined;
  const size = Number(view.getBigUint64(4, false));
  if (!(size > 0 && size <= MAX_SECTION_BYTES)) return undefined;
  return inflate(bytes.subarray(12), size);
}

function inflate(bytes: Uint8Array, size: number): Uint8Array {
  return inflateSync(bytes, { maxOutputLength: size });
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:Z_|ERR_BUFFER_TOO_LARGE)/.test(String(error.code));
}
