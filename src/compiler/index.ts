/** The compiler: a script and a Target in, a Program or diagnostics out. */
export type { StageTrace } from './assemble.ts';
export { type CompileInput, type CompileOptions, type CompileResult, compile } from './compile.ts';
