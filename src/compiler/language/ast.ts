/**
 * The syntax tree of a script: what was written, nothing resolved, nothing rewritten.
 *
 * - Every node is a plain readonly object with a `kind` and a `span`; switch over `kind` exhaustively.
 * - Sugar stays (predicates, `?:`, `+=`, `->`), so that the formatter can print a script back; `check` removes it.
 * - Parentheses around one expression are no node: the inner one has `grouped: true` and its span excludes them, which
 *   is also where messages point.
 * - String literals hold bytes (`ByteString`: one code unit per byte), integers are non-negative bigints.
 */
import type { ByteString, Source } from './source.ts';
import type { Span } from './span.ts';

/** A name with its place, where the name is not an expression. */
export interface Name {
  readonly kind: 'name';
  readonly span: Span;
  readonly text: string;
}

// ---- a script ------------------------------------------------------------------------------------------------------

/** A whole file. The lists hold what could be read; a file with syntax errors still gives the rest. */
export interface Script {
  readonly kind: 'script';
  readonly span: Span;
  readonly source: Source;
  /** The `#!` line without its line end. */
  readonly shebang?: Shebang;
  /** The C section in order: preprocessor lines and definitions, as text for the C preprocessor. */
  readonly cSection: readonly CChunk[];
  readonly config?: Config;
  readonly imports: readonly Import[];
  readonly items: readonly Item[];
  /** All comments outside the C section, in order; the formatter puts them back. */
  readonly comments: readonly Comment[];
}

export interface Shebang {
  readonly kind: 'shebang';
  readonly span: Span;
  readonly text: string;
}

/** `// …` or `/* … *\/`; the text includes the markers, a line comment excludes its line end. */
export interface Comment {
  readonly kind: 'line-comment' | 'block-comment';
  readonly span: Span;
  readonly text: string;
}

/**
 * A piece of C: one preprocessor line (with the lines its trailing backslashes join), or one struct, union or enum
 * definition up to its closing brace and attributes, without the semicolon. `text` is as written.
 */
export interface CChunk {
  readonly kind: 'c-directive' | 'c-definition';
  readonly span: Span;
  readonly text: string;
}

/** `config = { key = value; … }` */
export interface Config {
  readonly kind: 'config';
  readonly span: Span;
  readonly settings: readonly ConfigSetting[];
}

export interface ConfigSetting {
  readonly kind: 'config-setting';
  readonly span: Span;
  readonly key: Name;
  /** A bare word is a `name`: `missing_probes = warn`. */
  readonly value: IntLiteral | BoolLiteral | StringLiteral | Name;
}

/** `import "path";`, at the top of a file or as a statement. */
export interface Import {
  readonly kind: 'import';
  readonly span: Span;
  readonly path: StringLiteral;
}

export type Item = MapDeclaration | MapTypeDeclaration | Macro | Fn | Probe;

/** `let @name = type(max_entries);` */
export interface MapDeclaration {
  readonly kind: 'map-declaration';
  readonly span: Span;
  readonly map: MapName;
  readonly type: Name;
  readonly maxEntries: IntLiteral;
}

/** `let @name : type;` for a map that is one array. */
export interface MapTypeDeclaration {
  readonly kind: 'map-type-declaration';
  readonly span: Span;
  readonly map: MapName;
  readonly type: TypeExpr;
}

/** `macro name($v, @m, word) { … }` */
export interface Macro {
  readonly kind: 'macro';
  readonly span: Span;
  /** From `macro` to the name: where messages about the macro point. */
  readonly headSpan: Span;
  readonly name: Name;
  /** A variable, a map, or an identifier standing for any expression or type. */
  readonly params: readonly MacroParam[];
  readonly body: Block;
}

export type MacroParam = Variable | MapName | Identifier;

/** `fn name($a : type) : type { … }` */
export interface Fn {
  readonly kind: 'fn';
  readonly span: Span;
  /** From `fn` to the name. */
  readonly headSpan: Span;
  readonly name: Name;
  readonly params: readonly FnParam[];
  readonly returnType: TypeExpr;
  readonly body: Block;
}

export interface FnParam {
  readonly kind: 'fn-param';
  readonly span: Span;
  readonly variable: Variable;
  readonly type: TypeExpr;
}

/** `attach point, … /predicate/ { … }` */
export interface Probe {
  readonly kind: 'probe';
  readonly span: Span;
  /** From the first to the last attach point: where messages about the probe point. */
  readonly headSpan: Span;
  readonly attachPoints: readonly AttachPoint[];
  /** The condition alone; `predicateSpan` includes the slashes. */
  readonly predicate?: Expr;
  readonly predicateSpan?: Span;
  readonly body: Block;
}

/** One attach point as written; `splitAttachPoint` takes it apart, `compiler/probes` gives it meaning. */
export interface AttachPoint {
  readonly kind: 'attach-point';
  readonly span: Span;
  readonly text: string;
  /** The user's name, from `name=provider:…`, also part of `text`. */
  readonly name?: string;
}

