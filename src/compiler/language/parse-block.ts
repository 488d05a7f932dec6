/** Blocks and statements. Source: bpftrace 0.27. */
import type {
  AssignOp,
  Block,
  Expr,
  ExprStatement,
  For,
  If,
  Import,
  MapName,
  Range,
  Statement,
  Variable,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { SyntaxFailure } from './cursor.ts';
import {
  binaryOpAt,
  parseCondition,
  parseExpression,
  parseExpressionAfter,
  parseHead,
  parsePrimary,
} from './parse-expression.ts';
import { parseStringLiteral } from './parse-literal.ts';
import { parseTypeAnnotation } from './parse-type.ts';

/** Whether the last expression of a block is its value or just another statement. */
type BlockUse = 'value' | 'statements';

/** What one step in a block gives: a statement, or the block's value, which a `}` follows. */
type BlockItem = { readonly statement: Statement } | { readonly value: Expr };

const assignOps: ReadonlyMap<string, AssignOp | undefined> = new Map([
  ['=', undefined],
  ['+=', '+'],
  ['-=', '-'],
  ['*=', '*'],
  ['/=', '/'],
  ['%=', '%'],
  ['&=', '&'],
  ['|=', '|'],
  ['^=', '^'],
  ['<<=', '<<'],
  ['>>=', '>>'],
]);

/** `{ … }`. Broken statements are reported and left out. */
export function parseBlock(p: Cursor, use: BlockUse): Block {
  const { start } = p.expect('{');
  p.enter();
  const { depth } = p;
  const errorsBefore = p.diagnostics.length;
  const statements: Statement[] = [];
  let value: Expr | undefined;
  while (!p.at('}')) {
    if (p.atEnd || p.hasGivenUp || p.atProbeStart()) {
      // After an error inside, a missing brace is most likely its consequence.
      if (p.diagnostics.length === errorsBefore) p.reportExpected("'}'");
      throw new SyntaxFailure(true);
    }
    try {
      const item = parseBlockItem(p);
      if ('value' in item) value = item.value;
      else statements.push(item.statement);
    } catch (failure) {
      if (!(failure instanceof SyntaxFailure)) throw failure;
      p.depth = depth;
      if (failure.atBoundary) p.accept(';');
      else p.skipStatement();
    }
  }
  p.advance();
  p.depth = depth - 1;
  const span = p.span(start);
  if (value === undefined) return { kind: 'block', span, statements };
  if (use === 'value') return { kind: 'block', span, statements, value };
  return { kind: 'block', span, statements: [...statements, asStatement(value)] };
}

/** An expression that ends a block without a value. */
function asStatement(value: Expr): ExprStatement {
  const expr = withoutValue(value);
  return { kind: 'expr-statement', span: expr.span, expr };
}

/** An expression as a statement: the blocks that it consists of have no value. */
function withoutValue<E extends Expr>(expr: E): E | Block | If {
  if (expr.grouped) return expr;
  if (expr.kind === 'block') return blockWithoutValue(expr);
  if (expr.kind !== 'if') return expr;
  // Chains of `else if` can be long: rebuilt from the last to the first, without recursion.
  const chain: If[] = [];
  let last: Block | If | undefined = expr;
  while (last?.kind === 'if') {
    chain.push(last);
    last = last.otherwise;
  }
  let result: Block | If | undefined = last && blockWithoutValue(last);
  for (const arm of chain.reverse()) {
    const then = blockWithoutValue(arm.then);
    result = {
      kind: 'if',
      span: arm.span,
      condition: arm.condition,
      then,
      ...(result && { otherwise: result }),
    };
  }
  return result ?? expr;
}

function blockWithoutValue(block: Block): Block {
  const { value, ...rest } = block;
  return value === undefined ? block : { ...rest, statements: [...block.statements, asStatement(value)] };
}

function parseBlockItem(p: Cursor): BlockItem {
  const { kind, text, start } = p.token;
  if (kind === 'word') {
    switch (text) {
      case 'import':
        return { statement: parseImport(p) };
      case 'while':
      case 'unroll':
        return { statement: parseLoop(p, text) };
      case 'for':
        return { statement: parseFor(p) };
      case 'break':
      case 'continue':
        p.advance();
        endStatement(p);
        return { statement: { kind: text, span: p.span(start) } };
      case 'return':
        return { statement: parseReturn(p) };
      case 'let':
        return { statement: parseLet(p) };
      case '_':
        if (p.peekSecond().text === '=') return { statement: parseDiscard(p) };
    }
  }
  return parseExpressionItem(p);
}

/** `import "path";` */
export function parseImport(p: Cursor): Import {
  const { start } = p.expectWord('import');
  if (!p.atKind('string')) p.failExpected("string after 'import'");
  const path = parseStringLiteral(p);
  const span = p.span(start);
  if (!p.accept(';')) p.failExpected("';' after import");
  return { kind: 'import', span, path };
}

function parseLoop(p: Cursor, kind: 'while' | 'unroll'): Statement {
  const { start } = p.advance();
  const condition = parseHead(p, () => parseCondition(p));
  const body = parseBlock(p, 'statements');
  if (condition === undefined) throw new SyntaxFailure(true);
  p.accept(';');
  const span = p.span(start, body.span.end);
  return kind === 'while' ? { kind, span, condition, body } : { kind, span, count: condition, body };
}

function parseFor(p: Cursor): For {
  const { start } = p.expectWord('for');
  const head = parseHead(p, () => parseForHead(p, start));
  const body = parseBlock(p, 'statements');
  if (head === undefined) throw new SyntaxFailure(true);
  p.accept(';');
  return { kind: 'for', span: p.span(start, body.span.end), ...head, body };
}

function parseForHead(p: Cursor, start: number): Pick<For, 'variable' | 'over'> {
  const inParentheses = p.accept('(');
  const variable = parseVariable(p, 'variable in for loop');
  p.expect(':');
  const first = parsePrimary(p);
  let over: Range | MapName;
  if (p.accept('..')) {
    const to = parsePrimary(p);
    over = { kind: 'range', span: p.span(start), from: first, to };
  } else if (first.kind === 'map') over = first;
  else p.failExpected('map or range in for loop');
  if (inParentheses) p.expect(')');
  return { variable, over };
}

function parseReturn(p: Cursor): Statement {
  const { start } = p.expectWord('return');
  const value = p.at(';') || p.at('}') ? undefined : parseExpression(p);
  endStatement(p);
  return { kind: 'return', span: p.span(start), ...(value && { value }) };
}

function parseLet(p: Cursor): Statement {
  const { start } = p.expectWord('let');
  const variable = parseVariable(p, "variable after 'let'");
  const headSpan = p.span(start);
  const type = p.accept(':') ? parseTypeAnnotation(p) : undefined;
  const value = p.accept('=') ? parseExpression(p) : undefined;
  const span = p.span(start);
  endStatement(p);
  return { kind: 'let', span, headSpan, variable, ...(type && { type }), ...(value && { value }) };
}

function parseDiscard(p: Cursor): Statement {
  const { start } = p.advance();
  p.expect('=');
  const value = parseExpression(p);
  const span = p.span(start);
  endStatement(p);
  return { kind: 'discard', span, value };
}

/** An assignment, or an expression as a statement or as the block's value. */
function parseExpressionItem(p: Cursor): BlockItem {
  const { start } = p.token;
  const expr = parseStatementExpression(p);
  if (p.token.kind === 'punct' && assignOps.has(p.token.text))
    return { statement: parseAssign(p, expr, start) };
  if (p.at('}')) return { value: expr };
  const sigil = expr.kind === 'variable' || expr.kind === 'map' || expr.kind === 'map-access';
  const spanBefore = p.span(start);
  if (p.accept(';')) {
    const span = sigil || p.at('}') ? spanBefore : p.span(start);
    return { statement: { kind: 'expr-statement', span, expr: withoutValue(expr) } };
  }
  if (!endsWithBlock(expr)) endStatement(p);
  return { statement: { kind: 'expr-statement', span: spanBefore, expr: withoutValue(expr) } };
}

/**
 * An expression at the start of a statement. One that starts with `if` or a block is complete at its `}`, unless an
 * operator follows; `*`, `-`, `&` on a later line, and `++`, `--` anywhere, start the next statement instead.
 */
function parseStatementExpression(p: Cursor): Expr {
  if (!p.atWord('if') && !p.at('{')) return parseExpression(p);
  const expr = parsePrimary(p);
  const { text, onNewLine } = p.token;
  const isPrefix = ['*', '-', '&', '['].includes(text);
  const continues = ['.', '->', '[', '?'].some((op) => p.at(op)) || binaryOpAt(p) !== undefined;
  return continues && !(isPrefix && onNewLine) ? parseExpressionAfter(p, expr) : expr;
}

function endsWithBlock(expr: Expr): boolean {
  return (expr.kind === 'if' || expr.kind === 'block') && !expr.grouped;
}

function parseAssign(p: Cursor, target: Expr, start: number): Statement {
  const { start: opStart, text } = p.advance();
  const op = assignOps.get(text);
  const value = parseExpression(p);
  const span = p.span(start);
  const opSpan = p.span(opStart);
  const isWhole = target.kind === 'variable' || target.kind === 'map' || target.kind === 'map-access';
  if ((isWhole || (target.kind === 'index' && isOfVariable(target))) && !target.grouped) {
    endStatement(p);
    return { kind: 'assign', span, opSpan, target, ...(op && { op }), value };
  }
  const isPart = target.kind === 'field' || target.kind === 'element';
  p.report(isPart ? 'syntax-immutable' : 'syntax-assignment-target', span);
  endStatement(p);
  throw new SyntaxFailure(true);
}

/** Whether an element belongs to a variable or map, and not to memory that something points to or a value in passing. */
function isOfVariable(expr: Expr): boolean {
  if (expr.kind === 'index') return isOfVariable(expr.object);
  return expr.kind === 'variable' || expr.kind === 'map' || expr.kind === 'map-access';
}

/** The `;` behind a statement, optional before a `}`. Missing at the end of a line, it is reported and assumed. */
function endStatement(p: Cursor): void {
  if (p.accept(';') || p.at('}')) return;
  p.reportExpected("';'");
  throw new SyntaxFailure(p.token.onNewLine && !p.token.unterminated);
}

/** `$name` where only a variable may stand. */
export function parseVariable(p: Cursor, what: string): Variable {
  if (!p.atKind('variable')) p.failExpected(p.token.text === '$' ? "identifier after '$'" : what);
  const { text, start } = p.advance();
  return { kind: 'variable', span: p.span(start), name: text };
}
