/**
 * Binary strings: JS strings whose char codes 0..255 are bytes. All text the report makes is of this kind, so what a
 * traced program wrote passes through unchanged, valid UTF-8 or not; only the Host turns it into bytes.
 */
import { binaryString, utf8Length } from '../base/index.ts';

/** The longest text that the string reader remembers, and how many (a power of two). */
const REMEMBERED_LENGTH = 64;
const REMEMBERED_TEXTS = 1024;

/** Reads the bytes before the first NUL, or all `size` of them when there is none. The caller has checked that they are there. */
export type StringReader = (bytes: Uint8Array, offset: number, size: number) => string;

/**
 * A reader that hands out the same string for the same short bytes: command names and the like repeat, and looking one up costs
 * half of making one.
 */
export function createStringReader(): StringReader {
  const remembered = new Array<string | undefined>(REMEMBERED_TEXTS).fill(undefined);
  return (bytes, offset, size) => {
    const limit = offset + size;
    let end = offset;
    let hash = 0x811c9dc5; // FNV-1a
    for (; end < limit; end++) {
      const byte = bytes[end]!;
      if (byte === 0) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    const length = end - offset;
    if (length === 0) return '';
    if (length > REMEMBERED_LENGTH) return binaryString(bytes, offset, end);
    const slot = (hash ^ (hash >>> 15)) & (REMEMBERED_TEXTS - 1);
    const known = remembered[slot];
    if (known !== undefined && known.length === length && isSpelledAt(known, bytes, offset)) return known;
    const text = binaryString(bytes, offset, end);
    remembered[slot] = text;
    return text;
  };
}

function isSpelledAt(text: string, bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[offset + index]) return false;
  }
  return true;
}

/**
 * Ordinary text as UTF-8 in a binary string. A lone surrogate U+DC80..U+DCFF is the raw byte that sources keep that way; any
 * other lone surrogate becomes U+FFFD.
 */
export function utf8String(text: string): string {
  if (isAscii(text)) return text;
  let bytes = '';
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point >= 0xdc80 && point <= 0xdcff) bytes += String.fromCharCode(point & 0xff);
    else bytes += encodePoint(point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);
  }
  return bytes;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function encodePoint(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  const tail = 0x80 | (point & 0x3f);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), tail);
  const third = 0x80 | ((point >> 6) & 0x3f);
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12), third, tail);
  return String.fromCharCode(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), third, tail);
}

/** Length of the valid UTF-8 sequence that starts at `at` in a binary string; 0 when none does. */
export function utf8SequenceLength(text: string, at: number): number {
  const byte = (index: number): number => text.charCodeAt(at + index);
  return utf8Length(byte(0), byte(1), byte(2), byte(3));
}
