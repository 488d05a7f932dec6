/** One conversion of a printf-like format (section 5.4 of the reference). */
export interface Conversion {
  /** Which argument is shown. */
  readonly arg: number;
  readonly verb: 'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'c' | 'p' | 's' | 'r' | 'rx' | 'rh' | 'gr';
  /** Flags as written, any of `-+ #0`. */
  readonly flags: string;
  readonly width?: number;
  readonly precision?: number;
  readonly length: '' | 'hh' | 'h' | 'l' | 'll' | 'L' | 'j' | 'z' | 't';
}

/** A format cut at its conversions: literal bytes (a binary string) and conversions, in order. */
export type Format = readonly (string | Conversion)[];

const conversionPattern = /%(?:%|(-?\+? ?#?0?)(\*|\d+)?(?:\.(\d+))?(hh|h|ll|l|L|j|z|t)?(rx|rh|gr|[a-zA-Z]))/g;
const knownVerbs: ReadonlySet<string> = new Set([
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

/** A conversion that no verb of the language has; the caller words the error. */
export interface UnknownConversion {
  readonly unsupported: string;
}

/**
 * Cuts a format text (a binary string) into literals and conversions. A lone `%` or one whose flags are out of order stays literal text.
 */
export function parseFormat(text: string): Format | UnknownConversion {
  const pieces: (string | Conversion)[] = [];
  let literal = '';
  let last = 0;
  let arg = 0;
  for (const match of text.matchAll(conversionPattern)) {
    literal += text.slice(last, match.index);
    last = match.index + match[0].length;
    const verb = match[5];
    if (verb === undefined) {
      literal += '%';
      continue;
    }
    if (!knownVerbs.has(verb)) return { unsupported: verb };
    if (literal !== '') pieces.push(literal);
    literal = '';
    pieces.push({
      arg: arg++,
      verb: verb as Conversion['verb'], // checked against knownVerbs just above
      flags: match[1] ?? '',
      ...(match[2] !== undefined && match[2] !== '*' ? { width: Number(match[2]) } : {}),
      ...(match[3] !== undefined ? { precision: Number(match[3]) } : {}),
      length: (match[4] ?? '') as Conversion['length'], // the pattern admits nothing else
    });
  }
  literal += text.slice(last);
  if (literal !== '') pieces.push(literal);
  return pieces;
}

/** How many arguments a format takes. */
export function formatArity(format: Format): number {
  return format.reduce((count, piece) => count + (typeof piece === 'string' ? 0 : 1), 0);
}
