import { sizeOf, type Type } from '../../types/index.ts';
import { chunksOf, littleEndian, type Place } from '../builtins/index.ts';
import type { CompareOp as IrOp, ValueId } from '../ir/index.ts';
import type { CompareOp, TypedExpr, TypedExprOf } from '../typed/index.ts';
import { loop } from './control.ts';
import type { FuncContext } from './func-context.ts';
import { lowerScalar, materialise } from './lower-expr.ts';
import { isByValue, isSigned } from './values.ts';

const unsignedOps: Readonly<Record<CompareOp, IrOp>> = {
  '==': 'eq',
  '!=': 'ne',
  '<': 'ult',
  '<=': 'ule',
  '>': 'ugt',
  '>=': 'uge',
};
const signedOps: Readonly<Record<CompareOp, IrOp>> = {
  '==': 'eq',
  '!=': 'ne',
  '<': 'slt',
  '<=': 'sle',
  '>': 'sgt',
  '>=': 'sge',
};

/** Longest range compared without a loop. */
const MAX_UNROLLED_BYTES = 128;

export function lowerCompare(f: FuncContext, expr: TypedExprOf<'compare'>): ValueId {
  const { left, right, op } = expr;
  if (isByValue(left.type)) {
    const ops = isSigned(left.type) ? signedOps : unsignedOps;
    const a = lowerScalar(f, left);
    return f.b.compare(ops[op], a, lowerScalar(f, right));
  }
  const differ = valuesDiffer(f, left, right);
  return op === '!=' ? differ : f.b.compare('eq', differ, f.b.const(0));
}

/** 1 if two values of one type that is handled by address differ, else 0. */
function valuesDiffer(f: FuncContext, left: TypedExpr, right: TypedExpr): ValueId {
  const literal = literalText(right) ?? literalText(left);
  if (literal !== undefined && left.type.kind === 'string') {
    const text = literalText(right) === undefined ? right : left;
    return differsFromText(
      f,
      materialise(f, text),
      `${literal}\0`,
      sizeOf(text.type, f.prog.program.structs),
    );
  }
  return rangesDiffer(f, materialise(f, left), materialise(f, right), comparedBytes(f, left.type));
}

function comparedBytes(f: FuncContext, type: Type): number {
  return sizeOf(type, f.prog.program.structs);
}

/** The text of a string literal, whatever size it was brought to. */
function literalText(expr: TypedExpr): string | undefined {
  if (expr.kind === 'string') return expr.value;
  return expr.kind === 'cast' && expr.type.kind === 'string' ? literalText(expr.operand) : undefined;
}

/** 1 if memory differs from a text; as much of it counts as the memory has room for. */
function differsFromText(f: FuncContext, place: Place, text: string, room: number): ValueId {
  const { b } = f;
  const compared = text.slice(0, room);
  return anyDiffers(
    f,
    chunksOf(place.align, compared.length).map(([offset, size]) => () => {
      const value = b.load(size, place.base, place.off + offset);
      return b.compare('ne', value, b.const(littleEndian(compared, offset, size)));
    }),
  );
}

/** 1 if two ranges of memory differ. */
function rangesDiffer(f: FuncContext, left: Place, right: Place, bytes: number): ValueId {
  const { b } = f;
  const align = left.align < right.align ? left.align : right.align;
  if (bytes > MAX_UNROLLED_BYTES && f.prog.program.target.has('bounded-loops')) {
    return longRangesDiffer(f, left, right, bytes, align);
  }
  return anyDiffers(
    f,
    chunksOf(align, bytes).map(
      ([offset, size]) =>
        () =>
          b.compare(
            'ne',
            b.load(size, left.base, left.off + offset),
            b.load(size, right.base, right.off + offset),
          ),
    ),
  );
}

/** Runs tests until one gives 1. */
function anyDiffers(f: FuncContext, tests: readonly (() => ValueId)[]): ValueId {
  const { b } = f;
  const done = b.newBlock();
  const result = b.blockParam(done);
  tests.forEach((test, index) => {
    const differs = test();
    if (index === tests.length - 1) {
      b.jump(done, [differs]);
      return;
    }
    const next = b.newBlock();
    b.branch(differs, done, next, { trueArgs: [differs] });
    b.enter(next);
  });
  if (tests.length === 0) b.jump(done, [b.const(0)]);
  b.enter(done);
  return result;
}

function longRangesDiffer(
  f: FuncContext,
  left: Place,
  right: Place,
  bytes: number,
  align: Place['align'],
): ValueId {
  const { b } = f;
  const words = Math.floor(bytes / align);
  const differs = b.declareVariable(b.const(0));
  loop(f, words, ({ index, leaveWhen }) => {
    const offset = align === 1 ? index : b.binary('mul', index, b.const(align));
    const a = b.load(align, b.binary('add', left.base, offset), left.off);
    const c = b.load(align, b.binary('add', right.base, offset), right.off);
    b.writeVariable(differs, b.compare('ne', a, c));
    leaveWhen(b.readVariable(differs));
  });
  const rest = bytes - words * align;
  if (rest === 0) return b.readVariable(differs);
  const tail = rangesDiffer(
    f,
    { base: left.base, off: left.off + words * align, align },
    { base: right.base, off: right.off + words * align, align },
    rest,
  );
  return b.binary('or', b.readVariable(differs), tail);
}
