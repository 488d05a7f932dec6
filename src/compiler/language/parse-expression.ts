/**
 * Expressions: precedence climbing over a table for operators of two operands, one function per level of
 * binding for the rest.
 */
import type {
  AssignTarget,
  BinaryOp,
  Block,
  Call,
  Expr,
  If,
  MapAccess,
  MapName,
  Name,
  Offsetof,
  RecordField,
  TypeofType,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { SyntaxFailure } from './cursor.ts';
import { parseCharacter, parseIntLiteral, parsePositional, parseStringLiteral } from './parse-literal.ts';
import { parseTypeOperand, parseTypeof, tryParseCastType } from './parse-type.ts';
import { isReservedBuiltin } from './words.ts';

/** Binding strength of binary operators, which is that of C; all associate to the left. */
export const precedences: Readonly<Record<BinaryOp, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/** The strength of a text that may be a binary operator; undefined when it is none. */
export function precedenceOf(text: string): number | undefined {
  return Object.hasOwn(precedences, text) ? precedences[text as BinaryOp] : undefined; // a key, as just asked
}

const prefixOps = ['-', '!', '~', '*'] as const;

/** A whole expression; `?:` binds weakest and to the right. */
export function parseExpression(p: Cursor): Expr {
  p.enter();
  const expr = parseConditional(p, parseBinary(p, 0, parseUnary(p)));
  p.depth--;
  return expr;
}

/** The rest of an expression of which the first operand was read. */
export function parseExpressionAfter(p: Cursor, first: Expr): Expr {
  return parseConditional(p, parseBinary(p, 0, parsePostfix(p, first)));
}

function parseConditional(p: Cursor, condition: Expr): Expr {
  if (!p.accept('?')) return condition;
  const { start } = condition.span;
  if (p.accept(':')) {
    const otherwise = parseExpression(p);
    return { kind: 'conditional', span: p.span(start), condition, otherwise };
  }
  const then = parseExpression(p);
  p.expect(':');
  const otherwise = parseExpression(p);
  return { kind: 'conditional', span: p.span(start), condition, then, otherwise };
}

function parseBinary(p: Cursor, minPrecedence: number, first: Expr): Expr {
  let left = first;
  for (;;) {
    const op = binaryOpAt(p);
    if (op === undefined || precedences[op] < minPrecedence) return left;
    p.advance();
    const right = parseBinary(p, precedences[op] + 1, parseUnary(p));
    left = { kind: 'binary', span: p.span(left.span.start), op, left, right };
  }
}

/** The binary operator at the cursor. A `/` before a `{` ends a predicate and never divides. */
export function binaryOpAt(p: Cursor): BinaryOp | undefined {
  const { kind, text } = p.token;
  if (kind !== 'punct' || !Object.hasOwn(precedences, text)) return undefined;
  if (text === '/' && p.peekSecond().text === '{') return undefined;
  // hasOwn above: the text is a key of the table.
  return text as BinaryOp;
}

/** Prefix operators, and what binds tighter. */
function parseUnary(p: Cursor): Expr {
  p.enter();
  const expr = parsePrefix(p);
  p.depth--;
  return expr;
}

function parsePrefix(p: Cursor): Expr {
  const { start } = p.token;
  if (p.at('++') || p.at('--')) {
    const op = p.advance().text === '++' ? '++' : '--';
    const operand = parseUnary(p);
    if (isAssignTarget(operand)) {
      return { kind: 'update', span: p.span(start), op, position: 'prefix', target: operand };
    }
    p.report('syntax-update-target', operand.span);
    return operand;
  }
  if (p.accept('&')) return parseAddressOf(p, start);
  const op = prefixOps.find((prefix) => p.at(prefix));
  if (op === undefined) return parsePostfix(p, parsePrimary(p));
  p.advance();
  const operand = parseUnary(p);
  return { kind: 'unary', span: p.span(start), op, operand };
}

function parseAddressOf(p: Cursor, start: number): Expr {
  if (p.atKind('variable')) {
    const { text: name, start: nameStart } = p.advance();
    const target = { kind: 'variable', span: p.span(nameStart), name } as const;
    return { kind: 'address-of', span: p.span(start), target };
  }
  if (p.atKind('map')) {
    const target = parseMapName(p);
    return { kind: 'address-of', span: p.span(start), target };
  }
  p.report('syntax-address-of', p.tokenSpan());
  return parseUnary(p);
}

/** Fields, elements, indexes, `++` and `--` behind an operand. */
function parsePostfix(p: Cursor, operand: Expr): Expr {
  let expr = operand;
  for (;;) {
    const { start } = expr.span;
    if (p.at('.') || p.at('->')) {
      const arrow = p.advance().text === '->';
      if (!arrow && p.atKind('int')) {
        const index = parseIntLiteral(p);
        expr = { kind: 'element', span: p.span(start), object: expr, index };
      } else {
        const name = p.expectName(`field name after '${arrow ? '->' : '.'}'`);
        expr = { kind: 'field', span: p.span(start), object: expr, name, arrow };
      }
    } else if (p.accept('[')) {
      const index = parseExpression(p);
      p.expect(']');
      expr = { kind: 'index', span: p.span(start), object: expr, index };
    } else if (p.at('++') || p.at('--')) {
      const { text, start: opStart } = p.advance();
      const op = text === '++' ? '++' : '--';
      if (isAssignTarget(expr)) {
        expr = { kind: 'update', span: p.span(start), op, position: 'postfix', target: expr };
      } else p.report('syntax-update-target', p.span(opStart));
    } else return expr;
  }
}

/** Operands without operators around them. */
export function parsePrimary(p: Cursor): Expr {
  const { kind, text, start } = p.token;
  switch (kind) {
    case 'int':
      return parseIntLiteral(p);
    case 'char':
      return parseCharacter(p);
    case 'string':
      return parseStringLiteral(p);
    case 'variable':
      p.advance();
      return { kind: 'variable', span: p.span(start), name: text };
    case 'map':
      return parseMap(p);
    case 'positional':
      return parsePositional(p);
    case 'positional-count':
      p.advance();
      return { kind: 'positional-count', span: p.span(start) };
    case 'word':
      return parseWord(p);
    case 'punct':
      if (text === '(') return parseParenthesised(p);
      if (text === '{') return p.grammar.parseBlock(p, 'value');
      return p.failExpected('expression');
    case 'unknown':
      return p.failExpected(text === '$' ? "identifier after '$'" : 'expression');
    case 'end':
      return p.failExpected('expression');
  }
}

/** `if` and the like, booleans, calls, builtins, identifiers. */
function parseWord(p: Cursor): Expr {
  const { text, start } = p.token;
  switch (text) {
    case 'if':
      return parseIf(p);
    case 'sizeof':
    case 'typeinfo': {
      p.advance();
      p.expect('(');
      const of = parseTypeOperand(p);
      p.expect(')');
      return { kind: text, span: p.span(start), of };
    }
    case 'offsetof':
      return parseOffsetof(p);
    case 'comptime': {
      p.advance();
      const operand = parseUnary(p);
      return { kind: 'comptime', span: p.span(start), operand };
    }
    case 'true':
    case 'false':
      p.advance();
      return { kind: 'bool', span: p.span(start), value: text === 'true' };
  }
  p.advance();
  const span = p.span(start);
  if (p.at('(')) return parseCall(p, { kind: 'name', span, text });
  return { kind: isReservedBuiltin(text) ? 'builtin' : 'identifier', span, name: text };
}

function parseCall(p: Cursor, callee: Name): Call {
  p.expect('(');
  const args: (Expr | TypeofType)[] = [];
  const parseArgument = (): Expr | TypeofType => (p.atWord('typeof') ? parseTypeof(p) : parseExpression(p));
  if (!p.at(')')) {
    do args.push(parseArgument());
    while (p.accept(','));
  }
  p.expect(')');
  return { kind: 'call', span: p.span(callee.span.start), callee, args };
}

function parseOffsetof(p: Cursor): Offsetof {
  const { start } = p.advance();
  p.expect('(');
  const of = parseTypeOperand(p);
  p.expect(',');
  const path: Name[] = [];
  do path.push(p.expectName('field name'));
  while (p.accept('.'));
  p.expect(')');
  return { kind: 'offsetof', span: p.span(start), of, path };
}

/**
 * The condition of `if`, `while` and `unroll`: a whole expression in parentheses, which then ends it, or else one
 * without `?:`, as in `if $a > 1 { … }`. So `if ($x) == 3 {` is an error.
 */
export function parseCondition(p: Cursor): Expr {
  if (!p.accept('(')) return parseBinary(p, 0, parseUnary(p));
  const condition = parseExpression(p);
  p.expect(')');
  return { ...condition, grouped: true };
}

/** One `if … { … }` of a chain. */
interface Arm {
  readonly start: number;
  readonly condition: Expr;
  readonly then: Block;
}

/**
 * `if`, with all its `else if`. A broken condition does not hide the blocks: they are read for their own errors, and
 * the whole then fails at a statement boundary.
 */
function parseIf(p: Cursor): If {
  const arms: Arm[] = [];
  let otherwise: Block | If | undefined;
  let broken = false;
  do {
    const { start } = p.expectWord('if');
    const condition = parseHead(p, () => parseCondition(p));
    if (condition === undefined) broken = true;
    const then = p.grammar.parseBlock(p, 'value');
    if (condition !== undefined) arms.push({ start, condition, then });
    if (!p.acceptWord('else')) break;
    if (p.at('{')) {
      otherwise = p.grammar.parseBlock(p, 'value');
      break;
    }
    if (!p.atWord('if')) p.failExpected("'{' or 'if' after 'else'");
  } while (!p.hasGivenUp);
  if (broken) throw new SyntaxFailure(true);
  return foldArms(p, arms, otherwise);
}

function foldArms(p: Cursor, arms: readonly Arm[], last: Block | If | undefined): If {
  let otherwise = last;
  for (let index = arms.length - 1; index >= 0; index--) {
    const arm = arms[index];
    if (arm === undefined) break;
    const { start, condition, then } = arm;
    otherwise = { kind: 'if', span: p.span(start), condition, then, ...(otherwise && { otherwise }) };
  }
  // parseIf returns only with at least one arm, so this is the `if` made last.
  return otherwise as If;
}

/**
 * Reads what stands between a keyword and its block. When it is broken, the message stands, the cursor goes to the
 * block, and the result is `undefined`; when there is no block either, the statement fails.
 */
export function parseHead<T>(p: Cursor, read: () => T): T | undefined {
  const { depth } = p;
  try {
    const head = read();
    if (!p.at('{')) p.failExpected("'{'");
    return head;
  } catch (failure) {
    if (!(failure instanceof SyntaxFailure) || failure.atBoundary || !p.skipToBlock()) throw failure;
    p.depth = depth;
    return undefined;
  }
}

/** `(type)operand`, `(name = value, …)`, `()`, `(a,)`, `(a, b)` or `(a)`. */
function parseParenthesised(p: Cursor): Expr {
  const { start } = p.expect('(');
  if (p.accept(')')) return { kind: 'tuple', span: p.span(start), elements: [] };
  if (p.atKind('word') && p.peekSecond().text === '=' && !isReservedBuiltin(p.token.text)) {
    return parseRecord(p, start);
  }
  const type = tryParseCastType(p);
  if (type !== undefined) {
    const headSpan = p.span(start, p.token.start);
    const operand = parseUnary(p);
    return { kind: 'cast', span: p.span(start), headSpan, type, operand };
  }
  const first = parseExpression(p);
  if (!p.at(',')) {
    p.expect(')');
    return group(first);
  }
  const elements = [first];
  while (p.accept(',') && !p.at(')')) elements.push(parseExpression(p));
  p.expect(')');
  return { kind: 'tuple', span: p.span(start), elements };
}

/**
 * Marks an expression as parenthesised, unless it also reads as a type: there the pair never matters (else this would
 * be a cast), but printing one of the two pairs in `((x)) & 1` would make it one.
 */
function group(expr: Expr): Expr {
  return readsAsType(expr) ? expr : { ...expr, grouped: true };
}

function readsAsType(expr: Expr): boolean {
  if (expr.kind === 'index') return expr.index.kind === 'int' && readsAsType(expr.object);
  return expr.kind === 'identifier';
}

function parseRecord(p: Cursor, start: number): Expr {
  const fields: RecordField[] = [];
  const names = new Set<string>();
  do {
    const name = p.expectName('identifier');
    p.expect('=');
    const value = parseExpression(p);
    const span = p.span(name.span.start);
    if (names.has(name.text)) p.report('syntax-duplicate-field', span, name.text);
    names.add(name.text);
    fields.push({ kind: 'record-field', span, name, value });
  } while (p.accept(','));
  p.expect(')');
  return { kind: 'record', span: p.span(start), fields };
}

// ---- maps ----

/** A map with its name alone. */
export function parseMapName(p: Cursor): MapName {
  if (!p.atKind('map')) p.failExpected("'@' in map declaration");
  const { text, start } = p.advance();
  return { kind: 'map', span: p.span(start), name: text };
}

function parseMap(p: Cursor): MapName | MapAccess {
  const map = parseMapName(p);
  if (!p.accept('[')) return map;
  const keys = [parseExpression(p)];
  while (p.accept(',')) keys.push(parseExpression(p));
  p.expect(']');
  const span = p.span(map.span.start);
  const [first, ...others] = keys;
  const key: Expr =
    first !== undefined && others.length === 0 ? first : { kind: 'tuple', span, elements: keys };
  return { kind: 'map-access', span, map, key };
}

function isAssignTarget(expr: Expr): expr is AssignTarget {
  return expr.kind === 'variable' || expr.kind === 'map' || expr.kind === 'map-access';
}
