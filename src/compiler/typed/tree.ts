/**
 * The typed tree: what `check` makes of a script and `lower` turns into IR. Sugar is gone, names are resolved, every expression has a type and
 * every conversion is an explicit `cast`, so that a value's type always equals the type of the place it goes to.
 */
import type { Format, PrintOrder, RunSettings } from '../../program/index.ts';
import type { StackMode, StructTable, Type } from '../../types/index.ts';
import type { Span } from '../language/index.ts';

/** Index into TypedProgram.maps. */
export type MapIndex = number;
/** Index into TypedBody.locals. */
export type LocalIndex = number;

/** How a probe argument is reached. */
export type ArgSource =
  /** Bytes of the ctx record itself (tracepoints): at this offset. */
  | { readonly kind: 'ctx-bytes'; readonly offset: number }
  /** A `__data_loc`/`__rel_loc` string of a tracepoint: its 4-byte location is at this offset of ctx; the value is a pointer to its bytes. */
  | { readonly kind: 'ctx-location'; readonly offset: number; readonly relative: boolean }
  /** The n-th u64 of ctx (fentry, fexit, raw tracepoints); narrower arguments are its low bytes. A by-value struct takes several. */
  | { readonly kind: 'ctx-slot'; readonly index: number }
  /** What bpf_get_func_ret() says: the result of the function at whose return a trampoline stands. */
  | { readonly kind: 'func-ret' }
  /** A register of pt_regs. */
  | { readonly kind: 'register'; readonly name: string }
  /** Memory `offset` bytes behind the stack pointer: what a function got on the stack. */
  | { readonly kind: 'user-stack'; readonly offset: number }
  /** An integer that is known already, wrapped to 64 bits. */
  | { readonly kind: 'constant'; readonly value: bigint }
  /** `size` bytes of a register of pt_regs, from byte `byte` on. */
  | (SizedArg & { readonly kind: 'register-part'; readonly register: string; readonly byte: number })
  /** `size` bytes of the traced process's memory. */
  | (SizedArg & { readonly kind: 'user-memory'; readonly address: OperandAddress });

