/** The default text of values. */

import { unreachable } from '../base/index.ts';
import type { Lookups } from '../program/index.ts';
import { utf8String } from './byte-text.ts';
import { histogramText } from './histogram.ts';
import { hexByte, inetText, macText } from './inet.ts';
import { stackText, symbolText } from './stacks.ts';
import { strftime } from './strftime.ts';
import { seriesText } from './timeseries.ts';
import type { Value } from './value.ts';

export interface TextContext {
  /** Their names are ordinary text; they become UTF-8 here. */
  readonly lookups: Lookups;
  /** What a string that was cut off ends in (config `str_trunc_trailer`). */
  readonly truncationTrailer: string;
}

/** What `print()` and `%s` show for a value, without a line end of its own. */
export function valueText(value: Value, context: TextContext): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'bool':
      return value.value ? 'true' : 'false';
    case 'int':
      return String(value.value);
    case 'enum':
      return value.name ?? String(value.value);
    case 'string':
      return value.truncated ? value.bytes + context.truncationTrailer : value.bytes;
    case 'buffer':
      return bufferText(value.bytes, 'printable');
    case 'pointer':
      return pointerText(value.address);
    case 'array':
      return `[${textsOf(value.elements, context).join(',')}]`;
    case 'tuple':
      return `(${textsOf(value.elements, context).join(', ')})`;
    case 'record':
      return fieldsText(value.fields.map((field) => [field.name, valueText(field.value, context)]));
    case 'ksym':
    case 'usym':
      return symbolText(value, context.lookups);
    case 'kstack':
    case 'ustack':
      return stackText(value, context.lookups);
    case 'inet':
      return inetText(value.family, value.bytes);
    case 'mac':
      return macText(value.bytes);
    case 'username':
      return utf8String(context.lookups.userName(value.uid) ?? '');
    case 'timestamp':
      return timestampText(value, context.lookups);
    case 'cgroup-path':
      return utf8String(context.lookups.cgroupPath(value.id, value.filter));
    case 'decimal':
      return value.text;
    case 'stats':
      return fieldsText([
        ['count', String(value.count)],
        ['average', value.exact ?? String(value.average)],
        ['total', String(value.total)],
      ]);
    case 'histogram':
      return histogramText(value.buckets);
    case 'series':
      return seriesText(value, context.lookups);
    default:
      return unreachable(value);
  }
}

/** Pointers always carry `0x`, the null pointer too. */
function pointerText(address: bigint): string {
  return `0x${address.toString(16)}`;
}

/** `printable`: bytes 32..126 as they are, others `\xNN`; `escaped`: all `\xNN`; `hex`: digits, a blank between bytes. */
export function bufferText(bytes: string, form: 'printable' | 'escaped' | 'hex'): string {
  const codes = Array.from(bytes, (byte) => byte.charCodeAt(0));
  if (form === 'hex') return codes.map(hexByte).join(' ');
  return codes
    .map((code) =>
      form === 'printable' && code >= 32 && code <= 126 ? String.fromCharCode(code) : `\\x${hexByte(code)}`,
    )
    .join('');
}

function textsOf(values: readonly Value[], context: TextContext): string[] {
  return values.map((value) => valueText(value, context));
}

function fieldsText(fields: readonly (readonly [name: string, text: string])[]): string {
  if (fields.length === 0) return '{}';
  return `{ ${fields.map(([name, text]) => `.${name} = ${text}`).join(', ')} }`;
}

function timestampText(value: Extract<Value, { readonly kind: 'timestamp' }>, lookups: Lookups): string {
  const unixNs = value.clock === 'boot' ? value.ns + lookups.bootToWallNs() : value.ns;
  // Within the first second of 1970 there is no time to show, only one that was never taken.
  if (unixNs >= 0n && unixNs < 1_000_000_000n) return '(?)';
  return strftime(value.format, lookups.localTime(unixNs), unixNs, { fractions: true });
}