// ---- statements ----------------------------------------------------------------------------------------------------

/**
 * `{ statements value }`. Only a block used for its value can have a `value`: its last expression, written without a
 * semicolon. In bodies of probes, functions and loops, and in the blocks of an `if` or a plain block that stands as a
 * statement, the last expression is a statement like any other. Macro bodies may have a value.
 */
export interface Block {
  readonly kind: 'block';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly statements: readonly Statement[];
  readonly value?: Expr;
}

export type Statement = ExprStatement | Let | Assign | Discard | While | Unroll | For | Jump | Import;

/** An expression run for what it does. `if` and plain blocks are expressions too. */
export interface ExprStatement {
  readonly kind: 'expr-statement';
  readonly span: Span;
  readonly expr: Expr;
}

/** `let $x;`, `let $x : type;`, `let $x = value;`, `let $x : type = value;` */
export interface Let {
  readonly kind: 'let';
  readonly span: Span;
  /** From `let` to the variable. */
  readonly headSpan: Span;
  readonly variable: Variable;
  readonly type?: TypeExpr;
  readonly value?: Expr;
}

/** `target = value;`, or `target op= value;` with `op` the operator before the `=`. */
export interface Assign {
  readonly kind: 'assign';
  readonly span: Span;
  /** An index stands for an element of a variable or map. */
  readonly target: AssignTarget | Index;
  /** From the operator to the end: where messages about `op` point. */
  readonly opSpan: Span;
  readonly op?: AssignOp;
  readonly value: Expr;
}

export type AssignTarget = Variable | MapName | MapAccess;
export type AssignOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';

/** `_ = value;` */
export interface Discard {
  readonly kind: 'discard';
  readonly span: Span;
  readonly value: Expr;
}

/** `while (condition) { … }` */
export interface While {
  readonly kind: 'while';
  readonly span: Span;
  readonly condition: Expr;
  readonly body: Block;
}

/** `unroll(count) { … }` */
export interface Unroll {
  readonly kind: 'unroll';
  readonly span: Span;
  readonly count: Expr;
  readonly body: Block;
}

/** `for $v : 0..10 { … }` or `for ($kv : @map) { … }` */
export interface For {
  readonly kind: 'for';
  readonly span: Span;
  readonly variable: Variable;
  readonly over: Range | MapName;
  readonly body: Block;
}

/** `from..to`, `to` excluded. The span covers the loop's head, from `for`. */
export interface Range {
  readonly kind: 'range';
  readonly span: Span;
  readonly from: Expr;
  readonly to: Expr;
}

/** `break;`, `continue;`, `return;`, `return value;` */
export interface Jump {
  readonly kind: 'break' | 'continue' | 'return';
  readonly span: Span;
  /** Only `return` can have one. */
  readonly value?: Expr;
}

// ---- expressions ---------------------------------------------------------------------------------------------------

export type Expr =
  | IntLiteral
  | BoolLiteral
  | StringLiteral
  | Variable
  | MapName
  | MapAccess
  | Builtin
  | Identifier
  | PositionalParam
  | PositionalCount
  | Call
  | Unary
  | Update
  | AddressOf
  | Binary
  | Conditional
  | If
  | Block
  | Cast
  | Field
  | Element
  | Index
  | Tuple
  | RecordLiteral
  | Sizeof
  | Offsetof
  | Typeinfo
  | Comptime;

/** `text` is the spelling: `0x10`, `1e6`, `5ms`, `'a'`. The value is below 2^64. */
export interface IntLiteral {
  readonly kind: 'int';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly value: bigint;
  readonly text: string;
}

export interface BoolLiteral {
  readonly kind: 'bool';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly value: boolean;
}

/** `value` are the bytes the literal stands for; `text` is the spelling with its quotes. */
export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly value: ByteString;
  readonly text: string;
}

/** `$name`; `name` includes the `$`. */
export interface Variable {
  readonly kind: 'variable';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly name: string;
}

/** `@name` without a key; `name` includes the `@` and is `@` for the anonymous map. */
export interface MapName {
  readonly kind: 'map';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly name: string;
}

/** `@name[key]`. `@name[a, b]` has the tuple `(a, b)` as its key, with the access's span. */
export interface MapAccess {
  readonly kind: 'map-access';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly map: MapName;
  readonly key: Expr;
}

/** One of the reserved builtin words (`reservedBuiltins`), such as `pid` or `arg0`. */
export interface Builtin {
  readonly kind: 'builtin';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly name: string;
}

/** Any other bare word: an enumerator, a macro parameter or call, a C constant, a builtin such as `comm`. */
export interface Identifier {
  readonly kind: 'identifier';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly name: string;
}

/** `$1`. `index` starts at 1. */
export interface PositionalParam {
  readonly kind: 'positional';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly index: number;
}

/** `$#` */
export interface PositionalCount {
  readonly kind: 'positional-count';
  readonly span: Span;
  readonly grouped?: boolean;
}

