import type {
  RecordSpec,
  RuntimeConstant,
  RuntimeErrorKind,
  ScriptMap,
  SourceTrail,
  Target,
} from '../../../program/index.ts';
import type { AddressSpace, StructTable, Type } from '../../../types/index.ts';
import type { FuncBuilder, ValueId } from '../../ir/index.ts';
import type { Span } from '../../language/index.ts';
import type { ResolvedProbe } from '../../probes/index.ts';
import type { CompileSettings, LocalIndex, MapIndex, TypedExpr, TypedExprOf } from '../../typed/index.ts';
import type { Place } from './place.ts';

export type CallExpr = TypedExprOf<'call'>;

/**
 * Whether the bytes of a value past what it shows count: `exact` writes all of them (text is followed by zeros), as keys and
 * comparisons need; `loose` may leave what follows a NUL as it was, as records allow.
 */
export type Fill = 'exact' | 'loose';

/** A failure of a helper is reported by default, or only under -k where the language gives a zero value instead. */
export type ReportLevel = 'default' | 'reads';

/** How a builtin becomes code: by what its value is. */
export type Lowering =
  | { readonly gives: 'scalar'; readonly lower: (lower: Lower, call: CallExpr) => ValueId }
  /** Writes the value (sizeOf of the call's type) to `to`. */
  | {
      readonly gives: 'memory';
      readonly lower: (lower: Lower, call: CallExpr, to: Place, fill: Fill) => void;
    }
  | { readonly gives: 'nothing'; readonly lower: (lower: Lower, call: CallExpr) => void }
  /** Either of the first two, by the call's type. */
  | {
      readonly gives: 'either';
      readonly scalar: (lower: Lower, call: CallExpr) => ValueId;
      readonly memory: (lower: Lower, call: CallExpr, to: Place, fill: Fill) => void;
    };

/** One round of `Lower.repeat`. */
export interface LoopRound {
  /** 0 in the first. */
  readonly index: ValueId;
  /** Ends the loop where `when` is not 0. */
  readonly leaveWhen: (when: ValueId) => void;
}

/** `boot` counts suspended time where the kernel can tell; `sw_tai` is `boot` and an offset that the runtime measures. */
export type Clock = 'boot' | 'monotonic' | 'tai' | 'sw_tai';

/** What the lowering of a builtin may use: the function being built, and the lowering of everything around the call. */
export interface Lower {
  readonly b: FuncBuilder;
  readonly target: Target;
  readonly structs: StructTable;
  readonly options: CompileSettings;
  /** The attach point the prog is made for. */
  readonly probe: ResolvedProbe;
  /** What the runtime calls it (an index into Program.probes, or -1): part of user-space symbols and stacks. */
  readonly probeId: number;
  readonly maps: readonly ScriptMap[];

  sizeOf(type: Type): number;
  /** The ctx of the prog. */
  ctx(): ValueId;

  /** The value of an expression that fits a register, extended to 64 bits by its type. */
  scalar(expr: TypedExpr): ValueId;
  /** Writes a value to memory in its stored form. */
  into(expr: TypedExpr, to: Place, fill: Fill): void;
  /** Memory that holds the value of an expression, in its stored form: where it lies, or a temporary. Not to be written to. */
  memory(expr: TypedExpr): Place;
  /** Bytes for the time being. */
  temporary(bytes: number): Place;
  /** Read-only bytes (a binary string) in the constants map. */
  constantText(text: string): Place;
  runtimeConstant(what: RuntimeConstant['what']): ValueId;
  setLocal(local: LocalIndex, value: ValueId): void;
  copyToLocal(local: LocalIndex, from: Place): void;

  /** Where an address leads: by the pointer's type, or the probe's default for integers. */
  spaceOf(expr: TypedExpr): AddressSpace;
  /** Reads memory outside the prog; unreadable memory reads as zeros. `bytes`: a constant, or bounded by the caller. */
  read(space: AddressSpace, to: Place, bytes: ValueId, address: ValueId): void;
  /** Reads up to a NUL, which is always written; the bytes written, or negative. */
  readString(space: AddressSpace, to: Place, bytes: ValueId, address: ValueId): ValueId;

  /** Gives `use` a pointer, or the address of a struct that lies outside the prog; runs nothing where there is no such value. */
  withAddress(expr: TypedExpr, use: (address: ValueId) => void): void;
  /** The time now, ns. */
  readClock(clock: Clock): ValueId;

  /** The number of a record that is sent by other means than the ring buffer. */
  recordIndex(spec: RecordSpec): number;
  /** Index of the perf buffer that packets go through. */
  perfBuffer(): number;
  /** Unwinds the process's stack by its tables: a u64 count and up to `limit` frames are written to `to`. */
  unwindStack(to: Place, limit: number): void;
  /** Sends a record; `fill` writes its slots (the index is written already). */
  record(spec: RecordSpec, fill?: (record: Place) => void): void;
  /** Reports a negative result of a helper. */
  checkHelper(helper: string, result: ValueId, level: ReportLevel): void;
  runtimeError(error: RuntimeErrorKind): void;
  trail(at: Span): SourceTrail;

  /** Ends the probe with its default return value. */
  returnFromProbe(): void;
  /** Runs `then` where `condition` is not 0, `otherwise` elsewhere. */
  branch(condition: ValueId, then: () => void, otherwise?: () => void, cold?: 'then' | 'otherwise'): void;
  /** The same with a value. */
  choose(
    condition: ValueId,
    then: () => ValueId,
    otherwise: () => ValueId,
    cold?: 'then' | 'otherwise',
  ): ValueId;
  /** Runs `body` `count` times with the round as its argument: a loop where the target has them, else unrolled. */
  repeat(count: number, body: (round: LoopRound) => void): void;

  /** Removes a key; 1 if it was there. `key` is undefined for a scalar map. */
  deleteKey(map: MapIndex, key: TypedExpr | undefined, at: Span): ValueId;
  hasKey(map: MapIndex, key: TypedExpr | undefined, at: Span): ValueId;
  /** Looks a key up; on a hit its value goes to the local, and the result is 1. */
  find(map: MapIndex, key: TypedExpr | undefined, local: LocalIndex): ValueId;
  countKeys(map: MapIndex, at: Span): ValueId;

  /** Stops the compilation: this cannot be done here. */
  refuse(at: Span, message: string, hint?: string): never;
}
