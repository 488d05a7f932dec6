/** One conversion of a printf-like format. */
export interface Conversion {
  /** Which argument is shown. */
  readonly arg: number;
  /** `f` shows a quotient: of its argument and the next one. */
  readonly verb: 'f' | 'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'c' | 'p' | 's' | 'r' | 'rx' | 'rh' | 'gr';
  /** Flags as written, any of `-+ #0`. */
  readonly flags: string;
  readonly width?: number;
  readonly precision?: number;
  /** Modifiers that mean nothing together (`%lhd`) count as none. */
  readonly length: '' | 'hh' | 'h' | 'l' | 'll' | 'L' | 'j' | 'z' | 't';
}

/** A format cut at its conversions: literal bytes (a binary string) and conversions, in order. */
export type Format = readonly (string | Conversion)[];

/**
 * flags, width, precision, length, verb. Only C's conversion letters count: `50% done` has the conversion `% d`, but `%y` is text.
 * `%%` may carry flags and a width too; they change nothing.
 */
const conversionPattern =
  /%(-?\+? ?#?0?)(\*|\d+)?(?:\.(\*|\d+))?([hlLjzt]*)([diouxXeEfFGaAcspn%]|gr|g|rh|rx|r)/g;
const verbs: ReadonlySet<string> = new Set<Conversion['verb']>([
  'f',
  'd',
  'i',
  'u',
  'o',
  'x',
  'X',
  'c',
  'p',
  's',
  'r',
  'rx',
  'rh',
  'gr',
]);
const lengths: ReadonlySet<string> = new Set<Conversion['length']>([
  '',
  'hh',
  'h',
  'l',
  'll',
  'L',
  'j',
  'z',
  't',
]);

function isVerb(text: string): text is Conversion['verb'] {
  return verbs.has(text);
}

function isLength(text: string): text is Conversion['length'] {
  return lengths.has(text);
}

/** Characters that a width or a precision asks for at most. */
const MAX_SIZE = 0xffff;

/** A conversion of C that the language does not have (`%e`, `%n`), or one of a size that nobody wants to see; the caller words the error. */
export interface UnknownConversion {
  readonly unsupported: string;
}

/**
 * Cuts a format text (a binary string) into literals and conversions. A lone `%`, one before a letter that is no conversion, and one
 * whose flags are out of order (`%0-5d`) stay literal text.
 */
export function parseFormat(text: string): Format | UnknownConversion {
  const pieces: (string | Conversion)[] = [];
  let literal = '';
  let last = 0;
  let arg = 0;
  for (const match of text.matchAll(conversionPattern)) {
    const [whole, flags = '', width, precision, length = '', verb = ''] = match;
    literal += text.slice(last, match.index);
    last = match.index + whole.length;
    if (verb === '%') {
      literal += '%';
      continue;
    }
    if (!isVerb(verb)) return { unsupported: verb };
    // Of a text, the precision is only a limit.
    const size = Math.max(Number(width) || 0, verb === 's' ? 0 : Number(precision) || 0);
    if (size > MAX_SIZE) return { unsupported: whole };
    if (literal !== '') pieces.push(literal);
    literal = '';
    pieces.push({
      arg,
      verb,
      flags,
      ...(width !== undefined && width !== '*' ? { width: Number(width) } : {}),
      ...(precision !== undefined && precision !== '*' ? { precision: Number(precision) } : {}),
      length: isLength(length) ? length : '',
    });
    arg += argumentsOf(verb);
  }
  literal += text.slice(last);
  if (literal !== '') pieces.push(literal);
  return pieces;
}

/** How many arguments a conversion takes. */
export function argumentsOf(verb: Conversion['verb']): number {
  return verb === 'f' ? 2 : 1;
}

/** How many arguments a format takes. */
export function formatArity(format: Format): number {
  return format.reduce(
    (count, piece) => count + (typeof piece === 'string' ? 0 : argumentsOf(piece.verb)),
    0,
  );
}
