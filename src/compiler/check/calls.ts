/** Calls and builtin words: what may stand where, how many arguments; the rest is said by the builtin's row. */
import { none, spellType } from '../../types/index.ts';
import { type AggregateUse, type BuiltinRow, builtins, findBuiltin } from '../builtins/index.ts';
import { expandIdentifier } from '../cpreproc/index.ts';
import { type Call, type Span, spanText, suggest } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, type FnSignature, fail, report } from './body.ts';
import { CheckedUse } from './builtin-use.ts';
import { checkCMacro } from './c-macros.ts';
import { checkExpr } from './check-expr.ts';
import { convertTo } from './conversion.ts';
import { checkKernelCall } from './kernel-calls.ts';
import { isIntLiteral, isUnknown, unknownExpr } from './literals.ts';
import { compatible, fitsInto } from './promotion.ts';
import { isTypeExpr } from './type-names.ts';
import { isStable } from './unstable.ts';
import { isUsableHere } from './usable-here.ts';

/** The word without the prefix that marks it as upstream's own. */
export function plainName(name: string): string {
  const plain = name.replace(/^__builtin_/, '');
  return findBuiltin(plain) ? plain : name;
}

/** A builtin variable: a bare word. */
export function checkWord(body: Body, word: string, at: Span): TypedExpr {
  if (/^sarg\d+$/.test(word)) return fail(body, 'builtin-removed', at, []);
  const name = plainName(word);
  const row = findBuiltin(name);
  if (!row) return fail(body, 'unknown-identifier', at, [name]);
  if (row.form === 'function') return fail(body, 'not-a-value', at, [name]);
  return checkUse(body, row, { name, at, called: false, args: [] });
}

/** `callee(args)` */
export function checkCall(body: Body, call: Call): TypedExpr {
  const name = plainName(call.callee.text);
  const fn = body.program.fns.find((candidate) => candidate.fn.name.text === name);
  if (fn) return checkFnCall(body, call, fn);
  const row = findBuiltin(name);
  if (!row) return checkOtherCall(body, call);
  if (row.form === 'variable') return fail(body, 'not-a-function', call.span, [name]);
  const args = row.splitsAccess ? splitAccess(call.args) : call.args;
  const arity = arityProblem(name, row, args.length);
  // An aggregating function is wrong here whatever its arguments.
  if (arity !== undefined && !row.aggregate) {
    return row.macro
      ? fail(body, 'macro-mismatch', call.span, [name], { hint: arity })
      : fail(body, 'call-arity', call.span, [arity]);
  }
  return checkUse(body, row, { name, at: call.span, called: true, args });
}

function splitAccess(args: Call['args']): Call['args'] {
  const [access] = args;
  return access?.kind === 'map-access' && args.length === 1 ? [access.map, access.key] : args;
}

/** An aggregating function on the right of a map assignment. */
export function checkAggregate(body: Body, call: Call): AggregateUse | undefined {
  const name = call.callee.text;
  const row = findBuiltin(name);
  if (!row?.aggregate || (row.unstable && !isStable(body, row.unstable, call.span))) return undefined;
  const arity = arityProblem(name, row, call.args.length);
  if (arity !== undefined) {
    report(body, 'call-arity', call.span, [arity]);
    return undefined;
  }
  return row.aggregate(makeUse(body, row, { name, at: call.span, called: true, args: call.args }));
}

interface Use {
  readonly name: string;
  readonly at: Span;
  readonly called: boolean;
  readonly args: Call['args'];
}

function makeUse(body: Body, row: BuiltinRow, use: Use): CheckedUse {
  return new CheckedUse(body, { ...use, longText: row.longText === true });
}

function checkUse(body: Body, row: BuiltinRow, use: Use): TypedExpr {
  if (!isUsableHere(body, use.name, use.at)) return unknownExpr(use.at);
  if (!row.check) return fail(body, 'not-supported', use.at, [use.called ? `${use.name}()` : use.name]);
  const typed = row.check(makeUse(body, row, use));
  return row.ends && !isUnknown(typed) ? thenReturn(typed, use.at) : typed;
}

/** The prog ends behind it. */
function thenReturn(call: TypedExpr, at: Span): TypedExpr {
  return {
    kind: 'block',
    type: none,
    at,
    body: [
      { kind: 'expr', at, expr: call },
      { kind: 'return', at },
    ],
  };
}

/** What is wrong with a number of arguments. */
function arityProblem(name: string, row: BuiltinRow, count: number): string | undefined {
  const [least, most] = row.arity ?? [0, 0];
  if (count >= least && count <= most) return undefined;
  const limit = count < least ? least : most;
  const words = limit === 0 ? 'no arguments' : limit === 1 ? 'one argument' : `${limit} arguments`;
  if (least === most || (limit === 0 && count > most))
    return `${name}() requires ${words} (${count} provided)`;
  return count < least
    ? `${name}() requires at least ${words} (${count} provided)`
    : `${name}() takes up to ${words} (${count} provided)`;
}

function checkFnCall(body: Body, call: Call, signature: FnSignature): TypedExpr {
  const { fn, params, index, result } = signature;
  if (call.args.length !== params.length) {
    return fail(body, 'fn-arity', call.span, [fn.name.text, params.length, call.args.length]);
  }
  const args: TypedExpr[] = [];
  for (const [at, arg] of call.args.entries()) {
    const param = params[at];
    if (!param || isTypeExpr(arg)) return unknownExpr(call.span);
    const value = checkExpr(body, arg);
    if (isUnknown(value)) continue;
    const fits =
      fitsInto(value.type, param.type) || (isIntLiteral(value) && compatible(value.type, param.type));
    if (fits) args.push(convertTo(body, value, param.type));
    else report(body, 'fn-argument', value.at, [spellType(param.type), param.name, spellType(value.type)]);
  }
  if (args.length !== params.length) return unknownExpr(call.span);
  return { kind: 'call-fn', type: result, at: call.span, fn: index, args };
}

/** A name that is no builtin: a C macro with arguments, a function of the kernel, or nothing we know. */
function checkOtherCall(body: Body, call: Call): TypedExpr {
  const name = call.callee.text;
  const texts = call.args.map((arg) => spanText(arg.span));
  const expansion = expandIdentifier(body.program.cMacros, name, texts);
  if (expansion.kind !== 'no-macro') return checkCMacro(body, name, call.span, expansion);
  const known = [...Object.keys(builtins), ...body.program.fns.map((signature) => signature.fn.name.text)];
  const ofKernel = checkKernelCall(body, call);
  if (ofKernel) return ofKernel;
  return fail(body, 'unknown-function', call.span, [name], { hint: () => suggest(name, known) });
}
