import { ElfError, ElfFile } from '../elf/index.ts';
import { unpackXz } from './xz.ts';

/** Symbol tables of the largest programs have some tens of megabytes. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
const MAX_PACKED_BYTES = 64 * 1024 * 1024;

/**
 * The symbols that a stripped binary has of its static functions, as an ELF file of their own in `.gnu_debugdata`, packed with xz. Undefined
 * when there are none, or they are damaged. Source: GDB manual, "MiniDebugInfo".
 */
export function miniDebugInfo(elf: ElfFile): ElfFile | undefined {
  const section = elf.section('.gnu_debugdata');
  if (!section || section.size > MAX_PACKED_BYTES) return undefined;
  try {
    const bytes = unpackXz(elf.bytesOf(section), MAX_UNPACKED_BYTES);
    return bytes && new ElfFile(bytes);
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
}
