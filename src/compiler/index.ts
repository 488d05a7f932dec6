/** The compiler: a script and a Target in, a Program or diagnostics out. */
export type { StageTrace } from './assemble.ts';

import { decodeInsns, listing } from '../bpf/index.ts';
import { checkFunc, type Func, printFunc } from './ir/index.ts';
import { printTyped } from './typed/index.ts';

export type { CompileInput, CompileOptions, CompileResult } from './compilation.ts';
export { compile } from './compile.ts';
export { listScript, type ScriptListing } from './list-script.ts';
export type { NotedProgram } from './noted-program.ts';
export type { ObjectResult } from './object/index.ts';
export { writeObject } from './object/index.ts';
export {
  type ListContext,
  type ListedProbe,
  listProbes,
  listTypeDefinitions,
  listTypeNames,
  parseTypePattern,
  type TypePattern,
} from './probes/index.ts';

/** How the values a StageTrace is given are written. */
export const stageTexts = {
  typed: printTyped,
  func: printFunc,
  insns: (insns: Uint8Array): string => listing(decodeInsns(insns)),
} as const;

/** What is wrong with a function of the IR, a sentence each; nothing, unless the compiler has a fault. */
export function verifyFunc(func: Func): readonly string[] {
  return checkFunc(func);
}
