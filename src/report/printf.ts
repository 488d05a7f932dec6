/**
 * printf-like formats, compiled once for each place they stand at.
 *
 * What differs from C: integers without a length modifier are cut to 32 bits, whatever their type; `%s` takes any value; precision and
 * the space flag change nothing; the `0` flag fills with zeros even on the right of a left-aligned text. A width is that of the
 * first piece which C++ streams are given, and of a value with members that is its opening bracket.
 */

import { asI32, asU32, asU64, unreachable } from '../base/index.ts';
import type { Conversion, Format, RecordSlot } from '../program/index.ts';
import type { Type } from '../types/index.ts';
import { decimalQuotient } from './decimal.ts';
import { type DecodeContext, decoderOf } from './decode.ts';
import { gfpFlagsText } from './gfp-flags.ts';
import { decimalText, readI32, readInteger, readSmall } from './integers.ts';
import { addressText } from './stacks.ts';
import { bufferText, type TextContext, valueText } from './text.ts';
import type { Value } from './value.ts';

/** Makes a text of a record's bytes. */
export type Formatter = (record: Uint8Array) => string;

/** Both contexts that showing a record's values takes. */
export interface ShowContext extends TextContext {
  readonly decode: DecodeContext;
}

/**
 * Prepares a format for its arguments.
 *
 * @throws UnprintableTypeError when an argument is a whole histogram or series.
 */
export function compileFormat(format: Format, args: readonly RecordSlot[], context: ShowContext): Formatter {
  const pieces = format.map((piece) =>
    typeof piece === 'string'
      ? piece
      : compileConversion(piece, args[piece.arg], context, args[piece.arg + 1]),
  );
  const [first, second, third] = pieces;
  // The shapes that most scripts' formats have, without a loop.
  if (pieces.length === 2 && typeof first === 'function' && typeof second === 'string') {
    return (record) => first(record) + second;
  }
  if (
    pieces.length === 3 &&
    typeof first === 'string' &&
    typeof second === 'function' &&
    typeof third === 'string'
  ) {
    return (record) => first + second(record) + third;
  }
  return (record) => {
    let text = '';
    for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(record);
    return text;
  };
}

/** The text of a format without conversions; undefined when it has some. */
export function constantText(format: Format): string | undefined {
  return format.every((piece) => typeof piece === 'string') ? format.join('') : undefined;
}

function compileConversion(
  conversion: Conversion,
  slot: RecordSlot | undefined,
  context: ShowContext,
  next: RecordSlot | undefined,
): Formatter {
  if (!slot || (conversion.verb === 'f' && !next)) return () => '!{missing argument}';
  const { width = 0, flags } = conversion;
  const bare =
    conversion.verb === 'f' && next
      ? compileQuotient(conversion, slot, next)
      : compileVerb(conversion, slot, context);
  if (width === 0) return bare;
  const left = flags.includes('-');
  const fill = flags.includes('0') ? '0' : ' ';
  // Zeros go after a sign or a base prefix, not before it.
  const numeric = fill === '0' && !left && 'fdiuxXop'.includes(conversion.verb);
  const padded = (text: string): string => {
    if (left) return text.padEnd(width, fill);
    return numeric ? zeroPadded(text, width) : text.padStart(width, fill);
  };
  const bracket = openingBrackets[slot.type.kind];
  if (bracket === undefined) return (record) => padded(bare(record));
  const opening = padded(bracket);
  return (record) => {
    const text = bare(record);
    return text.startsWith(bracket) ? opening + text.slice(bracket.length) : padded(text);
  };
}

const openingBrackets: Partial<Record<Type['kind'], string>> = {
  tuple: '(',
  array: '[',
  record: '{ ',
  struct: '{ ',
};

/** What C shows without a precision. */
const USUAL_DIGITS = 6;

/** `%f`: the argument divided by the next one. */
function compileQuotient(
  { precision = USUAL_DIGITS, flags }: Conversion,
  slot: RecordSlot,
  divisor: RecordSlot,
): Formatter {
  return (record) => {
    const text = decimalQuotient(readNumber(record, slot), readNumber(record, divisor), precision);
    return flags.includes('+') && !text.startsWith('-') ? `+${text}` : text;
  };
}

function readNumber(record: Uint8Array, { offset, type }: RecordSlot): bigint {
  const { size, signed } = intShape(type);
  return readInteger(record, offset, size, signed);
}

function zeroPadded(text: string, width: number): string {
  const prefix = /^[-+]?(?:0[xX])?/.exec(text)?.[0] ?? '';
  return prefix + text.slice(prefix.length).padStart(width - prefix.length, '0');
}

/** A conversion's text before it is padded. */
function compileVerb(conversion: Conversion, slot: RecordSlot, context: ShowContext): Formatter {
  const { verb } = conversion;
  if (verb === 's') return compileText(slot, context);
  const fast = compileFastDecimal(conversion, slot);
  if (fast) return fast;
  const decode = decoderOf(slot.type, context.decode);
  return (record) => convertValue(conversion, decode(record, slot.offset), context);
}

