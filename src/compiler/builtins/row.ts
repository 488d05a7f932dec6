/**
 * One row per builtin function and builtin variable: what it is called, how it is used, where, and how a use is typed.
 *
 * The checker walks the arguments' syntax and offers what a row needs through `BuiltinUse`; a row asks for its arguments by position
 * and answers with the typed node. What is constant goes into the node's `attrs`, the rest into its `args`, in signature order.
 * Some rows fold: their use becomes a constant or other nodes, and nothing is left for the lowering to do.
 */
import type { ProbeKind, Target } from '../../program/index.ts';
import type { AddressSpace, AggregateType, StackMode, StructTable, Type } from '../../types/index.ts';
import type { Call, Span } from '../language/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import type { CallAttrs, CompareOp, LocalIndex, MapIndex, TypedExpr } from '../typed/index.ts';

/** Whether a builtin is written as a bare word, with parentheses, or either. */
export type BuiltinForm = 'variable' | 'function' | 'both';

export interface BuiltinRow {
  readonly form: BuiltinForm;
  /** As a reader of the manual wants it: one line per way of calling it. */
  readonly signature: readonly string[];
  /** One sentence. */
  readonly doc: string;
  /** Kinds of probes it can be used in; absent: all. */
  readonly where?: readonly ProbeKind[];
  /** What is said of it in other kinds; absent: the sentence that most have. */
  readonly elsewhere?: string;
  /** Refused without --unsafe. */
  readonly unsafe?: true;
  /** A feature that may change: the config value that lets it be used, and what messages call it. */
  readonly unstable?: { readonly config: string; readonly feature: string };
  /** Its effect happens in user space, after the probe has run. */
  readonly async?: true;
  /** The prog ends behind it: the checker puts a `return` there. */
  readonly ends?: true;
  /** How many values it has at most in a run; absent: any number. One too few would lose keys of maps. */
  readonly values?: (at: RunsAt) => number;
  /** A use leaves no call in the typed tree. */
  readonly folds?: true;
  /** It is taken from the ctx that the kernel gave the prog, so it has no meaning in a `fn`. */
  readonly needsCtx?: true;
  /** It cannot stand in the body of a `for`, of all probes or of those it says. */
  readonly notInFor?: true | ((probe: ResolvedProbe) => boolean);
  /** A map access as its only argument means the map and the key: `f(@m[k])` is `f(@m, k)`. */
  readonly splitsAccess?: true;
  /** Its first argument may be longer than strings usually are (max_strlen). */
  readonly longText?: true;
  /** bpftrace writes it in its own language, and says of a wrong number of arguments what it says of macros. */
  readonly macro?: true;
  /** Least and greatest number of arguments when written with parentheses; absent: none. */
  readonly arity?: readonly [number, number];
  /** Types a use; absent: the builtin is known but not supported yet. */
  readonly check?: (use: BuiltinUse) => TypedExpr;
  /** For the aggregating functions, which stand on the right of a map assignment only: what the map then holds. */
  readonly aggregate?: (use: BuiltinUse) => AggregateUse | undefined;
}

/** Where the code that a builtin is used in runs. */
export interface RunsAt {
  readonly possibleCpus: number;
  /** How many kernel functions it runs for at most; infinity: that cannot be said. */
  readonly functions: number;
}

/** `args`: the value argument, if any, as a 64-bit integer. */
export interface AggregateUse {
  readonly type: AggregateType;
  readonly args: readonly TypedExpr[];
}

/** Config values that decide about types. */
export interface BuiltinSettings {
  readonly maxStrlen: number;
  readonly stackMode: StackMode;
  /** Of `config`, as the record builtin `config` shows them. */
  readonly config: Readonly<Record<string, bigint | boolean | string>>;
}

/** A map named as an argument. Types are undefined while inference has not found them. */
export interface MapUse {
  readonly index: MapIndex;
  readonly name: string;
  readonly at: Span;
  readonly scalar: boolean;
  readonly key: Type | undefined;
  readonly value: Type | undefined;
}

export interface MessageOptions {
  readonly at?: Span;
  readonly hint?: string;
}

export type NamedParamDefault = bigint | string | boolean;

