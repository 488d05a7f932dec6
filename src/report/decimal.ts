/**
 * A quotient as a decimal number of so many digits behind the point, rounded half away from zero. Division by zero gives what C shows of it.
 */
export function decimalQuotient(value: bigint, divisor: bigint, digits: number): string {
  if (divisor === 0n) return value === 0n ? 'nan' : value < 0n ? '-inf' : 'inf';
  const isNegative = value < 0n !== divisor < 0n;
  const top = (value < 0n ? -value : value) * 10n ** BigInt(digits);
  const bottom = divisor < 0n ? -divisor : divisor;
  const rounded = (2n * top + bottom) / (2n * bottom);
  const all = rounded.toString().padStart(digits + 1, '0');
  const text = digits === 0 ? all : `${all.slice(0, -digits)}.${all.slice(-digits)}`;
  return isNegative && rounded !== 0n ? `-${text}` : text;
}
