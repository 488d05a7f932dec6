import { decodeCString, viewOf } from '../base/index.ts';
import type { ElfFile } from './elf-file.ts';

const SHT_DYNAMIC = 6;
const DT_NEEDED = 1;
const DT_RPATH = 15;
const DT_RUNPATH = 29;
/** Longest name that is read: a string table without NULs must not make every name megabytes long. */
const MAX_NAME_BYTES = 4096;
/** More entries than any linker writes. */
const MAX_ENTRIES = 4096;

/** What a file asks of the dynamic loader. */
export interface DynamicNeeds {
  /** The loader itself; absent for libraries and static programs. */
  readonly interpreter?: string;
  /** Libraries as they are asked for (`libc.so.6`), in order. */
  readonly libraries: readonly string[];
  /** Folders to look in before the usual ones; `$ORIGIN` stands for the file's own. */
  readonly searchDirs: readonly string[];
}

/** Reads the dynamic section. Source: gABI chapter 5, "Dynamic Section". @throws ElfError when it does not lie in the file. */
export function readDynamicNeeds(elf: ElfFile): DynamicNeeds {
  const interp = elf.section('.interp');
  const interpreter = interp && decodeCString(elf.bytesOf(interp).subarray(0, MAX_NAME_BYTES));
  const found = { libraries: [] as string[], [DT_RPATH]: [] as string[], [DT_RUNPATH]: [] as string[] };
  const section = elf.sections.find(({ type }) => type === SHT_DYNAMIC);
  const strings = section && elf.sections[section.link];
  if (section && strings) {
    const texts = elf.bytesOf(strings);
    const text = (at: number): string => decodeCString(texts.subarray(at, at + MAX_NAME_BYTES));
    for (const { tag, value } of entries(elf.bytesOf(section), elf.elfClass)) {
      if (tag === DT_NEEDED) found.libraries.push(text(value));
      else if (tag === DT_RPATH || tag === DT_RUNPATH) found[tag].push(...text(value).split(':'));
    }
  }
  const dirs = found[DT_RUNPATH].length > 0 ? found[DT_RUNPATH] : found[DT_RPATH];
  return {
    ...(interpreter === undefined ? {} : { interpreter }),
    libraries: found.libraries,
    searchDirs: dirs.filter((dir) => dir !== ''),
  };
}

function* entries(bytes: Uint8Array, elfClass: 32 | 64): Generator<{ tag: number; value: number }> {
  const view = viewOf(bytes);
  const word = elfClass / 8;
  const read = (at: number): number =>
    word === 8 ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true);
  const end = Math.min(bytes.length, MAX_ENTRIES * 2 * word);
  for (let at = 0; at + 2 * word <= end; at += 2 * word) {
    const tag = read(at);
    if (tag === 0) return;
    yield { tag, value: read(at + word) };
  }
}
