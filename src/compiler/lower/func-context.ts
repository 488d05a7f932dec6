import type { Fill, Place } from '../builtins/index.ts';
import type { FuncBuilder, ValueId, VariableId } from '../ir/index.ts';
import type { Span } from '../language/index.ts';
import type { LocalIndex, TypedBody, TypedExpr, TypedStatement } from '../typed/index.ts';
import type { Captures } from './captures.ts';
import type { Loop } from './loop-form.ts';
import type { ProgContext } from './program-context.ts';

/**
 * The functions that tell the kinds of nodes apart, each of which calls the one for that kind. What stands inside a node is lowered through these,
 * so that a file imports only those below it:
 *
 *     lower-program -> statements -> loops, expressions, composites, … -> blocks, lower-expr -> func-context
 */
export interface ByKind {
  /** An expression whose value fits a register. */
  readonly scalar: (f: FuncContext, expr: TypedExpr) => ValueId;
  /** One whose value is handled by address. */
  readonly into: (f: FuncContext, expr: TypedExpr, to: Place, fill: Fill) => void;
  readonly statement: (f: FuncContext, statement: TypedStatement) => void;
}

/** The function being built: a prog's main function or a callback, with the body it is made from. */
export interface FuncContext {
  readonly b: FuncBuilder;
  readonly byKind: ByKind;
  readonly prog: ProgContext;
  /** The body whose statements are being lowered: the probe's, or that of a script function put in place of its call. */
  body: BodyContext;
  /** The loops of this function around the place being lowered, innermost last. */
  readonly loops: LoopContext[];
  /** The prog's ctx in this function. */
  readonly ctx: () => ValueId;
  /** The cells of this CPU, in functions that share variables with loops (`outlined-loops.ts`). */
  cells?: ValueId;
  /** Leaves the probe with a value, from the main function or out of callbacks. Loops are left already. */
  readonly leaveProbe: (value: ValueId) => void;
}

/** Where a local lives in the function being built. */
export type Home =
  | { readonly kind: 'variable'; readonly variable: VariableId }
  /** Memory; `place` makes the address where it is needed. */
  | { readonly kind: 'memory'; readonly place: () => Place };

export interface BodyContext {
  readonly typed: TypedBody;
  readonly captures: Captures;
  /** Locals whose zeros at the start some path reads. */
  readonly readEarly: ReadonlySet<LocalIndex>;
  /** Homes in the function being built. */
  readonly homes: Map<LocalIndex, Home>;
  /** Where variables lie in the cells, in all functions that the body becomes. */
  readonly cellOffsets: Map<LocalIndex, number>;
  /** The loop whose body this function is; undefined in the main function. */
  readonly owner: Loop | undefined;
  /** How many loops of the function were open where the body begins. */
  readonly loopDepth: number;
  /** What `return` does, after the loops of the body are left. */
  readonly onReturn: (value: TypedExpr | undefined) => void;
}

export interface LoopContext {
  /** Absent for `unroll`, which `break` and `continue` pass by. */
  readonly onBreak?: () => void;
  readonly onContinue?: () => void;
  /** The verifier follows the loop round by round. */
  readonly isCounted?: true;
  /** What has to be done before control leaves the loop by another way. */
  readonly release?: () => void;
}

/** Lowers something that stands at `span`: its instructions carry the place. */
export function at<T>(f: FuncContext, span: Span, lower: () => T): T {
  const before = f.b.setLine(f.prog.program.lines.lineOf(span));
  try {
    return lower();
  } finally {
    f.b.setLine(before);
  }
}

/** Undoes what the loops from `depth` on hold, innermost first, before control leaves them. */
export function releaseLoops(f: FuncContext, depth: number): void {
  for (let i = f.loops.length - 1; i >= depth; i--) f.loops[i]!.release?.();
}

/** After a return in the middle of an expression: what follows is unreachable and left out, but needs a block to be built in. */
export function continueUnreachable(f: FuncContext): void {
  if (f.b.isEnded) f.b.enter(f.b.newBlock());
}