/** `callee(args)`; the span goes from the name to the closing parenthesis. */
export interface Call {
  readonly kind: 'call';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly callee: Name;
  readonly args: readonly (Expr | TypeofType)[];
}

/** `op operand`; `*` dereferences. */
export interface Unary {
  readonly kind: 'unary';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly op: '-' | '!' | '~' | '*';
  readonly operand: Expr;
}

/** `++x`, `--x`, `x++`, `x--` */
export interface Update {
  readonly kind: 'update';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly op: '++' | '--';
  readonly position: 'prefix' | 'postfix';
  readonly target: AssignTarget;
}

/** `&$x`, `&@m` */
export interface AddressOf {
  readonly kind: 'address-of';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly target: Variable | MapName;
}

export type BinaryOp = AssignOp | '==' | '!=' | '<' | '>' | '<=' | '>=' | '&&' | '||';

export interface Binary {
  readonly kind: 'binary';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
}

/** `condition ? then : otherwise`; `condition ?: otherwise` has no `then` and yields the condition. */
export interface Conditional {
  readonly kind: 'conditional';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly condition: Expr;
  readonly then?: Expr;
  readonly otherwise: Expr;
}

/** `if condition { … } else …` */
export interface If {
  readonly kind: 'if';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly condition: Expr;
  readonly then: Block;
  readonly otherwise?: Block | If;
}

/** `(type)operand` */
export interface Cast {
  readonly kind: 'cast';
  readonly span: Span;
  readonly grouped?: boolean;
  /** The parenthesised type: where messages about the cast point. */
  readonly headSpan: Span;
  readonly type: TypeExpr;
  readonly operand: Expr;
}

/** `object.name` or `object->name`, which mean the same. */
export interface Field {
  readonly kind: 'field';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly object: Expr;
  readonly name: Name;
  readonly arrow: boolean;
}

/** `object.N` */
export interface Element {
  readonly kind: 'element';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly object: Expr;
  readonly index: IntLiteral;
}

/** `object[index]`, where `object` is no bare map. */
export interface Index {
  readonly kind: 'index';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly object: Expr;
  readonly index: Expr;
}

/** `(a, b)`, `(a,)`, and `()`, which has no elements and no value. */
export interface Tuple {
  readonly kind: 'tuple';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly elements: readonly Expr[];
}

/** `(name = value, …)`; names are distinct. */
export interface RecordLiteral {
  readonly kind: 'record';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly fields: readonly RecordField[];
}

export interface RecordField {
  readonly kind: 'record-field';
  readonly span: Span;
  readonly name: Name;
  readonly value: Expr;
}

/** `sizeof(type or expression)` */
export interface Sizeof {
  readonly kind: 'sizeof';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly of: TypeExpr | Expr;
}

/** `offsetof(type or expression, field.field)` */
export interface Offsetof {
  readonly kind: 'offsetof';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly of: TypeExpr | Expr;
  readonly path: readonly Name[];
}

/** `typeinfo(type or expression)` */
export interface Typeinfo {
  readonly kind: 'typeinfo';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly of: TypeExpr | Expr;
}

/** `comptime operand` */
export interface Comptime {
  readonly kind: 'comptime';
  readonly span: Span;
  readonly grouped?: boolean;
  readonly operand: Expr;
}

// ---- types ---------------------------------------------------------------------------------------------------------

/**
 * A type as written. Where a type or an expression may stand (`sizeof(x)`, `typeof(x)`), a bare word that is no
 * built-in type name is the expression `identifier`: only `check` knows whether it names a type.
 */
export type TypeExpr = NamedType | TaggedType | PointerType | ArrayType | TypeofType;

/** `uint64`, `size_t`; also `string`, whose size is the array suffix around it. */
export interface NamedType {
  readonly kind: 'named-type';
  readonly span: Span;
  readonly name: string;
}

/** `struct x`, `union x`, `enum x` */
export interface TaggedType {
  readonly kind: 'tagged-type';
  readonly span: Span;
  readonly tag: 'struct' | 'union' | 'enum';
  readonly name: string;
}

/** `pointee *` */
export interface PointerType {
  readonly kind: 'pointer-type';
  readonly span: Span;
  readonly pointee: TypeExpr;
}

/**
 * `element[size]`, and `element[]` without a size. Suffixes apply left to right: `uint8[4][2]` is an array of 2 whose
 * elements are `uint8[4]`.
 */
export interface ArrayType {
  readonly kind: 'array-type';
  readonly span: Span;
  readonly element: TypeExpr;
  readonly size?: IntLiteral;
}

/** `typeof(type or expression)` */
export interface TypeofType {
  readonly kind: 'typeof-type';
  readonly span: Span;
  readonly of: TypeExpr | Expr;
}

/** Anything with a `kind` that can stand in a tree. */
export type Node =
  | Script
  | Shebang
  | Comment
  | CChunk
  | Config
  | ConfigSetting
  | Name
  | Import
  | Item
  | FnParam
  | AttachPoint
  | Statement
  | Range
  | Expr
  | RecordField
  | TypeExpr;
