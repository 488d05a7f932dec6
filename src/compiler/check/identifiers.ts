/** Bare words: builtin variables, C constants, enumerators. Macros of the script are gone by now. */

import { builtins, findBuiltin } from '../builtins/index.ts';
import { expandIdentifier } from '../cpreproc/index.ts';
import { type Identifier, suggest } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail } from './body.ts';
import { checkCMacro } from './c-macros.ts';
import { checkWord, plainName } from './calls.ts';
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

/** What a bare word could have meant. */
function* knownNames(body: Body): Generator<string> {
  yield* Object.keys(builtins);
  yield* body.program.cMacros.keys();
  yield* body.program.types.enumeratorNames();
  yield* kernelConstantNames(body.program.target.arch);
}
