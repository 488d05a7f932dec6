/**
 * Integer constant expressions of C, over tokens whose macros are expanded: conditions of `#if`, enumerators, array
 * sizes, bit-field widths. All arithmetic has 64 bits, unsigned as soon as one side is (C11 6.10.1).
 */
import { asI64, asU64 } from '../../base/index.ts';
import { precedenceOf } from '../language/index.ts';
import { CProblem } from './c-diagnostics.ts';
import type { CToken } from './c-token.ts';

/** A value and whether it counts as unsigned. */
export interface CValue {
  readonly value: bigint;
  readonly isUnsigned: boolean;
}

/** Tokens being read. */
export interface TokenReader {
  readonly tokens: readonly CToken[];
  at: number;
}

/** What only the surroundings know. Both return undefined for "no such thing here". */
export interface ConstantContext {
  /** The value of a name: an enumerator, or 0 for whatever is left in `#if`. */
  readonly valueOf: (name: string) => bigint | undefined;
  /** Reads `sizeof (…)` or a `(type)` cast at the reader, which moves behind it. */
  readonly readOperand?: (reader: TokenReader) => CValue | ((operand: CValue) => CValue) | undefined;
}

/** How deep parentheses, prefix operators and conditionals may nest. */
const maxNesting = 200;

/**
 * Reads one expression (no comma operator) at the reader and moves it behind.
 *
 * @throws CProblem when there is none, or it has no value
 */
export function readConstant(reader: TokenReader, context: ConstantContext): CValue {
  return new ConstantReader(reader, context).conditional(true);
}

class ConstantReader {
  readonly #reader: TokenReader;
  readonly #context: ConstantContext;
  #depth = 0;

  constructor(reader: TokenReader, context: ConstantContext) {
    this.#reader = reader;
    this.#context = context;
  }

  /** `isLive` is false in a branch that is not taken: a division by zero there is no error. */
  conditional(isLive: boolean): CValue {
    const condition = this.#binary(0, isLive);
    if (!this.#accept('?')) return condition;
    this.#enter();
    const isTaken = condition.value !== 0n;
    const then = this.conditional(isLive && isTaken);
    this.#expect(':');
    const otherwise = this.conditional(isLive && !isTaken);
    this.#depth--;
    const isUnsigned = then.isUnsigned || otherwise.isUnsigned;
    return wrap((isTaken ? then : otherwise).value, isUnsigned);
  }

  #binary(minPrecedence: number, isLive: boolean): CValue {
    let left = this.#unary(isLive);
    for (;;) {
      const op = this.#peek();
      const precedence = op?.kind === 'punct' ? precedenceOf(op.text) : undefined;
      if (op === undefined || precedence === undefined || precedence < minPrecedence) return left;
      this.#reader.at++;
      const isSkipped = (op.text === '&&' && left.value === 0n) || (op.text === '||' && left.value !== 0n);
      const isRightLive = isLive && !isSkipped;
      const right = this.#binary(precedence + 1, isRightLive);
      left = apply(op.text, left, right, isRightLive);
    }
  }

  #unary(isLive: boolean): CValue {
    this.#enter();
    const value = this.#prefixed(isLive);
    this.#depth--;
    return value;
  }

  #prefixed(isLive: boolean): CValue {
    const special = this.#context.readOperand?.(this.#reader);
    if (typeof special === 'function') return special(this.#unary(isLive));
    if (special !== undefined) return special;
    const token = this.#peek();
    if (token === undefined) throw new CProblem('an expression is missing');
    this.#reader.at++;
    switch (token.kind) {
      case 'number':
        return readCNumber(token.text);
      case 'char':
        return { value: readCCharacter(token.text), isUnsigned: false };
      case 'identifier': {
        const value = this.#context.valueOf(token.text);
        if (value === undefined) throw new CProblem(`'${token.text}' is not a constant`);
        return { value, isUnsigned: false };
      }
      case 'punct':
        return this.#punctuated(token.text, isLive);
      default:
        throw new CProblem(`'${token.text}' cannot stand in a constant expression`);
    }
  }

  #punctuated(op: string, isLive: boolean): CValue {
    switch (op) {
      case '(': {
        const value = this.conditional(isLive);
        this.#expect(')');
        return value;
      }
      case '+':
        return this.#unary(isLive);
      case '-': {
        const { value, isUnsigned } = this.#unary(isLive);
        return wrap(-value, isUnsigned);
      }
      case '~': {
        const { value, isUnsigned } = this.#unary(isLive);
        return wrap(~value, isUnsigned);
      }
      case '!':
        return truth(this.#unary(isLive).value === 0n);
      default:
        throw new CProblem(`'${op}' where an operand has to be`);
    }
  }

  #enter(): void {
    if (++this.#depth > maxNesting) throw new CProblem('the expression is nested too deeply');
  }

  #peek(): CToken | undefined {
    return this.#reader.tokens[this.#reader.at];
  }

  #accept(text: string): boolean {
    if (this.#peek()?.text !== text) return false;
    this.#reader.at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw new CProblem(`'${text}' is missing`);
  }
}

