/** The C section of a script: preprocessor, declarations, and C macros used in the language. */

export type { CDecl, CEnum, CEnumerator, CMember, CStruct, CType, CTypedef } from './c-declaration.ts';
export { cDiagnostics } from './c-diagnostics.ts';
export type { CMacro, MacroTable } from './c-macro.ts';
export type { CSection } from './c-section.ts';
export { readCSection } from './c-section.ts';
export { compilerMacros } from './compiler-macros.ts';
export type { IdentifierExpansion } from './expand-identifier.ts';
export { expandIdentifier, textOfMacro } from './expand-identifier.ts';
export type { IncludeAnswer, IncludeRequest, PreprocessInput } from './preprocess.ts';
