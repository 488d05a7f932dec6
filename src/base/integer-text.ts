import { U64_MAX } from './wrap.ts';

/** What an integer's text means. */
export type IntegerText =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'malformed'; readonly reason: string }
  /** A value above `max`, the largest that the spelling (its suffix) allows. */
  | { readonly kind: 'overflow'; readonly max: bigint };

/** Largest value and factor per suffix. Source: bpftrace 0.27. */
const suffixes: Readonly<Record<string, { readonly max: bigint; readonly factor: bigint }>> = {
  '': { max: U64_MAX, factor: 1n },
  u: { max: (1n << 32n) - 1n, factor: 1n },
  ul: { max: U64_MAX, factor: 1n },
  ull: { max: U64_MAX, factor: 1n },
  l: { max: (1n << 63n) - 1n, factor: 1n },
  ll: { max: (1n << 63n) - 1n, factor: 1n },
  ns: { max: U64_MAX, factor: 1n },
  us: { max: U64_MAX, factor: 1_000n },
  ms: { max: U64_MAX, factor: 1_000_000n },
  s: { max: U64_MAX, factor: 1_000_000_000n },
  m: { max: U64_MAX, factor: 60_000_000_000n },
  h: { max: U64_MAX, factor: 3_600_000_000_000n },
  d: { max: U64_MAX, factor: 86_400_000_000_000n },
};

const shape = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)(?:[eE]([1-9][0-9]*))?(.*)$/s;

/**
 * Reads an unsigned integer as scripts and their parameters spell it: decimal, 0x, 0b, octal with a leading 0, `_` between
 * digits, an exponent after a single digit (`5e6`), and a suffix that is a C type (`ull`) or a unit of time (`ms`, giving nanoseconds).
 */
export function readUnsigned(text: string): IntegerText {
  const match = shape.exec(text.replaceAll('_', ''));
  if (match === null) return { kind: 'malformed', reason: 'invalid integer' };
  const [, digits = '', exponent, suffix = ''] = match;
  const row = Object.hasOwn(suffixes, suffix) ? suffixes[suffix] : undefined;
  if (row === undefined) return { kind: 'malformed', reason: 'invalid trailing bytes' };
  let value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (exponent !== undefined) {
    if (value < 1n || value > 9n)
      return { kind: 'malformed', reason: 'coefficient part of scientific literal must be 1-9' };
    // Any exponent of more than two digits is out of range; computing it would only cost time.
    if (exponent.length > 2) return { kind: 'overflow', max: U64_MAX };
    value *= 10n ** BigInt(exponent);
  }
  if (value * row.factor > row.max) return { kind: 'overflow', max: row.max };
  return { kind: 'integer', value: value * row.factor };
}

/** As `readUnsigned`, with an optional minus sign; the value fits in 64 signed bits. An empty text is 0. */
export function readSigned(text: string): IntegerText {
  if (text === '') return { kind: 'integer', value: 0n };
  const negative = text.startsWith('-');
  const read = readUnsigned(negative ? text.slice(1) : text);
  if (read.kind !== 'integer') return read;
  const limit = negative ? 1n << 63n : (1n << 63n) - 1n;
  if (read.value > limit) return { kind: 'overflow', max: limit };
  return { kind: 'integer', value: negative ? -read.value : read.value };
}
