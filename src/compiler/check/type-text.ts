import { type AddressSpace, pointerTo, type Type } from '../../types/index.ts';

const qualifiers = /\b(?:const|volatile|restrict|__user|__kernel|__rcu|__percpu|__bitwise)\b/g;

/**
 * A type as a tracefs format file spells it: `unsigned int`, `const char *`, `char[16]`, `struct page *`, `u32[2][3]`.
 *
 * @param lookup the type of a name without pointers and arrays, blanks single: `unsigned long`, `struct page`, `u32`.
 * @returns undefined when a name is not known.
 */
export function parseTypeText(
  text: string,
  lookup: (name: string) => Type | undefined,
  space: AddressSpace,
): Type | undefined {
  const lengths: number[] = [];
  const withoutArrays = text.replace(/\[\s*(\w*)\s*\]/g, (_whole, length: string) => {
    lengths.push(Number(length) || 0);
    return '';
  });
  const stars = withoutArrays.split('*').length - 1;
  const name = withoutArrays.replaceAll('*', ' ').replace(qualifiers, ' ').trim().replace(/\s+/g, ' ');
  let type = lookup(name);
  if (!type) return undefined;
  for (let star = 0; star < stars; star++) type = pointerTo(type, space);
  const isText = name === 'char' && stars === 0;
  for (const [index, length] of lengths.reverse().entries()) {
    if (isText && index === 0 && length > 0) type = { kind: 'string', size: length };
    else type = { kind: 'array', of: type, length };
  }
  return type;
}