/** One use of a builtin, as its row sees it. */
export interface BuiltinUse {
  readonly name: string;
  /** The whole use: from the name to the closing parenthesis. */
  readonly at: Span;
  /** Written with parentheses. */
  readonly called: boolean;
  readonly args: Call['args'];
  /** undefined inside a `fn`. */
  readonly probe: ResolvedProbe | undefined;
  readonly inLoop: boolean;
  readonly target: Target;
  readonly settings: BuiltinSettings;
  readonly structs: StructTable;

  /** The typed argument; a castable aggregate is read as an integer. A wrong one has been reported: see `failed`. */
  value(index: number): TypedExpr;
  /** The same without reading aggregates. */
  raw(index: number): TypedExpr;
  /** The value of an integer argument that is a literal after folding. */
  constant(index: number): bigint | undefined;
  /** Whether an argument is true that `comptime` can tell. */
  truth(index: number): boolean | undefined;
  /** The bytes of a string argument that is a literal after folding. */
  text(index: number): string | undefined;
  /** The same with positional parameters taken as text, and numbers as their digits. */
  literalText(index: number): string | undefined;
  /** The argument as a bare word (a mode, a field name). */
  word(index: number): string | undefined;
  argSpan(index: number): Span;
  /** The argument as a type: a name, or `typeof(…)`. */
  type(index: number): Type | undefined;
  /** The argument as a bare map; reports `f() expects a map argument` otherwise. */
  map(index: number): MapUse | undefined;
  /** Whether the argument is a bare map; reports nothing. */
  isMap(index: number): boolean;
  /** The argument as a key of the map: typed, part of the inference of the map's key, converted to it. */
  key(map: MapUse, index: number): TypedExpr | undefined;
  /** The argument as a variable that receives values of a type; reports when it is none. */
  variable(index: number, holds: Type | undefined): LocalIndex | undefined;
  /** A named parameter of the script, made on first use; reports when other uses disagree. */
  namedParam(
    name: string,
    type: Type,
    fallback: NamedParamDefault | undefined,
    description: string,
  ): TypedExpr;

  /** Reports an error at the use (or elsewhere) and gives the expression that stands for it without further messages. */
  error(message: string, options?: MessageOptions): TypedExpr;
  warn(message: string, options?: MessageOptions): void;
  /** Whether an expression could not be typed (now, or at all): then say nothing more about it. */
  failed(expr: TypedExpr): boolean;
  /** What stands for a value that cannot be typed yet. */
  unknown(): TypedExpr;

  /** An integer or pointer as a pointer, with the memory it leads to: what reads memory takes nothing else. */
  address(expr: TypedExpr): TypedExpr;
  /** Text that lies in memory (a member of a struct) as its bytes, all of them; other values as they are. */
  bytes(expr: TypedExpr): TypedExpr;
  /** An explicit conversion; the caller knows that it is allowed. */
  cast(expr: TypedExpr, type: Type): TypedExpr;
  /** The same value, for reading the given memory when it is used as an address. */
  inSpace(expr: TypedExpr, space: AddressSpace): TypedExpr;
  /** The node for a use that is left to the lowering. */
  call(type: Type, args?: readonly TypedExpr[], attrs?: CallAttrs): TypedExpr;
  int(value: bigint, type?: Type): TypedExpr;
  string(value: string): TypedExpr;
  bool(value: boolean): TypedExpr;
  /** A record of values, which are then kept: pointers in it are read like any others. */
  record(fields: readonly { readonly name: string; readonly value: TypedExpr }[]): TypedExpr;
  compare(op: CompareOp, left: TypedExpr, right: TypedExpr): TypedExpr;
  /** A member of a struct, or of the struct a pointer leads to; reports when there is none. */
  field(object: TypedExpr, name: string): TypedExpr;
  /** Bytes from the start of a struct type to a member; reports when there is none. */
  offsetOf(type: Type, member: string): bigint | undefined;
  /** The pointer moved by bytes, as a pointer to a type. */
  moved(pointer: TypedExpr, bytes: bigint, to: Type): TypedExpr;
  /** The value as it was when the probe began: it is read there once, however often and wherever `key` is used. */
  atStart(key: string, value: TypedExpr): TypedExpr;
  /** A use of another builtin without arguments. */
  builtin(name: string): TypedExpr;
}
