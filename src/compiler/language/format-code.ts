/** Expressions, blocks and statements in canonical layout. They hold each other, so they stand in one file. */
import { unreachable } from '../../base/index.ts';
import type { Binary, Block, Call, Comment, Expr, For, If, Name, Statement, TypeExpr } from './ast.ts';
import type { Doc } from './document.ts';
import { concat, group, hardLine, indent, line, softLine } from './document.ts';
import type { CommentQueue } from './format-comments.ts';
import { inline, leading, trailing } from './format-comments.ts';
import { Lines } from './format-lines.ts';
import { precedences } from './parse-expression.ts';

/** An expression, with the parentheses it was written with. */
export function formatExpr(expr: Expr, comments: CommentQueue): Doc {
  const body = formatBare(expr, comments);
  return expr.grouped ? concat('(', body, ')') : body;
}

function formatBare(expr: Expr, comments: CommentQueue): Doc {
  const sub = (operand: Expr): Doc => formatExpr(operand, comments);
  const here = (text: string): Doc => concat(inline(comments.takeBefore(expr.span.start)), text);
  switch (expr.kind) {
    case 'int':
    case 'string':
      return here(expr.text);
    case 'bool':
      return here(String(expr.value));
    case 'variable':
    case 'map':
    case 'builtin':
    case 'identifier':
      return here(expr.name);
    case 'positional':
      return here(`$${expr.index}`);
    case 'positional-count':
      return here('$#');
    case 'map-access': {
      const name = here(expr.map.name);
      const { key } = expr;
      const isList = key.kind === 'tuple' && key.elements.length > 1 && !key.grouped;
      return concat(
        name,
        formatList('[', isList ? key.elements : [key], ']', expr.map.span.end, expr.span.end, sub, comments),
      );
    }
    case 'call':
      return formatCall(expr, comments);
    case 'unary': {
      const op = here(expr.op);
      // Two minus signs in a row would read as a decrement.
      return concat(op, expr.op === '-' && startsWithMinus(expr.operand) ? ' ' : '', sub(expr.operand));
    }
    case 'update':
      if (expr.position === 'postfix') return concat(sub(expr.target), expr.op);
      return concat(here(expr.op), sub(expr.target));
    case 'address-of':
      return concat(here('&'), sub(expr.target));
    case 'binary':
      return formatBinary(expr, comments);
    case 'conditional': {
      const { condition, then, otherwise } = expr;
      const parts = [sub(condition)];
      const branch = (sign: string, before: Expr, branchExpr: Expr): void => {
        parts.push(indent(concat(nextLine(before, branchExpr, comments), sign, sub(branchExpr))));
      };
      if (then === undefined) branch('?: ', condition, otherwise);
      else {
        branch('? ', condition, then);
        branch(': ', then, otherwise);
      }
      return group(concat(...parts));
    }
    case 'if':
      return formatIf(expr, comments, 'value');
    case 'block':
      return formatValueBlock(expr, comments);
    case 'cast':
      return concat(here('('), formatType(expr.type, comments), ')', sub(expr.operand));
    case 'field':
      return concat(sub(expr.object), expr.arrow ? '->' : '.', expr.name.text);
    case 'element':
      return concat(sub(expr.object), '.', expr.index.text);
    case 'index':
      return concat(
        sub(expr.object),
        formatList('[', [expr.index], ']', expr.object.span.end, expr.span.end, sub, comments),
      );
    case 'tuple': {
      const open = here('(');
      const { elements } = expr;
      const close = elements.length === 1 ? ',)' : ')';
      return concat(open, formatList('', elements, close, expr.span.start, expr.span.end, sub, comments));
    }
    case 'record': {
      const open = here('(');
      const one = (field: (typeof expr.fields)[number]): Doc =>
        concat(inline(comments.takeBefore(field.span.start)), field.name.text, '=', sub(field.value));
      return concat(open, formatList('', expr.fields, ')', expr.span.start, expr.span.end, one, comments));
    }
    case 'sizeof':
    case 'typeinfo':
      return concat(here(`${expr.kind}(`), formatTypeOrExpr(expr.of, comments), ')');
    case 'offsetof': {
      const of = concat(here('offsetof('), formatTypeOrExpr(expr.of, comments));
      return concat(of, ', ', expr.path.map((name: Name) => name.text).join('.'), ')');
    }
    case 'comptime':
      return concat(here('comptime '), sub(expr.operand));
    default:
      return unreachable(expr);
  }
}

/** A type: `struct x *`, `uint8[4]`. */
export function formatType(type: TypeExpr, comments: CommentQueue): Doc {
  switch (type.kind) {
    case 'named-type':
      return type.name;
    case 'tagged-type':
      return `${type.tag} ${type.name}`;
    case 'pointer-type': {
      const isPointer = type.pointee.kind === 'pointer-type';
      return concat(formatType(type.pointee, comments), isPointer ? '*' : ' *');
    }
    case 'array-type':
      return concat(formatType(type.element, comments), `[${type.size?.text ?? ''}]`);
    case 'typeof-type':
      return concat('typeof(', formatTypeOrExpr(type.of, comments), ')');
    default:
      return unreachable(type);
  }
}

function formatTypeOrExpr(of: TypeExpr | Expr, comments: CommentQueue): Doc {
  return isType(of) ? formatType(of, comments) : formatExpr(of, comments);
}

