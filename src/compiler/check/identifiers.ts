/** Bare words: builtin variables, C constants, enumerators. Macros of the script are gone by now. */

import { builtins, findBuiltin } from '../builtins/index.ts';
import { expandIdentifier, type IdentifierExpansion, textOfMacro } from '../cpreproc/index.ts';
import { type Identifier, parseExpression, type Span, suggest } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail } from './body.ts';
import { checkWord, plainName } from './calls.ts';
import { checkRaw } from './expressions.ts';
import { kernelConstant, kernelConstantNames } from './kernel-constants.ts';
import { constant, intLiteral } from './literals.ts';

export function checkIdentifier(body: Body, identifier: Identifier): TypedExpr {
  const { name, span } = identifier;
  if (findBuiltin(plainName(name))) return checkWord(body, name, span);
  const expansion = expandIdentifier(body.program.cMacros, name);
  const enumerator = body.program.types.enumerator(name);
  // `#define A A` beside an enumerator A is how C tells that there is one.
  const isSelf = expansion.kind === 'recursion' && expansion.name === name && enumerator !== undefined;
  if (expansion.kind !== 'no-macro' && !isSelf) return checkCMacro(body, name, span, expansion);
  if (enumerator) {
    const { enumName, value, signed } = enumerator;
    return constant(value, { kind: 'enum', name: enumName, size: 8, signed }, span);
  }
  const { target, types } = body.program;
  const known = kernelConstant(name, target.arch, (bit) => types.enumerator(bit)?.value);
  if (known !== undefined) return intLiteral(known, span);
  return fail(body, 'unknown-identifier', span, [name], {
    hint: () => suggest(name, knownNames(body)) ?? body.program.types.kernelHint(),
  });
}

/** A C macro stands for the expression its text is. */
export function checkCMacro(body: Body, name: string, span: Span, expansion: IdentifierExpansion): TypedExpr {
  if (expansion.kind === 'recursion') return fail(body, 'c-macro-recursive', span, [expansion.name]);
  if (expansion.kind === 'no-macro') return fail(body, 'unknown-identifier', span, [name]);
  const { expr, diagnostics } = parseExpression(expansion.text, span);
  if (expr) return checkRaw(body, expr);
  const [problem] = diagnostics;
  if (problem === undefined) {
    return fail(body, 'unknown-identifier', span, [name], { hint: () => 'Its #define has no text.' });
  }
  return fail(body, 'c-macro', span, [
    textOfMacro(body.program.cMacros, name),
    name,
    problem.message.replace(/^syntax: /, ''),
  ]);
}

/** What a bare word could have meant. */
function* knownNames(body: Body): Generator<string> {
  yield* Object.keys(builtins);
  yield* body.program.cMacros.keys();
  yield* body.program.types.enumeratorNames();
  yield* kernelConstantNames(body.program.target.arch);
}
