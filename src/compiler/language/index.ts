/** The language front end: script text to syntax tree, diagnostics, and back to text. */
export type {
  AddressOf,
  ArrayType,
  Assign,
  AssignOp,
  AssignTarget,
  AttachPoint,
  Binary,
  BinaryOp,
  Block,
  BoolLiteral,
  Builtin,
  Call,
  Cast,
  CChunk,
  Comment,
  Comptime,
  Conditional,
  Config,
  ConfigSetting,
  Discard,
  Element,
  Expr,
  ExprStatement,
  Field,
  Fn,
  FnParam,
  For,
  Identifier,
  If,
  Import,
  Index,
  IntLiteral,
  Item,
  Jump,
  Let,
  Macro,
  MacroParam,
  MapAccess,
  MapDeclaration,
  MapName,
  MapTypeDeclaration,
  Name,
  NamedType,
  Node,
  Offsetof,
  PointerType,
  PositionalCount,
  PositionalParam,
  Probe,
  Range,
  RecordField,
  RecordLiteral,
  Script,
  Shebang,
  Sizeof,
  Statement,
  StringLiteral,
  TaggedType,
  Tuple,
  TypeExpr,
  Typeinfo,
  TypeofType,
  Unary,
  Unroll,
  Update,
  Variable,
  While,
} from './ast.ts';
export type { SplitAttachPoint } from './attach-point.ts';
export { splitAttachPoint } from './attach-point.ts';
export { childrenOf } from './children.ts';
export type { Catalogue, CatalogueRow, Diagnostic, DiagnosticContext, Severity } from './diagnostic.ts';
export { hasErrors, makeDiagnostic, withContext, withHint } from './diagnostic.ts';
export { formatScript } from './format.ts';
export type { ParsedScript } from './parse.ts';
export { parseExpression, parseScript } from './parse.ts';
export { precedenceOf } from './parse-expression.ts';
export { printTree } from './print-tree.ts';
export type { RenderOptions } from './render-diagnostics.ts';
export { renderDiagnostic, renderDiagnostics, renderLocation } from './render-diagnostics.ts';
export type { ByteString, Position, Source } from './source.ts';
export {
  arrayOfBytes,
  bytesOfText,
  createSource,
  createSourceFromBytes,
  lineIndexAt,
  lineText,
  positionAt,
  textOfByteString,
  textOfBytes,
} from './source.ts';
export type { Span } from './span.ts';
export { spanEnd, spanStart, spanText } from './span.ts';
export { suggest } from './suggest.ts';
export { syntaxDiagnostics } from './syntax-diagnostics.ts';
export { builtinTypeNames, isReservedBuiltin, keywords } from './words.ts';
