/** Here the kinds of expressions are told apart; each has its function in the file of its topic. */
import { unreachable } from '../../base/index.ts';
import { pointerTo } from '../../types/index.ts';
import {
  type AddressOf,
  type Expr,
  type StringLiteral,
  type Tuple,
  textOfByteString,
} from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail } from './body.ts';
import { checkCall, checkWord } from './calls.ts';
import { checkCast } from './casts.ts';
import { checkComptime } from './comptime.ts';
import { checkBlockExpr, checkConditional, checkIfExpr } from './conditionals.ts';
import { checkElement, checkField } from './fields.ts';
import { checkIdentifier } from './identifiers.ts';
import { checkIndex } from './indexing.ts';
import { boolLiteral, intLiteral, stringLiteral } from './literals.ts';
import { shownName } from './macros.ts';
import { checkMapRead, useMap } from './maps.ts';
import { checkOffsetof, checkSizeof, checkTypeinfo } from './meta.ts';
import { checkBinary, checkUnary } from './operators.ts';
import { checkPositional } from './parameters.ts';
import { checkRecord, checkTuple } from './tuples.ts';
import { checkUpdate } from './updates.ts';
import { checkVariable, findVariable, variableType } from './variables.ts';

/** Checks one expression; `checkExpr` and `checkRaw` are what calls it. */
export function checkExprByKind(body: Body, expr: Expr): TypedExpr {
  switch (expr.kind) {
    case 'int':
      return intLiteral(expr.value, expr.span);
    case 'bool':
      return boolLiteral(expr.value, expr.span);
    case 'string':
      return checkString(body, expr);
    case 'variable':
      return checkVariable(body, expr);
    case 'map':
    case 'map-access':
      return checkMapRead(body, expr);
    case 'builtin':
      return checkWord(body, expr.name, expr.span);
    case 'identifier':
      return checkIdentifier(body, expr);
    case 'positional':
      return checkPositional(body, expr);
    case 'positional-count':
      return intLiteral(BigInt(body.program.positional.length), expr.span);
    case 'call':
      return checkCall(body, expr);
    case 'unary':
      return checkUnary(body, expr);
    case 'update':
      return checkUpdate(body, expr);
    case 'address-of':
      return checkAddressOf(body, expr);
    case 'binary':
      return checkBinary(body, expr);
    case 'conditional':
      return checkConditional(body, expr);
    case 'if':
      return checkIfExpr(body, expr);
    case 'block':
      return checkBlockExpr(body, expr);
    case 'cast':
      return checkCast(body, expr);
    case 'field':
      return checkField(body, expr);
    case 'element':
      return checkElement(body, expr);
    case 'index':
      return checkIndex(body, expr);
    case 'tuple':
      return checkTupleOrNothing(body, expr);
    case 'record':
      return checkRecord(body, expr);
    case 'sizeof':
      return checkSizeof(body, expr);
    case 'offsetof':
      return checkOffsetof(body, expr);
    case 'typeinfo':
      return checkTypeinfo(body, expr);
    case 'comptime':
      return checkComptime(body, expr);
    default:
      return unreachable(expr);
  }
}

function checkString(body: Body, literal: StringLiteral): TypedExpr {
  const limit = Number(body.program.settings.config['max_strlen'] ?? body.program.settings.maxStrlen);
  // With 0, which leaves nothing of what is read, literals are as long as they are.
  if (limit > 0 && literal.value.length > limit - 1 && !body.isLongTextAllowed) {
    return fail(body, 'string-too-long', literal.span, [limit, textOfByteString(literal.value)]);
  }
  return stringLiteral(literal.value, literal.span);
}

/** `()` is no value: an empty block. */
function checkTupleOrNothing(body: Body, expr: Tuple): TypedExpr {
  if (expr.elements.length > 0) return checkTuple(body, expr);
  return { kind: 'block', type: { kind: 'none' }, at: expr.span, body: [] };
}

/** `&$x`, `&@m`: memory of the program itself, which the kernel can read. */
function checkAddressOf(body: Body, expr: AddressOf): TypedExpr {
  const { target, span } = expr;
  if (target.kind === 'map') {
    const map = useMap(body, target);
    if (!map?.value) return fail(body, 'undefined-map', target.span, [target.name]);
    return { kind: 'address-of-map', type: pointerTo(map.value, 'kernel'), at: span, map: map.index };
  }
  const variable = findVariable(body, target.name);
  if (!variable) return fail(body, 'undefined-variable', target.span, [shownName(target.name)]);
  // What the address is given to may write there.
  variable.isAssigned = true;
  const type = variableType(body, variable);
  if (!type) {
    return fail(body, 'address-type', span, [shownName(target.name)]);
  }
  return { kind: 'address-of-local', type: pointerTo(type, 'kernel'), at: span, local: variable.index };
}
