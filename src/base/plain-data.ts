/**
 * Plain data (what JSON can hold, and bigints, bytes and undefined) as text and back: JSON, with what that has no words for as an object of one key.
 *
 *     5n                      {"$n":"5"}
 *     Uint8Array [1, 2]       {"$b":"0102"}
 *     undefined               {"$u":0}
 */

const BIGINT = '$n';
const BYTES = '$b';
const UNDEFINED = '$u';
/** More than anything of ours has, and few enough for the stack. */
const MAX_DEPTH = 1000;

/** @throws TypeError for a value that is no plain data. */
export function plainToText(value: unknown): string {
  return JSON.stringify(tagged(value));
}

/** @throws SyntaxError for text that is none of `plainToText`. */
export function plainFromText(text: string): unknown {
  return untagged(JSON.parse(text));
}

function tagged(value: unknown): unknown {
  if (value === undefined) return { [UNDEFINED]: 0 };
  if (typeof value === 'bigint') return { [BIGINT]: `${value}` };
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError('plain data has no infinite numbers');
  if (value instanceof Uint8Array) return { [BYTES]: hexOf(value) };
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map || value instanceof Set) throw new TypeError('plain data has plain objects only');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, tagged(each)]));
}

function untagged(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new SyntaxError(`values lie in each other more than ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) return value.map((each) => untagged(each, depth + 1));
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    const [key, content] = only;
    if (key === UNDEFINED) return undefined;
    if (key === BIGINT) return BigInt(String(content));
    if (key === BYTES) return bytesOf(String(content));
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, untagged(each, depth + 1)]));
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
