import type { Conversion } from '../../../program/index.ts';
import {
  isAggregate,
  isCastableAggregate,
  spellType,
  type Type,
  type TypeKind,
} from '../../../types/index.ts';

/** Kinds shown as an integer. */
const integral: ReadonlySet<TypeKind> = new Set(['int', 'bool', 'pointer', 'enum']);

type Accepts = (type: Type) => boolean;
const isIntegral: Accepts = (type) => integral.has(type.kind);
const isBuffer: Accepts = (type) => type.kind === 'buffer';
const isValue: Accepts = (type) => type.kind !== 'none' && type.kind !== 'void';
const hasText: Accepts = (type) => isValue(type) && (!isAggregate(type) || isCastableAggregate(type));

/** What each printf verb can show. */
const accepted: Readonly<Record<Conversion['verb'], Accepts>> = {
  f: (type) => type.kind === 'int',
  d: isIntegral,
  i: isIntegral,
  u: isIntegral,
  o: isIntegral,
  x: isIntegral,
  X: isIntegral,
  c: isIntegral,
  p: isIntegral,
  s: hasText,
  r: isBuffer,
  rx: isBuffer,
  rh: isBuffer,
  gr: (type) => type.kind === 'int',
};

/** Why a conversion cannot show a value, in the words of the error; undefined when it can. */
export function conversionProblem(conversion: Conversion, type: Type): string | undefined {
  if (!isValue(type)) return `unable to print none type for specifier: ${conversion.verb}`;
  if (accepted[conversion.verb](type)) return undefined;
  return `unsupported format specifier for type '${spellType(type)}': ${conversion.verb}`;
}
