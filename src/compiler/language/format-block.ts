import { unreachable } from '../../base/index.ts';
import type { Block, Expr, For, Statement } from './ast.ts';
import type { Doc } from './document.ts';
import { concat, hardLine, indent } from './document.ts';
import type { CommentQueue } from './format-comments.ts';
import { inline, trailing } from './format-comments.ts';
import { formatExpr, formatIf, formatType } from './format-expression.ts';
import { Lines } from './format-lines.ts';

/** `{ … }`, a statement to a line. */
export function formatBlock(block: Block, comments: CommentQueue): Doc {
  const { statements, value, span } = block;
  const open = concat(inline(comments.takeBefore(span.start)), '{');
  const starts = [
    ...statements.map((statement) => statement.span.start),
    ...(value ? [value.span.start] : []),
  ];
  const behindBrace = comments.takeOnLine(span.start + 1, starts[0] ?? span.end);
  const lines = new Lines(comments, span.start + 1);
  statements.forEach((statement, index) => {
    const limit = starts[index + 1] ?? span.end;
    lines.add(statement.span, limit, () => formatStatement(statement, comments));
  });
  if (value !== undefined) lines.add(value.span, span.end, () => formatStatementExpr(value, comments));
  lines.addComments(span.end);
  if (lines.isEmpty && behindBrace.length === 0) return concat(open, '}');
  const body = lines.isEmpty ? '' : indent(concat(hardLine, lines.doc));
  return concat(open, trailing(behindBrace), body, hardLine, '}');
}

function formatStatement(statement: Statement, comments: CommentQueue): Doc {
  const expr = (of: Expr): Doc => formatExpr(of, comments);
  switch (statement.kind) {
    case 'expr-statement': {
      const endsItself = !statement.expr.grouped && ['if', 'block'].includes(statement.expr.kind);
      return concat(formatStatementExpr(statement.expr, comments), endsItself ? '' : ';');
    }
    case 'let': {
      const { variable, type, value } = statement;
      const head = concat('let ', expr(variable), type ? concat(' : ', formatType(type, comments)) : '');
      return concat(head, value ? concat(' = ', expr(value)) : '', ';');
    }
    case 'assign': {
      const target = expr(statement.target);
      return concat(target, ` ${statement.op ?? ''}= `, expr(statement.value), ';');
    }
    case 'discard':
      return concat('_ = ', expr(statement.value), ';');
    case 'while':
      return concat('while ', expr(statement.condition), ' ', formatBlock(statement.body, comments));
    case 'unroll':
      return concat('unroll ', expr(statement.count), ' ', formatBlock(statement.body, comments));
    case 'for':
      return formatFor(statement, comments);
    case 'break':
    case 'continue':
      return `${statement.kind};`;
    case 'return':
      return concat('return', statement.value ? concat(' ', expr(statement.value)) : '', ';');
    case 'import':
      return `import ${statement.path.text};`;
    default:
      return unreachable(statement);
  }
}

/** An expression that stands where a statement may: its blocks get lines of their own. */
function formatStatementExpr(expr: Expr, comments: CommentQueue): Doc {
  if (expr.grouped) return formatExpr(expr, comments);
  if (expr.kind === 'if') return formatIf(expr, comments, isValued(expr) ? 'value' : 'statement');
  return expr.kind === 'block' ? formatBlock(expr, comments) : formatExpr(expr, comments);
}

function isValued(expr: Expr & { kind: 'if' }): boolean {
  return expr.then.value !== undefined;
}

function formatFor({ variable, over, body }: For, comments: CommentQueue): Doc {
  const head = concat('for ', formatExpr(variable, comments), ' : ');
  if (over.kind === 'map') return concat(head, over.name, ' ', formatBlock(body, comments));
  const from = formatExpr(over.from, comments);
  const to = formatExpr(over.to, comments);
  return concat(head, from, '..', to, ' ', formatBlock(body, comments));
}
