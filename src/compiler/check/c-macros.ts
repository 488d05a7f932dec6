import { type IdentifierExpansion, textOfMacro } from '../cpreproc/index.ts';
import { parseExpression, type Span } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail } from './body.ts';
import { checkRaw } from './check-expr.ts';

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
