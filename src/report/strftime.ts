/**
 * strftime(3) in the C locale, over a broken-down time.
 *
 * Differences of the language's own strftime() from C: `%f`, `%k` and `%l` are the fraction of the second in micro-, nano- and
 * milliseconds (6, 9 and 3 digits). time() has C's meaning for them.
 */

import type { ClockFields } from '../program/index.ts';

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const NS_PER_SECOND = 1_000_000_000n;

/** What a conversion sees. */
interface Moment {
  readonly fields: ClockFields;
  readonly unixNs: bigint;
  readonly fractions: boolean;
}

/** A number to be padded, a text, or another format to be expanded in its place. */
type Part =
  | { readonly number: number; readonly width: number; readonly pad: '0' | ' ' }
  | { readonly text: string }
  | { readonly format: string };

const zeros = (number: number, width: number): Part => ({ number, width, pad: '0' });
const blanks = (number: number, width: number): Part => ({ number, width, pad: ' ' });
const text = (value: string): Part => ({ text: value });
const format = (value: string): Part => ({ format: value });
const fraction = (moment: Moment, digits: number): Part => text(nanoseconds(moment.unixNs).slice(0, digits));

const conversions: Readonly<Record<string, (moment: Moment) => Part>> = {
  '%': () => text('%'),
  a: ({ fields }) => text(weekdays[fields.weekday]!.slice(0, 3)),
  A: ({ fields }) => text(weekdays[fields.weekday]!),
  b: ({ fields }) => text(months[fields.month - 1]!.slice(0, 3)),
  B: ({ fields }) => text(months[fields.month - 1]!),
  c: () => format('%a %b %e %H:%M:%S %Y'),
  C: ({ fields }) => zeros(Math.floor(fields.year / 100), 2),
  d: ({ fields }) => zeros(fields.day, 2),
  D: () => format('%m/%d/%y'),
  e: ({ fields }) => blanks(fields.day, 2),
  f: (moment) => (moment.fractions ? fraction(moment, 6) : text('%f')),
  F: () => format('%Y-%m-%d'),
  g: ({ fields }) => zeros(isoWeek(fields).year % 100, 2),
  G: ({ fields }) => zeros(isoWeek(fields).year, 1),
  h: () => format('%b'),
  H: ({ fields }) => zeros(fields.hour, 2),
  I: ({ fields }) => zeros(twelveHour(fields), 2),
  j: ({ fields }) => zeros(fields.yearday + 1, 3),
  k: (moment) => (moment.fractions ? fraction(moment, 9) : blanks(moment.fields.hour, 2)),
  l: (moment) => (moment.fractions ? fraction(moment, 3) : blanks(twelveHour(moment.fields), 2)),
  m: ({ fields }) => zeros(fields.month, 2),
  M: ({ fields }) => zeros(fields.minute, 2),
  n: () => text('\n'),
  p: ({ fields }) => text(fields.hour < 12 ? 'AM' : 'PM'),
  P: ({ fields }) => text(fields.hour < 12 ? 'am' : 'pm'),
  r: () => format('%I:%M:%S %p'),
  R: () => format('%H:%M'),
  s: ({ unixNs }) => text(String(floorDiv(unixNs, NS_PER_SECOND))),
  S: ({ fields }) => zeros(fields.second, 2),
  t: () => text('\t'),
  T: () => format('%H:%M:%S'),
  u: ({ fields }) => zeros(fields.weekday === 0 ? 7 : fields.weekday, 1),
  U: ({ fields }) => zeros(weekOfYear(fields.yearday, fields.weekday), 2),
  V: ({ fields }) => zeros(isoWeek(fields).week, 2),
  w: ({ fields }) => zeros(fields.weekday, 1),
  W: ({ fields }) => zeros(weekOfYear(fields.yearday, (fields.weekday + 6) % 7), 2),
  x: () => format('%m/%d/%y'),
  X: () => format('%H:%M:%S'),
  y: ({ fields }) => zeros(((fields.year % 100) + 100) % 100, 2),
  Y: ({ fields }) => zeros(fields.year, 1),
  z: ({ fields }) => text(offsetText(fields.offsetMinutes)),
  Z: ({ fields }) => text(fields.zone),
};

