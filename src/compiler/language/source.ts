/**
 * A script, or a file a script imports, as the compiler sees it: a name for messages and its text.
 *
 * Text is an ordinary JS string and every offset in this compiler indexes it. Scripts are bytes, though, and need not
 * be valid UTF-8 (a string literal may hold anything). A byte that is no part of valid UTF-8 is kept as the lone
 * surrogate U+DC00 + byte (U+DC80..U+DCFF), so decoding and encoding give back the very bytes that were read.
 */
import { utf8Length } from '../../base/index.ts';

/** A text, its name, and where its lines begin. */
export interface Source {
  /** What messages call it: a path, or `stdin`. */
  readonly name: string;
  readonly text: string;
  /** Offset of the first character of every line; the first entry is always 0. */
  readonly lineStarts: readonly number[];
  /** The characters that are more bytes than units of the string, in order: a column is found without reading its line. */
  readonly wideCharacters: readonly WideCharacter[];
}

interface WideCharacter {
  readonly offset: number;
  /** By how much the bytes of the text up to its end outnumber the units. */
  readonly surplus: number;
}

/** A place in a source as people count: both start at 1; `column` counts bytes of the line, as messages do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Makes a source from text. Lines end at LF; a CR before it belongs to the line's text. */
export function createSource(name: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { name, text, lineStarts, wideCharacters: findWideCharacters(text) };
}

function findWideCharacters(text: string): readonly WideCharacter[] {
  const found: WideCharacter[] = [];
  let surplus = 0;
  for (const { 0: character, index } of text.matchAll(/[^\0-\x7f]/gu)) {
    if (isEscapedByte(character.charCodeAt(0))) continue;
    surplus += encodeCodePoint(character.codePointAt(0) ?? 0).length - character.length;
    found.push({ offset: index, surplus });
  }
  return found;
}

/** Makes a source from the bytes of a file; see `Source` for what happens to bytes that are not UTF-8. */
export function createSourceFromBytes(name: string, bytes: Uint8Array): Source {
  return createSource(name, textOfBytes(bytes));
}

/** The index into `lineStarts` of the line holding `offset`; offsets past the end belong to the last line. */
export function lineIndexAt(source: Source, offset: number): number {
  return lastIndexWhere(source.lineStarts, (start) => start <= offset);
}

/** Line and column of an offset. */
export function positionAt(source: Source, offset: number): Position {
  const index = lineIndexAt(source, offset);
  const start = source.lineStarts[index] ?? 0;
  return { line: index + 1, column: bytesBefore(source, offset) - bytesBefore(source, start) + 1 };
}

/** How many bytes of the script stand before an offset. */
function bytesBefore({ wideCharacters }: Source, offset: number): number {
  const last = lastIndexWhere(wideCharacters, (character) => character.offset < offset);
  return offset + (wideCharacters[last]?.surplus ?? 0);
}

/** The last index for which something is so that is so for the first ones only; -1 where it is for none. */
function lastIndexWhere<Item>(items: readonly Item[], isSo: (item: Item) => boolean): number {
  let low = -1;
  let high = items.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const item = items[middle];
    if (item !== undefined && isSo(item)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The text of a line, counted from 1, without its line end. Empty for a line that does not exist. */
export function lineText(source: Source, line: number): string {
  const start = source.lineStarts[line - 1];
  if (start === undefined) return '';
  const next = source.lineStarts[line];
  const text = source.text.slice(start, next === undefined ? undefined : next - 1);
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/**
 * Bytes as a JS string in which every code unit is one byte (0..255). String literals carry their value this way: a
 * script may spell any byte, and comparing, slicing and measuring stay plain string operations.
 */
export type ByteString = string;

/** The bytes that source text stands for, one code unit each. */
export function bytesOfText(text: string): ByteString {
  let bytes = '';
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += text[at];
    else if (isLoneLowSurrogate(text, at)) bytes += String.fromCharCode(unit & 0xff);
    else {
      const point = text.codePointAt(at) ?? unit;
      if (point > 0xffff) at++;
      bytes += encodeCodePoint(point);
    }
  }
  return bytes;
}

/** Source text for bytes: the inverse of `bytesOfText`. Nearly every script is UTF-8, which the engine decodes by itself. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return textOfOddBytes(bytes);
  }
}

function textOfOddBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const size = utf8Length(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0);
    if (size === 0) {
      const byte = bytes[at] ?? 0;
      text += String.fromCharCode(0xdc00 + byte);
      at += 1;
    } else {
      text += decodeSequence(bytes, at, size);
      at += size;
    }
    if (text.length > 0x4000) {
      parts.push(text);
      text = '';
    }
  }
  parts.push(text);
  return parts.join('');
}

/** Bytes as a typed array. */
export function arrayOfBytes(bytes: ByteString): Uint8Array {
  return Uint8Array.from(bytes, (unit) => unit.charCodeAt(0) & 0xff);
}

/** Bytes as source text again, for messages that quote a string's value. */
export function textOfByteString(bytes: ByteString): string {
  return textOfBytes(arrayOfBytes(bytes));
}

function isEscapedByte(unit: number): boolean {
  return unit >= 0xdc80 && unit <= 0xdcff;
}

function isLoneLowSurrogate(text: string, at: number): boolean {
  if (!isEscapedByte(text.charCodeAt(at))) return false;
  const before = at > 0 ? text.charCodeAt(at - 1) : 0;
  return before < 0xd800 || before > 0xdbff;
}

function encodeCodePoint(point: number): ByteString {
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
  const last = [0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)] as const;
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12), ...last);
  return String.fromCharCode(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), ...last);
}

function decodeSequence(bytes: Uint8Array, at: number, size: number): string {
  const first = bytes[at] ?? 0;
  if (size === 1) return String.fromCharCode(first);
  let point = first & (0xff >> (size + 1));
  for (let index = 1; index < size; index++) point = (point << 6) | ((bytes[at + index] ?? 0) & 0x3f);
  return String.fromCodePoint(point);
}
