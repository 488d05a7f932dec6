import { decodeText, encodeText } from '../base/index.ts';

/** A value that a recording can hold: plain data with bigints, bytes and undefined in it. */
export type PlainData =
  | undefined
  | null
  | boolean
  | number
  | string
  | bigint
  | Uint8Array
  | readonly PlainData[]
  | { readonly [key: string]: PlainData };

/** What JSON has no form for is an object with one of these keys. */
const BIGINT = '$n';
const BYTES = '$b';
const UNDEFINED = '$u';

/** Plain data as bytes: JSON in UTF-8. */
export function encodePlain(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeText(JSON.stringify(tagged(value)));
}

/** @throws SyntaxError when the bytes are none that `encodePlain` made. */
export function decodePlain(bytes: Uint8Array): unknown {
  return untagged(JSON.parse(decodeText(bytes)));
}

function tagged(value: unknown): unknown {
  if (value === undefined) return { [UNDEFINED]: 0 };
  if (typeof value === 'bigint') return { [BIGINT]: `${value}` };
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError('a recording holds no infinite numbers');
  if (value instanceof Uint8Array) return { [BYTES]: hexOf(value) };
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map || value instanceof Set)
    throw new TypeError('a recording holds plain objects only');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, tagged(each)]));
}

function untagged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untagged);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    const [key, content] = only;
    if (key === UNDEFINED) return undefined;
    if (key === BIGINT) return BigInt(String(content));
    if (key === BYTES) return bytesOf(String(content));
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, untagged(each)]));
}

function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

function bytesOf(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new SyntaxError('bytes are not written as hexadecimal digits');
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}
