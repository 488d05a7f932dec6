export type { RelocTarget } from './code.ts';
export { type EmittedProg, emitProg, StackTooSmallError } from './emit-prog.ts';
export type { LineStart, Reloc } from './link.ts';
export { defaultEmitOptions, type EmitOptions } from './options.ts';
