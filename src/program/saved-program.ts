/**
 * A Program as text and back (`--aot`): JSON, with what JSON has no words for as an object of one key.
 *
 *     5n                      {"$int":"5"}
 *     Uint8Array [1, 2]       {"$bytes":"0102"}
 */
import type { Program } from './program.ts';

const INT = '$int';
const BYTES = '$bytes';

export function programToText(program: Program): string {
  return JSON.stringify(program, (_name, value: unknown) => {
    if (typeof value === 'bigint') return { [INT]: value.toString() };
    return value instanceof Uint8Array ? { [BYTES]: toHex(value) } : value;
  });
}

/**
 * Reads what programToText wrote.
 *
 * @throws SyntaxError for text that is none.
 */
export function programFromText(text: string): Program {
  const read: unknown = JSON.parse(text, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const { [INT]: int, [BYTES]: bytes } = value as Record<string, unknown>; // an object of JSON
    if (typeof int === 'string') return BigInt(int);
    return typeof bytes === 'string' ? fromHex(bytes) : value;
  });
  if (typeof read !== 'object' || read === null || !('progs' in read)) {
    throw new SyntaxError('this is no compiled program');
  }
  return read as Program; // written by programToText of the same version, which the caller has compared
}

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}
