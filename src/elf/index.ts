export { type ByteSource, sourceOfBytes } from './byte-source.ts';
export { type DynamicNeeds, readDynamicNeeds } from './dynamic-section.ts';
export { ElfError } from './elf-error.ts';
export { ElfFile, type ElfSection, type ElfSegment } from './elf-file.ts';
export type { ElfClass } from './layouts.ts';
export { type LoaderCacheEntry, loaderCacheArch, readLoaderCache } from './loader-cache.ts';
export { type ElfNote, readNotes } from './notes.ts';
export type { FunctionSymbol } from './symbol-table.ts';
export { readUsdtNotes, type UsdtNote } from './usdt-notes.ts';