function apply(op: string, left: CValue, right: CValue, isLive: boolean): CValue {
  const isUnsigned = left.isUnsigned || right.isUnsigned;
  const a = wrap(left.value, isUnsigned).value;
  const b = wrap(right.value, isUnsigned).value;
  switch (op) {
    case '||':
      return truth(left.value !== 0n || right.value !== 0n);
    case '&&':
      return truth(left.value !== 0n && right.value !== 0n);
    case '|':
      return wrap(a | b, isUnsigned);
    case '^':
      return wrap(a ^ b, isUnsigned);
    case '&':
      return wrap(a & b, isUnsigned);
    case '==':
      return truth(a === b);
    case '!=':
      return truth(a !== b);
    case '<':
      return truth(a < b);
    case '>':
      return truth(a > b);
    case '<=':
      return truth(a <= b);
    case '>=':
      return truth(a >= b);
    // Shifts keep the type of their left side; a count beyond 63 has no meaning in C and is masked as machines do.
    case '<<':
      return wrap(left.value << (right.value & 63n), left.isUnsigned);
    case '>>':
      return wrap(left.value >> (right.value & 63n), left.isUnsigned);
    case '+':
      return wrap(a + b, isUnsigned);
    case '-':
      return wrap(a - b, isUnsigned);
    case '*':
      return wrap(a * b, isUnsigned);
    case '/':
    case '%':
      if (b === 0n) {
        if (isLive) throw new CProblem('division by zero');
        return wrap(0n, isUnsigned);
      }
      return wrap(op === '/' ? a / b : a % b, isUnsigned);
    default:
      throw new CProblem(`unknown operator '${op}'`);
  }
}

function wrap(value: bigint, isUnsigned: boolean): CValue {
  return { value: isUnsigned ? asU64(value) : asI64(value), isUnsigned };
}

function truth(isTrue: boolean): CValue {
  return { value: isTrue ? 1n : 0n, isUnsigned: false };
}

/**
 * The value of an integer spelled in C: decimal, octal, hex or binary, with any suffix of `u` and `l`.
 *
 * @throws CProblem for anything else, such as a floating-point number
 */
export function readCNumber(text: string): CValue {
  const [, digits, suffix = ''] = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([uUlL]*)$/.exec(text) ?? [];
  if (digits === undefined || /^0[0-7]*[89]/.test(digits)) throw new CProblem(`'${text}' is not an integer`);
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  if (value !== asU64(value)) throw new CProblem(`'${text}' does not fit in 64 bits`);
  return { value, isUnsigned: /u/i.test(suffix) || value !== asI64(value) };
}

const characterEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  e: 27,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

/** The value of a character constant with one character or escape. */
export function readCCharacter(text: string): bigint {
  const [, code] = /^(?:L|u8|u|U)?'([\s\S]+)'$/.exec(text) ?? [];
  if (code === undefined) throw new CProblem(`${text} is not a character`);
  const point = code.codePointAt(0) ?? 0;
  if (!code.startsWith('\\')) {
    if (code.length > String.fromCodePoint(point).length)
      throw new CProblem(`${text} is more than one character`);
    return BigInt(point);
  }
  const rest = code.slice(1);
  if (/^[0-7]{1,3}$/.test(rest)) return BigInt(Number.parseInt(rest, 8));
  if (/^x[0-9a-fA-F]+$/.test(rest)) return BigInt(Number.parseInt(rest.slice(1), 16));
  if (rest.length !== 1) throw new CProblem(`${text} is more than one character`);
  return BigInt(Object.hasOwn(characterEscapes, rest) ? (characterEscapes[rest] ?? 0) : rest.charCodeAt(0));
}