interface SizedArg {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** The address in a machine operand: base + offset + index * scale, wrapped to `bits`. */
export interface OperandAddress {
  /** A register of pt_regs. */
  readonly base?: string;
  readonly offset: bigint;
  readonly index?: OperandIndex;
  readonly bits: 32 | 64;
}

export interface OperandIndex {
  /** A register of pt_regs, of which the low `bits` count. */
  readonly register: string;
  readonly bits: 32 | 64;
  readonly signed: boolean;
  readonly scale: number;
}

export type BinaryOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type CompareOp = '==' | '!=' | '<' | '<=' | '>' | '>=';

interface Node {
  readonly type: Type;
  readonly at: Span;
}

export type TypedExpr =
  /** An integer, bool, enum or pointer constant; wrapped to 64 bits (negative for signed types). */
  | (Node & { readonly kind: 'int'; readonly value: bigint })
  /** Bytes as a binary string, without the NUL; `type.size` >= length + 1. */
  | (Node & { readonly kind: 'string'; readonly value: string })
  | (Node & { readonly kind: 'local'; readonly local: LocalIndex })
  /** Reads a map; a missing key gives the zero value. A castable aggregate is combined over all CPUs (type int64/uint64). */
  | (Node & { readonly kind: 'map'; readonly map: MapIndex; readonly key?: TypedExpr })
  /**
   * Changes an integer or pointer map value or local in place: `++`, `--`, `op=`. The operand has the stored type; `result` is which value the
   * expression has. Pointer steps are already scaled.
   */
  | (Node & {
      readonly kind: 'modify';
      readonly target: ModifyTarget;
      readonly op: BinaryOp;
      readonly operand: TypedExpr;
      readonly result: 'old' | 'new';
    })
  | (Node & { readonly kind: 'negate' | 'complement' | 'not'; readonly operand: TypedExpr })
  /** Both operands have the node's 64-bit type; pointer arithmetic is already scaled (pointer + int64). `/` and `%` are unsigned and check for 0. */
  | (Node & {
      readonly kind: 'binary';
      readonly op: BinaryOp;
      readonly left: TypedExpr;
      readonly right: TypedExpr;
    })
  /** Operands have the same type; signedness comes from it. Strings, buffers, arrays, tuples, records, structs: only == and !=. */
  | (Node & {
      readonly kind: 'compare';
      readonly op: CompareOp;
      readonly left: TypedExpr;
      readonly right: TypedExpr;
    })
  | (Node & {
      readonly kind: 'logical';
      readonly op: '&&' | '||';
      readonly left: TypedExpr;
      readonly right: TypedExpr;
    })
  | (Node & {
      readonly kind: 'conditional';
      readonly condition: TypedExpr;
      readonly then: TypedExpr;
      readonly else: TypedExpr;
    })
  /**
   * To `type`: int/bool/enum/pointer resizing; strings to a larger or smaller string; tuples, records, arrays element-wise; int <-> array;
   * string -> int8[N]; string -> bool (non-empty); castable aggregate already read.
   */
  | (Node & { readonly kind: 'cast'; readonly operand: TypedExpr })
  /** The value a pointer points to, read by the pointer's address space (trusted pointers directly). */
  | (Node & { readonly kind: 'deref'; readonly pointer: TypedExpr })
  /**
   * A member of a struct value. `base` is a struct-typed expression: usually a `deref`, `field`, `index` or `args` chain: the lowering adds the
   * offsets up and reads only the member. `offset` is in bytes from the base's start.
   */
  | (Node & {
      readonly kind: 'field';
      readonly base: TypedExpr;
      readonly name: string;
      readonly offset: number;
      readonly bitfield?: { readonly shift: number; readonly width: number };
      readonly location?: 'data_loc' | 'rel_loc';
    })
  /** An element of an array or string value (bounds checked at run time unless constant), or of a pointer (`p[i]`, scaled, not checked). */
  | (Node & { readonly kind: 'index'; readonly base: TypedExpr; readonly index: TypedExpr })
  | (Node & { readonly kind: 'tuple'; readonly elements: readonly TypedExpr[] })
  /** Values in the order of `type.fields`. */
  | (Node & { readonly kind: 'record'; readonly values: readonly TypedExpr[] })
  /** Element or field number `index` of a tuple or record value. */
  | (Node & { readonly kind: 'element'; readonly base: TypedExpr; readonly index: number })
  /** A probe argument (`args.x`, `argN`, `retval`). */
  | (Node & { readonly kind: 'arg'; readonly source: ArgSource })
  /** The ctx pointer. */
  | (Node & { readonly kind: 'ctx' })
  /** A builtin function or variable; all folding is done. `args` are the value arguments, `attrs` what was constant. */
  | (Node & {
      readonly kind: 'call';
      readonly builtin: string;
      readonly args: readonly TypedExpr[];
      readonly attrs: CallAttrs;
    })
  /** A script function (`fn`). */
  | (Node & { readonly kind: 'call-fn'; readonly fn: number; readonly args: readonly TypedExpr[] })
  /** A function of the kernel (kfunc), or of an imported object. An argument that is no register's worth is passed by its address. */
  | (Node & {
      readonly kind: 'call-kernel';
      readonly name: string;
      readonly args: readonly TypedExpr[];
      readonly isOfObject?: boolean;
    })
  /** A named parameter (getopt): index into TypedProgram.namedParams. */
  | (Node & { readonly kind: 'named-param'; readonly param: number })
  | (Node & { readonly kind: 'address-of-local'; readonly local: LocalIndex })
  | (Node & { readonly kind: 'address-of-map'; readonly map: MapIndex })
  /** Statements, then the value. `value` absent: type none. */
  | (Node & { readonly kind: 'block'; readonly body: readonly TypedStatement[]; readonly value?: TypedExpr });

export type TypedExprKind = TypedExpr['kind'];
export type TypedExprOf<K extends TypedExprKind> = Extract<TypedExpr, { readonly kind: K }>;

export type ModifyTarget =
  | { readonly kind: 'local'; readonly local: LocalIndex }
  | { readonly kind: 'map'; readonly map: MapIndex; readonly key?: TypedExpr };

/** Constant parts of builtin calls; each builtin's row says which it has. */
export interface CallAttrs {
  /** printf, errorf, warnf, cat, system, debugf: the cut format; its args are `args`. */
  readonly format?: Format;
  /** time, strftime: the format text; join: the separator; kaddr, uaddr, reg, percpu_kaddr, signal …: the name. */
  readonly text?: string;
  /** print, clear, zero, delete, has_key, len: the map (keys are `args[0]`). */
  readonly map?: MapIndex;
  readonly top?: number;
  readonly div?: number;
  readonly order?: PrintOrder;
  /** str, buf, path: largest number of bytes wanted; strncmp, memcmp: the count; hist: bits come with the type. */
  readonly length?: number;
  readonly stack?: { readonly mode: StackMode; readonly limit: number };
  /** nsecs: boot, monotonic, tai, sw_tai; pid, tid: curr_ns, init. */
  readonly mode?: string;
  /** kaddr: resolved address; cgroupid: resolved id; signal: number; uaddr: distance from the probe; comm(pid): offset in struct task_struct. */
  readonly number?: bigint;
  /** find: the local that receives the value. */
  readonly local?: LocalIndex;
  readonly index?: number;
  /** Records may be sent on the way to the value, so that none may be reserved meanwhile. */
  readonly reports?: true;
}

export type TypedStatement =
  | { readonly kind: 'expr'; readonly at: Span; readonly expr: TypedExpr }
  | { readonly kind: 'set-local'; readonly at: Span; readonly local: LocalIndex; readonly value: TypedExpr }
  /** `let` without a value, where no constant says what that is: zero bytes. */
  | { readonly kind: 'clear-local'; readonly at: Span; readonly local: LocalIndex }
  /** An element of an array that lies in a local or a map (`place.base`, through further elements). Where there is no such element nothing happens. */
  | {
      readonly kind: 'set-element';
      readonly at: Span;
      readonly place: TypedExprOf<'index'>;
      readonly value: TypedExpr;
    }
  | {
      readonly kind: 'set-map';
      readonly at: Span;
      readonly map: MapIndex;
      readonly key?: TypedExpr;
      readonly value: TypedExpr;
    }
  /** `@m[k] = count()` and relatives: which one is the map's value type; `args`: the value argument, if any, as int64 or uint64. */
  | {
      readonly kind: 'aggregate';
      readonly at: Span;
      readonly map: MapIndex;
      readonly key?: TypedExpr;
      readonly args: readonly TypedExpr[];
    }
  | {
      readonly kind: 'if';
      readonly at: Span;
      readonly condition: TypedExpr;
      readonly then: readonly TypedStatement[];
      readonly else: readonly TypedStatement[];
    }
  | {
      readonly kind: 'while';
      readonly at: Span;
      readonly condition: TypedExpr;
      readonly body: readonly TypedStatement[];
    }
  /** `unroll`: exactly `count` times. */
  | {
      readonly kind: 'repeat';
      readonly at: Span;
      readonly count: number;
      readonly body: readonly TypedStatement[];
    }
  /** `from` and `to` have the local's type. */
  | {
      readonly kind: 'for-range';
      readonly at: Span;
      readonly local: LocalIndex;
      readonly from: TypedExpr;
      readonly to: TypedExpr;
      readonly body: readonly TypedStatement[];
    }
  /** The local is the tuple (key, value). */
  | {
      readonly kind: 'for-map';
      readonly at: Span;
      readonly local: LocalIndex;
      readonly map: MapIndex;
      readonly body: readonly TypedStatement[];
    }
  | { readonly kind: 'break' | 'continue'; readonly at: Span }
  | { readonly kind: 'return'; readonly at: Span; readonly value?: TypedExpr }
  | { readonly kind: 'scope'; readonly at: Span; readonly body: readonly TypedStatement[] };

export interface TypedLocal {
  /** As written, with the `$`; temporaries have a name of ours. */
  readonly name: string;
  readonly type: Type;
}

export interface TypedMap {
  /** With the `@`. */
  readonly name: string;
  readonly key: Type | undefined;
  readonly value: Type;
  /** hash, lruhash, percpuhash, percpulruhash as declared. */
  readonly declared?: string;
  readonly maxEntries: number;
  readonly at: Span;
}

export interface TypedBody {
  readonly locals: readonly TypedLocal[];
  readonly statements: readonly TypedStatement[];
}

/** One prog to be: a probe block after expansion. `probes` says where it goes (several: one multi link or the same prog attached more than once). */
export interface TypedProbe extends TypedBody {
  /** Index into the attach points that check was given (compiler/probes `ResolvedProbe`). */
  readonly probe: number;
  readonly at: Span;
}

export interface TypedFn extends TypedBody {
  readonly name: string;
  /** The first locals. */
  readonly params: readonly LocalIndex[];
  readonly result: Type;
  readonly at: Span;
}

export interface TypedNamedParam {
  readonly name: string;
  readonly type: Type;
  readonly description: string;
  readonly default?: bigint | string | boolean;
}

export interface TypedProgram {
  readonly maps: readonly TypedMap[];
  readonly probes: readonly TypedProbe[];
  readonly fns: readonly TypedFn[];
  readonly namedParams: readonly TypedNamedParam[];
  readonly structs: StructTable;
  readonly settings: RunSettings;
  readonly license: string;
  readonly options: CompileSettings;
}

/** Config values that matter to the compiler. */
export interface CompileSettings {
  readonly maxStrlen: number;
  readonly maxMapKeys: number;
  readonly onStackLimit: number;
  /** -k: report failed reads too; --no-warnings: report nothing. */
  readonly runtimeWarnings: 'none' | 'default' | 'all';
  /** Probes on what processes do pass by what the tracer does itself (--exclude-self). */
  readonly excludeSelf?: boolean;
  /** Whoever loads the program attaches it where he likes, and puts keys into its maps (--emit-elf). */
  readonly isObject?: boolean;
  /** A scalar map that stands for every clock, for tests of what depends on time (BPFTRACE_DUMMY_TS_MAP). */
  readonly clockMap?: string;
}
