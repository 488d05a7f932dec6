export type { FrameSection } from './call-frames.ts';
export type { DwarfSections } from './debug-file.ts';
export type { Dwarf, DwarfFrame, DwarfFunction, DwarfParam } from './dwarf.ts';
export { DwarfError } from './dwarf-error.ts';
export { frameSectionAddress } from './frame-header.ts';
export type { LineSearch } from './line-search.ts';
export type { LineRow, SourcePlace } from './line-table.ts';
export type { ValuePlace } from './locations.ts';
export { openDwarf } from './open-dwarf.ts';
export {
  type DwarfEnumerator,
  type DwarfMember,
  type DwarfType,
  type DwarfTypeId,
  VOID_TYPE,
} from './type.ts';
export { dwarfTypeText } from './type-text.ts';
export type { SplitFile } from './units.ts';
export {
  type FramePlace,
  type SavedAt,
  type UnwindRule,
  type UnwindTable,
  unwindTable,
} from './unwind-table.ts';
