/** Statements one behind the other. */
import type { Block, Span, Statement } from '../language/index.ts';
import type { TypedStatement } from '../typed/index.ts';
import { type Body, inScope, report } from './body.ts';

/** Statements of one block. Those behind a jump are checked, but nothing is left of them. */
export function checkStatements(body: Body, statements: readonly Statement[]): readonly TypedStatement[] {
  const typed: TypedStatement[] = [];
  let jumps = false;
  let hasWarned = false;
  for (const statement of statements) {
    if (jumps && !hasWarned) {
      report(body, 'unreachable', statement.span, []);
      hasWarned = true;
    }
    const checked = body.program.byKind.statement(body, statement);
    if (!jumps) typed.push(...checked);
    jumps ||= checked.some(alwaysJumps);
  }
  return typed;
}

function alwaysJumps(statement: TypedStatement): boolean {
  switch (statement.kind) {
    case 'return':
    case 'break':
    case 'continue':
      return true;
    case 'scope':
      return statement.body.some(alwaysJumps);
    default:
      return false;
  }
}

/** The body of a probe, function, loop or branch, in a scope of its own. */
export function checkBody(body: Body, block: Block, valueAt?: Span): readonly TypedStatement[] {
  return inScope(body, () => {
    const statements = checkStatements(body, block.statements);
    if (!block.value) return statements;
    const last = { kind: 'expr-statement', expr: block.value, span: valueAt ?? block.value.span } as const;
    return [...statements, ...body.program.byKind.statement(body, last)];
  });
}
