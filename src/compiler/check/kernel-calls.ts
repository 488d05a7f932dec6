/** Calls of functions of the kernel (kfuncs) and of imported objects by their name: what BTF says of them decides about arguments and results. */
import { type PointerType, spellType, type Type } from '../../types/index.ts';
import type { Call } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail, report } from './body.ts';
import { castTo } from './cast-to.ts';
import { checkExpr } from './check-expr.ts';
import { convertTo } from './conversion.ts';
import { isIntLiteral, isUnknown, unknownExpr } from './literals.ts';
import { compatible, fitsInto } from './promotion.ts';
import { isTypeExpr } from './type-names.ts';

/** Registers of a call. Source: Documentation/bpf/standardization/instruction-set.rst, Registers and calling convention. */
const MAX_ARGS = 5;

const registerKinds: ReadonlySet<Type['kind']> = new Set(['int', 'bool', 'enum', 'pointer']);

/**
 * A call of a function that only the kernel knows; undefined when it knows none of that name.
 *
 * Pointers are passed as they are: whether one may go where the function wants it, the verifier decides, which knows where it came from. A value
 * in memory (text, a buffer, an array, a struct) is passed by its address where the function takes a pointer.
 */
export function checkKernelCall(body: Body, call: Call): TypedExpr | undefined {
  const name = call.callee.text;
  const { types } = body.program;
  const ofObject = types.objectFunction(name);
  const found = ofObject ?? types.kernelFunction(name);
  if (!found) return undefined;
  const { params, result } = found;
  if (ofObject && found.isStatic) return fail(body, 'fn-linkage', call.span, [name]);
  if (!ofObject && found.isKfunc === false) return fail(body, 'kfunc-closed', call.span, [name]);
  const isCallable =
    params.length <= MAX_ARGS &&
    params.every(({ type }) => registerKinds.has(type.kind)) &&
    (result.kind === 'void' || registerKinds.has(result.kind));
  if (!isCallable) return fail(body, 'kfunc-type', call.span, [name]);
  if (call.args.length !== params.length) {
    return fail(body, 'fn-arity', call.span, [name, params.length, call.args.length]);
  }
  const args: TypedExpr[] = [];
  for (const [index, arg] of call.args.entries()) {
    const param = params[index];
    if (!param || isTypeExpr(arg)) return unknownExpr(call.span);
    const value = checkExpr(body, arg);
    if (isUnknown(value)) continue;
    const passed = passedTo(body, value, param.type);
    if (passed) args.push(passed);
    else report(body, 'fn-argument', value.at, [spellType(param.type), param.name, spellType(value.type)]);
  }
  if (args.length !== params.length) return unknownExpr(call.span);
  const typed = { kind: 'call-kernel', type: result, at: call.span, name, args } as const;
  return ofObject ? { ...typed, isOfObject: true } : typed;
}

function passedTo(body: Body, value: TypedExpr, wanted: Type): TypedExpr | undefined {
  if (wanted.kind === 'pointer') return pointerFor(value, wanted);
  const fits = fitsInto(value.type, wanted) || (isIntLiteral(value) && compatible(value.type, wanted));
  return fits ? convertTo(body, value, wanted) : undefined;
}

/** Kinds of values that lie in memory. */
const memoryKinds: ReadonlySet<Type['kind']> = new Set(['string', 'buffer', 'array', 'struct']);

function pointerFor(value: TypedExpr, wanted: PointerType): TypedExpr | undefined {
  const { type } = value;
  if (isIntLiteral(value)) return value.value === 0n ? castTo(value, wanted) : undefined;
  if (type.kind === 'pointer') {
    const isAny = wanted.to.kind === 'void' || type.to.kind === 'void';
    return isAny || compatible(type, wanted) || isText(type, wanted) ? value : undefined;
  }
  return memoryKinds.has(type.kind) && (wanted.to.kind === 'void' || wanted.to.kind === 'int')
    ? value
    : undefined;
}

/** Bytes of any sign: `char *` of the kernel and `int8 *`, `uint8 *` of a script. */
function isText(type: PointerType, wanted: PointerType): boolean {
  return [type.to, wanted.to].every((to) => to.kind === 'int' && to.size === 1);
}
