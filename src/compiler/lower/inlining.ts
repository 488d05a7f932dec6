/** Script functions (`fn`): their bodies stand in place of their calls. */
import { present } from '../../base/index.ts';
import { sizeOf } from '../../types/index.ts';
import type { Place } from '../builtins/index.ts';
import { copyPlace } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { TypedExpr, TypedExprOf } from '../typed/index.ts';
import { lowerStatements } from './blocks.ts';
import { findCaptures } from './captures.ts';
import { readBeforeAssigned } from './definite-assignment.ts';
import { refuse } from './failure.ts';
import { type BodyContext, continueUnreachable, type FuncContext, releaseLoops } from './func-context.ts';
import { copyToLocal, writeLocal } from './locals.ts';
import { lowerScalar, materialiseCopy } from './lower-expr.ts';
import { isByValue } from './values.ts';

type FnCall = TypedExprOf<'call-fn'>;

/** A call whose value fits a register. */
export function inlineFunction(f: FuncContext, call: FnCall): ValueId {
  const { b } = f;
  const result = b.declareVariable(b.const(0));
  inline(f, call, (value) => b.writeVariable(result, lowerScalar(f, value)));
  return b.readVariable(result);
}

/** A call whose value is handled by address, or that has none (`to` absent). */
export function inlineFunctionInto(f: FuncContext, call: FnCall, to: Place | undefined): void {
  inline(f, call, (value) => {
    if (to === undefined) return;
    // The value may be made from what `to` held.
    const copy = materialiseCopy(f, value);
    copyPlace(f.b, to, copy, sizeOf(value.type, f.prog.program.structs));
  });
}

function inline(f: FuncContext, call: FnCall, give: (value: TypedExpr) => void): void {
  const { b, prog } = f;
  const fn = present(prog.program.typed.fns[call.fn], 'a function that is called is defined');
  if (prog.inlining.includes(fn)) {
    refuse(call.at, `${fn.name}() calls itself; functions cannot be recursive`);
  }
  const done = b.newBlock();
  const caller = f.body;
  const body: BodyContext = {
    typed: fn,
    captures: findCaptures(fn, prog.program.loopForms),
    readEarly: readBeforeAssigned(fn.statements, fn.params),
    homes: new Map(),
    cellOffsets: new Map(),
    owner: undefined,
    loopDepth: f.loops.length,
    onReturn: (value) => {
      if (value !== undefined) give(value);
      releaseLoops(f, body.loopDepth);
      b.jump(done);
    },
  };
  const values = call.args.map((arg) =>
    isByValue(arg.type) ? lowerScalar(f, arg) : materialiseCopy(f, arg),
  );
  prog.inlining.push(fn);
  f.body = body;
  fn.params.forEach((local, index) => {
    const value = values[index]!;
    if (typeof value === 'number') writeLocal(f, local, value);
    else copyToLocal(f, local, value);
  });
  lowerStatements(f, fn.statements);
  if (!b.isEnded) b.jump(done);
  f.body = caller;
  prog.inlining.pop();
  b.enter(done);
  continueUnreachable(f);
}
