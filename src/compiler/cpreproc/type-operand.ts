import { isBasicWord } from './basic-type.ts';
import type { CCursor } from './c-cursor.ts';
import type { CValue } from './constant-expression.ts';
import { readTypeName } from './declarator.ts';
import { isFixedWidth, isSigned, sizeOf } from './type-width.ts';

/**
 * Reads what takes a type in a constant expression: `sizeof (type)`, which has a value, or a `(type)` cast, which makes
 * one of the operand behind it. Undefined when neither stands here.
 */
export function readTypeOperand(c: CCursor): CValue | ((operand: CValue) => CValue) | undefined {
  const start = c.at;
  if (c.accept('sizeof')) {
    c.expect('(');
    const value = sizeOf(c, readTypeName(c));
    c.expect(')');
    return { value: BigInt(value), isUnsigned: true };
  }
  const word = c.peek(1);
  const isType = isBasicWord(word) || isFixedWidth(word) || c.found.typedefs.has(word);
  if (c.peek() !== '(' || !isType) return undefined;
  c.at++;
  const type = readTypeName(c);
  if (!c.accept(')')) {
    c.at = start;
    return undefined;
  }
  const bits = sizeOf(c, type) * 8;
  const toSigned = isSigned(c, type);
  return (operand) => convert(operand, bits, toSigned);
}

function convert({ value }: CValue, bits: number, toSigned: boolean): CValue {
  const converted = toSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  // Narrower than 64 bits everything is promoted to a signed type.
  return { value: converted, isUnsigned: !toSigned && bits >= 64 };
}
