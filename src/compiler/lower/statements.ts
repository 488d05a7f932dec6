import { present, unreachable } from '../../base/index.ts';
import { sizeOf } from '../../types/index.ts';
import { copyPlace } from '../builtins/index.ts';
import { type LocalIndex, someExpr, type TypedExpr, type TypedStatement } from '../typed/index.ts';
import { lowerAggregate } from './aggregations.ts';
import { lowerStatements } from './blocks.ts';
import { lowerCallEffect } from './calls.ts';
import { lowerCondition } from './conditions.ts';
import { branch } from './control.ts';
import { setElement } from './elements.ts';
import { lowerKernelCall } from './expressions.ts';
import { at, type FuncContext } from './func-context.ts';
import { inlineFunctionInto } from './inlining.ts';
import { clearLocal, localOf, placeOfLocal, writeLocal } from './locals.ts';
import { lowerLoop } from './loops.ts';
import { lowerInto, lowerScalar, materialise, materialiseCopy } from './lower-expr.ts';
import { setMap } from './map-values.ts';
import { isByValue } from './values.ts';

/** Lowers one statement; `lowerStatements` is what calls it. */
export function lowerStatement(f: FuncContext, statement: TypedStatement): void {
  switch (statement.kind) {
    case 'expr':
      lowerDropped(f, statement.expr);
      return;
    case 'set-local':
      setLocal(f, statement.local, statement.value);
      return;
    case 'clear-local':
      clearLocal(f, statement.local);
      return;
    case 'set-element':
      setElement(f, statement);
      return;
    case 'set-map':
      setMap(f, statement.map, statement.key, statement.value);
      return;
    case 'aggregate':
      lowerAggregate(f, statement);
      return;
    case 'if':
      branch(
        f,
        lowerCondition(f, statement.condition),
        () => lowerStatements(f, statement.then),
        statement.else.length === 0 ? undefined : () => lowerStatements(f, statement.else),
      );
      return;
    case 'while':
    case 'repeat':
    case 'for-range':
    case 'for-map':
      lowerLoop(f, statement);
      return;
    case 'break':
      leaveLoop(f, 'onBreak');
      return;
    case 'continue':
      leaveLoop(f, 'onContinue');
      return;
    case 'return':
      f.body.onReturn(statement.value);
      return;
    case 'scope':
      lowerStatements(f, statement.body);
      return;
    default:
      unreachable(statement);
  }
}

/** An expression for what it does. */
function lowerDropped(f: FuncContext, expr: TypedExpr): void {
  at(f, expr.at, () => {
    if (expr.kind === 'call') lowerCallEffect(f, expr);
    else if (expr.kind === 'call-fn' && !isByValue(expr.type)) inlineFunctionInto(f, expr, undefined);
    else if (expr.kind === 'call-kernel') lowerKernelCall(f, expr);
    else if (expr.kind === 'block') {
      lowerStatements(f, expr.body);
      if (expr.value !== undefined && !f.b.isEnded) lowerDropped(f, expr.value);
    } else if (expr.kind === 'conditional' && expr.type.kind === 'none') {
      branch(
        f,
        lowerCondition(f, expr.condition),
        () => lowerDropped(f, expr.then),
        () => lowerDropped(f, expr.else),
      );
    } else if (isByValue(expr.type)) lowerScalar(f, expr);
    else materialise(f, expr);
  });
}

function setLocal(f: FuncContext, local: LocalIndex, value: TypedExpr): void {
  const { type } = localOf(f, local);
  if (isByValue(type)) {
    writeLocal(f, local, lowerScalar(f, value));
    return;
  }
  if (value.kind === 'local' && value.local === local) return;
  const usesItself = someExpr(value, (expr) => expr.kind === 'local' && expr.local === local);
  if (usesItself) {
    const copy = materialiseCopy(f, value);
    copyPlace(f.b, placeOfLocal(f, local), copy, sizeOf(type, f.prog.program.structs));
  } else lowerInto(f, value, placeOfLocal(f, local), 'exact');
}

/** `break` and `continue`: to the innermost loop that knows them, out of whatever stands in it. */
function leaveLoop(f: FuncContext, how: 'onBreak' | 'onContinue'): void {
  let depth = f.loops.length - 1;
  while (depth >= 0 && f.loops[depth]?.[how] === undefined) {
    f.loops[depth]?.release?.();
    depth--;
  }
  present(f.loops[depth]?.[how], `a ${how === 'onBreak' ? 'break' : 'continue'} stands in a loop`)();
}
