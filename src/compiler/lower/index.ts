/** Typed tree to IR, and the tables of a Program that come with it. */
export { type LoweredProg, type LoweredProgram, lowerProgram } from './lower-program.ts';
export { ringBufferSpec } from './map-table.ts';
