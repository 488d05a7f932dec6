export {
  alignOf,
  BUFFER_HEADER_BYTES,
  BUILD_ID_FRAME_BYTES,
  type ElementLayout,
  layoutElements,
  layoutOf,
  sizeOf,
} from './layout.ts';
export { spellType } from './spelling.ts';
export {
  type EnumLayout,
  findField,
  type StructField,
  type StructLayout,
  type StructTable,
  type StructTableData,
  structTableFrom,
} from './struct-table.ts';
export * from './type.ts';
