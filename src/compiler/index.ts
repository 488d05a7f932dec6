/** The compiler: a script and a Target in, a Program or diagnostics out. */
export type { StageTrace } from './assemble.ts';

import { decodeInsns, listing } from '../bpf/index.ts';
import { printFunc } from './ir/index.ts';

export { type CompileInput, type CompileOptions, type CompileResult, compile } from './compile.ts';
export { listScript, type ScriptListing } from './list-script.ts';
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
  func: printFunc,
  insns: (insns: Uint8Array): string => listing(decodeInsns(insns)),
} as const;