/** The default text of a slot. */
export function compileText(slot: RecordSlot, context: ShowContext): Formatter {
  const { type, offset } = slot;
  if (type.kind === 'int') {
    const { size, signed } = type;
    return (record) => decimalText(record, offset, size, signed);
  }
  if (type.kind === 'string') {
    const { size } = type;
    const { readString } = context.decode;
    return (record) => {
      const text = readString(record, offset, size);
      return text.length === size ? text + context.truncationTrailer : text;
    };
  }
  const decode = decoderOf(type, context.decode);
  return (record) => valueText(decode(record, offset), context);
}

const wideLengths: ReadonlySet<Conversion['length']> = new Set(['l', 'll', 'j', 'z', 't'] as const);

/** `%d`, `%ld` and `%lu` of integers without making a bigint; undefined where that would not be the same. */
function compileFastDecimal(conversion: Conversion, slot: RecordSlot): Formatter | undefined {
  const { verb, length, flags } = conversion;
  const { offset, type } = slot;
  if (type.kind !== 'int' || flags.includes('+')) return undefined;
  const { size, signed } = type;
  const wide = wideLengths.has(length);
  if (verb === 'd' || verb === 'i') {
    if (wide && (size !== 8 || signed)) return (record) => decimalText(record, offset, size, signed);
    if (wide) return (record) => decimalText(record, offset, 8, true);
    if (length !== '') return undefined;
    // The low 32 bits of a wider value are its first 4 bytes.
    if (size >= 4) return (record) => String(readI32(record, offset));
    return (record) => String(readSmall(record, offset, size as 1 | 2, signed)); // 8 and 4 were just handled
  }
  if (verb === 'u' && (wide || (length === '' && size <= 4)) && (size === 8 || !signed)) {
    return (record) => decimalText(record, offset, size, false);
  }
  return undefined;
}

function convertValue(conversion: Conversion, value: Value, context: TextContext): string {
  const { verb } = conversion;
  switch (verb) {
    case 's':
    // Takes two values: compileQuotient shows it.
    case 'f':
      return valueText(value, context);
    case 'r':
    case 'rx':
    case 'rh':
      if (value.kind !== 'buffer') return valueText(value, context);
      return bufferText(value.bytes, verb === 'r' ? 'printable' : verb === 'rx' ? 'escaped' : 'hex');
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'c':
    case 'p':
    case 'gr': {
      const number = numberOf(value);
      return number === undefined
        ? `!{invalid integer conversion: ${valueText(value, context)}}`
        : convertNumber(conversion, verb, number);
    }
    default:
      return unreachable(verb);
  }
}

/** The number that integer conversions show for a value; undefined for a value that is none. */
function numberOf(value: Value): bigint | undefined {
  switch (value.kind) {
    case 'int':
    case 'enum':
      return value.value;
    case 'bool':
      return value.value ? 1n : 0n;
    case 'pointer':
      return value.address;
    default:
      return undefined;
  }
}

function convertNumber(
  { length, flags }: Conversion,
  verb: 'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'c' | 'p' | 'gr',
  value: bigint,
): string {
  const prefix = flags.includes('#');
  switch (verb) {
    case 'd':
    case 'i': {
      const cut = BigInt.asIntN(bitsOf(length), value);
      return cut >= 0n && flags.includes('+') ? `+${cut}` : String(cut);
    }
    case 'u':
      return String(BigInt.asUintN(bitsOf(length), value));
    case 'o':
      return based(BigInt.asUintN(bitsOf(length), value), 8, prefix ? '0' : '');
    case 'x':
      return based(BigInt.asUintN(bitsOf(length), value), 16, prefix ? '0x' : '');
    case 'X':
      return based(BigInt.asUintN(bitsOf(length), value), 16, prefix ? '0x' : '').toUpperCase();
    case 'c':
      return String.fromCharCode(asU32(value) & 0xff);
    case 'p':
      return addressText(value);
    case 'gr':
      return gfpFlagsText(asU64(value));
    default:
      return unreachable(verb);
  }
}

/** Zero has no base prefix. */
function based(value: bigint, radix: 8 | 16, prefix: string): string {
  return value === 0n ? '0' : prefix + value.toString(radix);
}

function bitsOf(length: Conversion['length']): number {
  switch (length) {
    case 'hh':
      return 8;
    case 'h':
      return 16;
    case '':
    case 'L':
      return 32;
    case 'l':
    case 'll':
    case 'j':
    case 'z':
    case 't':
      return 64;
    default:
      return unreachable(length);
  }
}

/** A slot that holds a number, as a signed 32-bit value (exit codes, return values of helpers). */
export function compileNumber(slot: RecordSlot): (record: Uint8Array) => number {
  const { offset, type } = slot;
  const { size, signed } = intShape(type);
  return (record) => asI32(readInteger(record, offset, size, signed));
}

function intShape(type: Type): { readonly size: 1 | 2 | 4 | 8; readonly signed: boolean } {
  return type.kind === 'int' || type.kind === 'enum' ? type : { size: 8, signed: true };
}
