/** Bits of an enum, which is an int. */
export const ENUM_BITS = 32;
/** No type of C has more. */
const LONGEST_BIT_FIELD = 128;

/** What is wrong with the width of a bit-field, in the words of C compilers; `most` is undefined for a type that is not known here. */
export function bitFieldProblem(
  width: bigint,
  most: number | undefined,
  name: string | undefined,
): string | undefined {
  const what = name === undefined ? 'anonymous bit-field' : `bit-field '${name}'`;
  if (most === 0) return `${what} has a type that is no integer`;
  if (width < 0n) return `${what} has negative width (${width})`;
  if (width === 0n && name !== undefined) return `named ${what} has zero width`;
  const limit = most ?? LONGEST_BIT_FIELD;
  if (width <= BigInt(limit)) return undefined;
  return `width of ${what} (${width} bits) exceeds the width of its type (${limit} bit${limit === 1 ? '' : 's'})`;
}
