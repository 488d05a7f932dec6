import { int64, type Type, uint64 } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isInteger, kindWord } from '../kind-word.ts';
import type { BuiltinUse } from '../row.ts';

/** The bytes of an argument that must be a string literal; reports and gives undefined otherwise. */
export function stringLiteral(use: BuiltinUse, index: number): string | undefined {
  const value = use.raw(index);
  if (use.failed(value)) return undefined;
  const text = use.text(index);
  if (text === undefined) {
    use.error(`${use.name}() expects a string literal (${kindWord(value.type)} provided)`);
  }
  return text;
}

/** The value of an argument that must be an integer literal; reports and gives undefined otherwise. */
export function integerLiteral(use: BuiltinUse, index: number): bigint | undefined {
  const value = use.raw(index);
  if (use.failed(value)) return undefined;
  const constant = use.constant(index);
  if (constant === undefined) {
    use.error(`${use.name}() expects a int literal (${kindWord(value.type)} provided)`);
  }
  return constant;
}

/** An argument that must be an integer; reports and gives undefined otherwise. */
export function integerArgument(use: BuiltinUse, index: number): TypedExpr | undefined {
  const value = use.value(index);
  if (use.failed(value)) return undefined;
  if (!isInteger(value.type)) {
    use.error(`${use.name}() only supports int arguments (${kindWord(value.type)} provided)`);
    return undefined;
  }
  return value;
}

/** An integer widened to 64 bits, its sign kept. */
export function widened(use: BuiltinUse, value: TypedExpr): TypedExpr {
  return use.cast(value, isSigned(value.type) ? int64 : uint64);
}

export function isSigned(type: Type): boolean {
  return (type.kind === 'int' || type.kind === 'enum') && type.signed;
}

/** A builtin without arguments whose type is always the same. */
export function plain(type: Type): (use: BuiltinUse) => TypedExpr {
  return (use) => use.call(type);
}