function isType(of: TypeExpr | Expr): of is TypeExpr {
  return of.kind.endsWith('-type');
}

/**
 * Elements between brackets, one per line when they do not fit on one. Comments stay with the element they follow on
 * its line, or precede.
 *
 * @param openEnd an offset at the opening bracket, or behind what is before it
 * @param end offset behind the closing bracket
 */
function formatList<T extends { readonly span: { readonly start: number; readonly end: number } }>(
  open: string,
  elements: readonly T[],
  close: string,
  openEnd: number,
  end: number,
  format: (element: T) => Doc,
  comments: CommentQueue,
): Doc {
  if (elements.length === 0 && !comments.hasBefore(end)) return open + close;
  const parts: Doc[] = [behind(openEnd, elements[0]?.span.start ?? end, comments), softLine];
  elements.forEach((element, index) => {
    const next = elements[index + 1];
    const limit = next?.span.start ?? end;
    parts.push(before(element.span.start, comments), format(element), next === undefined ? '' : ',');
    parts.push(trailing(comments.takeOnLine(element.span.end, limit)), next === undefined ? '' : line);
  });
  const rest = comments.takeBefore(end);
  if (rest.length > 0) parts.push(concat(...rest.map(({ text }) => concat(hardLine, text))));
  return group(concat(open, indent(concat(...parts)), softLine, close));
}

function formatCall(call: Call, comments: CommentQueue): Doc {
  const name = concat(inline(comments.takeBefore(call.span.start)), call.callee.text);
  const argument = (of: TypeExpr | Expr): Doc => formatTypeOrExpr(of, comments);
  return concat(
    name,
    formatList('(', call.args, ')', call.callee.span.end, call.span.end, argument, comments),
  );
}

/** `a + b - c`: operators of one strength are broken together. */
function formatBinary(expr: Binary, comments: CommentQueue): Doc {
  const chain = [expr];
  for (let left = expr.left; left.kind === 'binary' && !left.grouped; left = left.left) {
    if (precedences[left.op] !== precedences[expr.op]) break;
    chain.unshift(left);
  }
  const first = formatExpr(chain[0]?.left ?? expr.left, comments);
  const rest = chain.map(({ left, op, right }) => {
    return concat(` ${op}`, nextLine(left, right, comments), formatExpr(right, comments));
  });
  return group(concat(first, indent(concat(...rest))));
}

/** The place where a line may end between two operands, with the comments there. */
function nextLine(left: Expr, right: Expr, comments: CommentQueue): Doc {
  const onLine = behind(left.span.end, right.span.start, comments);
  return concat(onLine, line, before(right.span.start, comments));
}

/** The comments on the line of `offset`, if the line ends before `next`. */
function behind(offset: number, next: number, comments: CommentQueue): Doc {
  return comments.lineEndsIn(offset, next) > 0 ? trailing(comments.takeOnLine(offset, next)) : '';
}

/** The comments before something: block comments on its line stay there, others get their own lines. */
function before(offset: number, comments: CommentQueue): Doc {
  const taken = comments.takeBefore(offset);
  const isOnLine = (comment: Comment): boolean => comments.lineEndsIn(comment.span.end, offset) === 0;
  return concat(
    leading(taken.filter((comment) => !isOnLine(comment))),
    inline(taken.filter((comment) => isOnLine(comment))),
  );
}

/** `if` as a statement has its blocks on lines of their own; one that only gives values may stand on one line. */
function formatIf(expr: If, comments: CommentQueue, use: 'value' | 'statement'): Doc {
  const parts: Doc[] = [];
  const isShort = use === 'value' && onlyGivesValues(expr);
  const block = (of: Block): Doc => (isShort ? formatValueBlock(of, comments) : formatBlock(of, comments));
  for (let arm: Block | If | undefined = expr; arm !== undefined; ) {
    parts.push(inline(comments.takeBefore(arm.span.start)));
    if (arm.kind === 'block') {
      parts.push(block(arm));
      break;
    }
    parts.push('if ', formatExpr(arm.condition, comments), ' ', block(arm.then));
    if (arm.otherwise !== undefined) parts.push(' else ');
    arm = arm.otherwise;
  }
  return group(concat(...parts));
}

function onlyGivesValues(expr: If): boolean {
  if (!isShortBlock(expr.then)) return false;
  const { otherwise } = expr;
  return otherwise?.kind === 'block' && isShortBlock(otherwise);
}

function isShortBlock(block: Block): boolean {
  return block.statements.length === 0 && block.value !== undefined;
}

/** A block used as an operand: on one line when it is nothing but a value that fits. */
function formatValueBlock(block: Block, comments: CommentQueue): Doc {
  const { value } = block;
  if (!isShortBlock(block) || value === undefined) return formatBlock(block, comments);
  const open = concat(inline(comments.takeBefore(block.span.start)), '{');
  const before = concat(
    trailing(comments.takeOnLine(block.span.start + 1, value.span.start)),
    line,
    leading(comments.takeBefore(value.span.start)),
  );
  const body = concat(before, formatExpr(value, comments), trailing(comments.takeBefore(block.span.end)));
  return group(concat(open, indent(body), line, '}'));
}

function startsWithMinus(expr: Expr): boolean {
  if (expr.grouped) return false;
  return (
    (expr.kind === 'unary' && expr.op === '-') ||
    (expr.kind === 'update' && expr.op === '--' && expr.position === 'prefix')
  );
}

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
