import type { CChunk, Diagnostic, Source } from '../language/index.ts';
import { hasErrors } from '../language/index.ts';
import type { CDecl } from './c-declaration.ts';
import type { MacroTable } from './c-macro.ts';
import { parseC } from './parse-c.ts';
import type { PreprocessInput } from './preprocess.ts';
import { preprocess } from './preprocess.ts';

/** What the C section of a script defines. */
export interface CSection {
  readonly declarations: readonly CDecl[];
  /** For `expandIdentifier`. */
  readonly macros: MacroTable;
  readonly diagnostics: readonly Diagnostic[];
}

/** Preprocesses and reads the C section. Never throws. */
export function readCSection(input: PreprocessInput): CSection {
  const { tokens, macros, diagnostics } = preprocess(input);
  // A directive gone wrong leaves definitions half there: what the parser would say of them is only a consequence.
  if (hasErrors(diagnostics)) return { declarations: [], macros, diagnostics };
  const own = ownSources(input.chunks);
  const parsed = parseC(tokens, (source) => own.has(source));
  return { declarations: parsed.declarations, macros, diagnostics: [...diagnostics, ...parsed.diagnostics] };
}

function ownSources(chunks: readonly CChunk[]): ReadonlySet<Source> {
  return new Set(chunks.map((chunk) => chunk.span.source));
}
