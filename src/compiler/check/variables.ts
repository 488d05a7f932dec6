/** Scratch variables: scopes, declarations, types. */
import { spellType, type Type } from '../../types/index.ts';
import { type Span, suggest, type Variable as VariableNode } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail, report, type Variable } from './body.ts';
import { unknownExpr } from './literals.ts';
import { shownName } from './macros.ts';

/** The variable a name means here. */
export function findVariable(body: Body, name: string): Variable | undefined {
  for (let depth = body.scopes.length - 1; depth >= 0; depth--) {
    const found = body.scopes[depth]?.get(name);
    if (found) return found;
  }
  return undefined;
}

/** Makes a variable in the innermost scope. */
export function declareVariable(
  body: Body,
  made: Pick<Variable, 'name' | 'declaration' | 'at' | 'fixed' | 'origin' | 'isAssigned'>,
): Variable {
  const variable: Variable = { ...made, index: body.variables.length };
  body.variables.push(variable);
  body.scopes.at(-1)?.set(variable.name, variable);
  return variable;
}

/** A variable that the script does not see, for a value that is needed twice. */
export function declareTemporary(body: Body, at: Span, type: Type): Variable {
  const variable: Variable = {
    name: `$(temporary ${body.variables.length})`,
    index: body.variables.length,
    declaration: type,
    at,
    fixed: type,
    origin: 'let',
    isAssigned: true,
  };
  body.variables.push(variable);
  return variable;
}

/** The type a variable has at the end of inference; undefined while it is not known. */
export function variableType(body: Body, variable: Variable): Type | undefined {
  return variable.fixed ?? body.program.inference.variable(body.id, variable.declaration);
}

/** `$x` where its value is wanted. */
export function checkVariable(body: Body, node: VariableNode): TypedExpr {
  const variable = findVariable(body, node.name);
  if (!variable) {
    const known = body.scopes.flatMap((scope) => [...scope.keys()].map(shownName));
    return fail(body, 'undefined-variable', node.span, [shownName(node.name)], {
      hint: () => suggest(shownName(node.name), known),
    });
  }
  if (!variable.isAssigned && body.metaDepth === 0) {
    report(body, 'variable-unassigned-use', node.span, [shownName(node.name)]);
  }
  const type = variableType(body, variable);
  if (!type)
    return isAmbiguous(body) ? unknownExpr(node.span) : fail(body, 'variable-unresolved', node.span, []);
  return { kind: 'local', type, at: node.span, local: variable.index };
}

/** A message about a type that inference did not find would only follow up another error. */
function isAmbiguous(body: Body): boolean {
  return body.program.sink.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

const originMessages: Readonly<Record<Variable['origin'], string>> = {
  let: 'This is the initial declaration.',
  assignment: 'This is the initial assignment.',
  parameter: 'This is the initial declaration.',
  loop: 'This is the initial assignment.',
};

/** Reports a declaration of a name that is taken. @returns whether it was. */
export function reportTaken(
  body: Body,
  code: 'variable-redeclared' | 'loop-shadows',
  name: string,
  at: Span,
): boolean {
  const taken = findVariable(body, name);
  if (!taken) return false;
  report(body, code, at, [shownName(name)], {
    contexts: [{ span: taken.at, message: originMessages[taken.origin] }],
  });
  return true;
}

/** Reports a value whose type does not go with a variable's. */
export function reportVariableType(body: Body, variable: Variable, next: Type, at: Span): void {
  const current = variableType(body, variable);
  if (current)
    report(body, 'variable-type', at, [shownName(variable.name), spellType(next), spellType(current)]);
}
