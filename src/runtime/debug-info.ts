import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { BoundedCache, decodeCString } from '../base/index.ts';
import { type Dwarf, type DwarfSections, openDwarf, type SplitFile } from '../dwarf/index.ts';
import { ElfError, type ElfFile, type ElfSection } from '../elf/index.ts';
import { debugSections } from './debug-sections.ts';
import type { ElfFiles } from './elf-files.ts';
import { realPath } from './foreign-root.ts';

/** Binaries whose debug information is kept open. */
const MAX_CACHED_BINARIES = 64;

/** The debug information of binaries: their own, or that of a separate file, with the parts that lie in yet other files. */
export class DebugInfo {
  readonly #elfFiles: ElfFiles;
  readonly #byFile = new BoundedCache<ElfFile, { readonly dwarf: Dwarf | undefined }>(MAX_CACHED_BINARIES);

  constructor(elfFiles: ElfFiles) {
    this.#elfFiles = elfFiles;
  }

  /** Undefined when there is none to be found. */
  of(path: string): Dwarf | undefined {
    const elf = this.#elfFiles.open(path);
    return elf && this.#byFile.getOrMake(elf, () => ({ dwarf: this.#open(path, elf) })).dwarf;
  }

  #open(path: string, elf: ElfFile): Dwarf | undefined {
    for (const file of this.#elfFiles.withDebugInfo(path, elf)) {
      const dwarf = openDwarf({
        sections: debugSections(file.elf),
        alternate: () => this.#alternateOf(file.path, file.elf),
        split: (wanted) => this.#splitFile(path, wanted),
      });
      if (dwarf !== undefined) return dwarf;
    }
    return undefined;
  }

  /** What dwz took out of several files: `.gnu_debugaltlink` has a path and a build id. */
  #alternateOf(path: string, elf: ElfFile): DwarfSections | undefined {
    const section = elf.section('.gnu_debugaltlink');
    if (!section || section.size > 4096) return undefined;
    const name = altName(elf, section);
    if (name === '') return undefined;
    const found = this.#elfFiles.open(isAbsolute(name) ? name : resolve(dirname(realPath(path)), name));
    return found && debugSections(found);
  }

  /** The package beside the binary, the split file where the compiler wrote it, or one of that name beside the binary. */
  #splitFile(path: string, { name, directory }: SplitFile): DwarfSections | undefined {
    const home = dirname(realPath(path));
    const candidates = [
      `${path}.dwp`,
      `${realPath(path)}.dwp`,
      isAbsolute(name) ? name : join(directory, name),
      join(home, name),
      join(home, basename(name)),
    ];
    for (const candidate of candidates) {
      const elf = this.#elfFiles.open(candidate);
      if (elf?.section('.debug_info.dwo')) return debugSections(elf);
    }
    return undefined;
  }
}

function altName(elf: ElfFile, section: ElfSection): string {
  try {
    return decodeCString(elf.bytesOf(section));
  } catch (error) {
    if (error instanceof ElfError) return '';
    throw error;
  }
}