/** Wider than any line; a greater width is taken for this. */
const MAX_WIDTH = 1024;
/** Flags and width are GNU's; the alternative-locale letters E and O change nothing in the C locale. */
const conversionPattern = /%([_\-0^#]*)(\d*)[EO]?([a-zA-Z%])/g;

/**
 * @param pattern the format, a binary string; conversions that do not exist stay as they are.
 * @param fields `unixNs` broken down, in the zone to show.
 * @param options.fractions `%f %k %l` are fractions of the second.
 */
export function strftime(
  pattern: string,
  fields: ClockFields,
  unixNs: bigint,
  options: { readonly fractions: boolean },
): string {
  return expand(pattern, { fields, unixNs, fractions: options.fractions });
}

function expand(pattern: string, moment: Moment): string {
  return pattern.replace(conversionPattern, (whole: string, flags: string, width: string, letter: string) => {
    const conversion = Object.hasOwn(conversions, letter) ? conversions[letter] : undefined;
    return conversion ? showPart(conversion(moment), letter, flags, width, moment) : whole;
  });
}

function showPart(part: Part, letter: string, flags: string, width: string, moment: Moment): string {
  const asked = Math.min(Number(width), MAX_WIDTH);
  if ('number' in part) {
    const pad = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : part.pad;
    const digits = String(Math.abs(part.number));
    const sign = part.number < 0 ? '-' : '';
    const least = flags.includes('-') ? 0 : asked || part.width;
    return pad === '0'
      ? sign + digits.padStart(least - sign.length, '0')
      : (sign + digits).padStart(least, ' ');
  }
  let shown = 'text' in part ? part.text : expand(part.format, moment);
  if (flags.includes('^')) shown = shown.toUpperCase();
  // `#` turns the case round: what is all capitals (zone, AM) becomes small.
  else if (flags.includes('#')) shown = 'Zp'.includes(letter) ? shown.toLowerCase() : shown.toUpperCase();
  return shown.padStart(asked, flags.includes('0') ? '0' : ' ');
}

function twelveHour(fields: ClockFields): number {
  return fields.hour % 12 === 0 ? 12 : fields.hour % 12;
}

/** Weeks begun since the year's first day on which weeks begin; `weekday` counts from that day. */
function weekOfYear(yearday: number, weekday: number): number {
  return Math.floor((yearday + 7 - weekday) / 7);
}

/** ISO 8601: weeks begin on Monday, and week 1 holds the year's first Thursday. */
function isoWeek(fields: ClockFields): { readonly year: number; readonly week: number } {
  const thursday = fields.yearday - ((fields.weekday + 6) % 7) + 3;
  if (thursday < 0) {
    const length = daysIn(fields.year - 1);
    return { year: fields.year - 1, week: Math.floor((thursday + length) / 7) + 1 };
  }
  const length = daysIn(fields.year);
  if (thursday >= length) return { year: fields.year + 1, week: 1 };
  return { year: fields.year, week: Math.floor(thursday / 7) + 1 };
}

function daysIn(year: number): number {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 366 : 365;
}

/** `+hhmm` */
function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${hours}${String(size % 60).padStart(2, '0')}`;
}

/** The fraction of the second, 9 digits. */
export function nanoseconds(unixNs: bigint): string {
  return String(unixNs - floorDiv(unixNs, NS_PER_SECOND) * NS_PER_SECOND).padStart(9, '0');
}

function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** A point in time broken down in UTC (proleptic Gregorian calendar). */
export function utcFields(unixNs: bigint): ClockFields {
  const seconds = Number(floorDiv(unixNs, NS_PER_SECOND));
  const days = Math.floor(seconds / 86400);
  const secondOfDay = seconds - days * 86400;
  const { year, month, day } = civilFromDays(days);
  const yearday = days - daysFromCivil(year, 1, 1);
  return {
    year,
    month,
    day,
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    weekday: (((days + 4) % 7) + 7) % 7, // 1970-01-01 was a Thursday
    yearday,
    zone: 'UTC',
    offsetMinutes: 0,
  };
}

/** Days since 1970-01-01; years are counted from March so that a leap day comes last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** The inverse of `daysFromCivil`. */
function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
