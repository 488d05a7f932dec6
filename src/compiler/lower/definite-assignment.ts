import {
  bodiesOf,
  expressionsOf,
  type LocalIndex,
  operandsOf,
  type TypedExpr,
  type TypedStatement,
} from '../typed/index.ts';

/**
 * The locals that some path may read between their declaration and their first assignment: for those alone a declaration makes zeros. This
 * matters for locals in memory, where clearing a kilobyte for nothing is worth avoiding. `params` are assigned before the first statement.
 */
export function readBeforeAssigned(
  statements: readonly TypedStatement[],
  params: readonly LocalIndex[],
): ReadonlySet<LocalIndex> {
  const found = new Set<LocalIndex>();
  visitList(statements, new Set(params), found);
  return found;
}

function visitList(
  statements: readonly TypedStatement[],
  assigned: Set<LocalIndex>,
  found: Set<LocalIndex>,
): void {
  for (const statement of statements) visitStatement(statement, assigned, found);
}

function visitStatement(statement: TypedStatement, assigned: Set<LocalIndex>, found: Set<LocalIndex>): void {
  for (const expr of expressionsOf(statement)) visitExpr(expr, assigned, found);
  switch (statement.kind) {
    case 'set-local':
      assigned.add(statement.local);
      return;
    case 'scope':
      visitList(statement.body, assigned, found);
      return;
    case 'if': {
      const after = [statement.then, statement.else].map((body) => {
        const inside = new Set(assigned);
        visitList(body, inside, found);
        return inside;
      });
      for (const local of after[0] ?? []) if (after[1]?.has(local)) assigned.add(local);
      return;
    }
    default: {
      // A loop may run not at all, so what it assigns counts inside only.
      for (const body of bodiesOf(statement)) {
        const inside = new Set(assigned);
        if (statement.kind === 'for-range' || statement.kind === 'for-map') inside.add(statement.local);
        visitList(body, inside, found);
      }
    }
  }
}

function visitExpr(expr: TypedExpr, assigned: Set<LocalIndex>, found: Set<LocalIndex>): void {
  const read = (local: LocalIndex): void => {
    if (!assigned.has(local)) found.add(local);
  };
  if (expr.kind === 'block') {
    visitList(expr.body, assigned, found);
    if (expr.value !== undefined) visitExpr(expr.value, assigned, found);
    return;
  }
  for (const operand of operandsOf(expr)) {
    // What only one branch runs assigns nothing for certain.
    const certain = expr.kind !== 'conditional' && expr.kind !== 'logical';
    visitExpr(operand, certain ? assigned : new Set(assigned), found);
  }
  if (expr.kind === 'local' || expr.kind === 'address-of-local') read(expr.local);
  if (expr.kind === 'modify' && expr.target.kind === 'local') read(expr.target.local);
  if (expr.kind === 'call' && expr.attrs.local !== undefined) read(expr.attrs.local);
}
