/**
 * Values as JSON: `"k": v` with `, ` between members, arrays without blanks.
 *
 * The result is ASCII or UTF-8 in a binary string and always valid JSON. Bytes of a string that are no part of valid UTF-8 become
 * U+FFFD, written `\ufffd`: `\u00XX` would look like the Latin-1 character to every reader, so text that really is "ÿ" and a stray
 * byte 0xff could not be told apart. Who needs the exact bytes prints a buffer, which is an array of numbers.
 */

import { unreachable } from '../base/index.ts';
import { utf8SequenceLength } from './byte-text.ts';
import { nanoseconds, strftime, utcFields } from './strftime.ts';
import { type TextContext, valueText } from './text.ts';
import type { Bucket, SeriesPoint, Value } from './value.ts';

const beyondAscii = /[\x80-\xff]/;
const escapedAscii = /["\\\x00-\x1f]/g;
const namedEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A binary string as a JSON string literal. */
export function jsonString(text: string): string {
  if (!beyondAscii.test(text)) return `"${text.replace(escapedAscii, escapeAscii)}"`;
  let escaped = '"';
  for (let at = 0; at < text.length; ) {
    const length = utf8SequenceLength(text, at);
    if (length > 1) escaped += text.slice(at, at + length);
    else escaped += length === 0 ? '\\ufffd' : escapeAscii(text.charAt(at));
    at += length || 1;
  }
  return `${escaped}"`;
}

function escapeAscii(character: string): string {
  const named = namedEscapes[character];
  if (named !== undefined) return named;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `\\u${code.toString(16).padStart(4, '0')}` : character;
}

/** A number; as a string where a reader that keeps numbers as doubles would change it. */
export function jsonNumber(value: bigint): string {
  return BigInt(Number(value)) === value ? String(value) : `"${value}"`;
}

/** A member list as an object. */
export function jsonObject(members: readonly (readonly [key: string, json: string])[]): string {
  return `{${members.map(([key, json]) => `${jsonString(key)}: ${json}`).join(', ')}}`;
}

export function valueJson(value: Value, context: TextContext): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'bool':
      return value.value ? 'true' : 'false';
    case 'int':
    case 'enum':
      return jsonNumber(value.value);
    case 'pointer':
      return jsonNumber(value.address);
    case 'buffer':
      return `[${Array.from(value.bytes, (byte) => (byte.charCodeAt(0) << 24) >> 24).join(',')}]`;
    case 'array':
    case 'tuple':
      return `[${value.elements.map((element) => valueJson(element, context)).join(',')}]`;
    case 'record':
      return jsonObject(value.fields.map((field) => [field.name, valueJson(field.value, context)]));
    case 'decimal':
      return value.text;
    case 'stats':
      return jsonObject([
        ['count', jsonNumber(value.count)],
        ['average', value.exact ?? jsonNumber(value.average)],
        ['total', jsonNumber(value.total)],
      ]);
    case 'histogram':
      return `[${value.buckets.map(bucketJson).join(',')}]`;
    case 'series':
      return `[${value.points.flatMap(pointJson).join(',')}]`;
    case 'string':
    case 'ksym':
    case 'usym':
    case 'kstack':
    case 'ustack':
    case 'inet':
    case 'mac':
    case 'username':
    case 'timestamp':
    case 'cgroup-path':
      return jsonString(valueText(value, context));
    default:
      return unreachable(value);
  }
}

/** `max` is the last value in the bucket; open ends have no member. */
function bucketJson({ low, high, count }: Bucket): string {
  return jsonObject([
    ...(low ? [['min', jsonNumber(low.value)] as const] : []),
    ...(high ? [['max', jsonNumber(high.value - 1n)] as const] : []),
    ['count', String(count)],
  ]);
}

/** Intervals without a value are left out; times are UTC. These objects have no blanks. */
function pointJson({ unixNs, value }: SeriesPoint): string[] {
  if (value === undefined) return [];
  const time = strftime('%Y-%m-%d %H:%M:%S', utcFields(unixNs), unixNs, { fractions: true });
  return [`{"interval_start":"${time}.${nanoseconds(unixNs)}","value":${value}}`];
}
