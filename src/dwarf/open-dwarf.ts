import { Dwarf } from './dwarf.ts';
import type { DwarfOptions } from './units.ts';

/** The debug information in a binary's sections; undefined when they have none. */
export function openDwarf(options: DwarfOptions): Dwarf | undefined {
  const hasUnits = (options.sections.section('.debug_info')?.length ?? 0) > 0;
  return hasUnits ? new Dwarf(options) : undefined;
}
