import { ElfError, readUsdtNotes, type UsdtNote } from '../elf/index.ts';
import type { UsdtPlace, UsdtProbe } from '../program/index.ts';
import type { ElfFiles } from './elf-files.ts';

/** The static probes of a file, each with all its places; undefined when it is no ELF file, or a damaged one. */
export function readUsdtProbes(elfFiles: ElfFiles, path: string): readonly UsdtProbe[] | undefined {
  const elf = elfFiles.open(path);
  if (!elf) return undefined;
  try {
    return groupByName(readUsdtNotes(elf));
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
}

function groupByName(notes: readonly UsdtNote[]): readonly UsdtProbe[] {
  const probes = new Map<
    string,
    { readonly provider: string; readonly name: string; readonly locations: UsdtPlace[] }
  >();
  for (const { provider, name, ...place } of notes) {
    // Neither part can hold a NUL.
    const key = `${provider}\0${name}`;
    const known = probes.get(key);
    if (!known) probes.set(key, { provider, name, locations: [place] });
    // The linker may have folded two equal functions into one: the probe fires there once.
    else if (!known.locations.some(({ fileOffset }) => fileOffset === place.fileOffset))
      known.locations.push(place);
  }
  return [...probes.values()];
}
