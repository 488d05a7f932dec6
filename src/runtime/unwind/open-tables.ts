import type { ElfFiles } from '../elf-files.ts';
import { UnwindTables, type UnwindTablesOptions } from './unwind-tables.ts';

/** Tables to unwind user stacks with, of no process yet. */
export function openTables(elfFiles: ElfFiles, options: UnwindTablesOptions): UnwindTables {
  return new UnwindTables(elfFiles, options);
}
