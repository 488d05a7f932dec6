import { lazily } from '../../base/index.ts';
import type { Catalogue } from './diagnostic.ts';

/** What can be wrong with the syntax of a script. Every message starts with `syntax: `. */
export const syntaxDiagnostics = lazily(
  () =>
    ({
      /** Something else stands where `what` has to be: `';'`, `expression`, `macro name`. */
      'syntax-expected': {
        severity: 'error',
        message: (what: string) => `syntax: expected ${what}`,
      },
      'syntax-unexpected-input': {
        severity: 'error',
        message: () => 'syntax: unexpected input',
      },
      'syntax-unterminated-string': {
        severity: 'error',
        message: () => 'syntax: unterminated string',
        hints: () => [
          'A string ends on the line where it starts, with a double quote. Write \\n for a line end.',
        ],
      },
      'syntax-unterminated-comment': {
        severity: 'error',
        message: () => 'syntax: unterminated comment',
      },
      /** Escapes in strings; the wording comes from `readStringLiteral`. */
      'syntax-string': {
        severity: 'error',
        message: (problem: string) => `syntax: ${problem}`,
      },
      /** Integer spellings; the wording comes from `readIntegerLiteral`. */
      'syntax-integer': {
        severity: 'error',
        message: (problem: string) => `syntax: ${problem}`,
      },
      'syntax-character': {
        severity: 'error',
        message: () => 'syntax: a character literal holds exactly one byte',
        hints: () => ["Write 'a', an escape such as '\\n', or \"text\" for a string."],
      },
      'syntax-param-range': {
        severity: 'error',
        message: (text: string) => `syntax: param ${text} is out of integer range [1, 9223372036854775807]`,
      },
      'syntax-update-target': {
        severity: 'error',
        message: () => 'syntax: increment/decrement requires a variable or map',
      },
      'syntax-address-of': {
        severity: 'error',
        message: () => 'syntax: address-of operator (&) can only be used on a map or variable',
      },
      'syntax-immutable': {
        severity: 'error',
        message: () =>
          'syntax: Tuples and records are immutable once created. Consider creating a new value and assigning it instead.',
      },
      'syntax-assignment-target': {
        severity: 'error',
        message: () => 'syntax: invalid assignment target',
      },
      'syntax-duplicate-field': {
        severity: 'error',
        message: (name: string) => `syntax: Named argument list already contains name: ${name}`,
      },
      'syntax-reserved-param': {
        severity: 'error',
        message: (name: string) => `syntax: builtin '${name}' can't be used as a macro argument`,
      },
      'syntax-c-order': {
        severity: 'error',
        message: () => 'syntax: C definitions must appear before probes and functions',
      },
      'syntax-config-order': {
        severity: 'error',
        message: () => 'syntax: config must appear before probes and functions',
      },
      'syntax-config-duplicate': {
        severity: 'error',
        message: () => 'syntax: duplicate config block',
      },
      'syntax-import-order': {
        severity: 'error',
        message: () => 'syntax: root imports must appear before probes and functions',
      },
      'syntax-root-let': {
        severity: 'error',
        message: () =>
          'syntax: root-level let statements need to be map declarations, e.g. let @a = hash(2);',
      },
      'syntax-unclosed-definition': {
        severity: 'error',
        message: (closer: string) => `syntax: the C definition that starts here has no '${closer}'`,
      },
      'syntax-attribute': {
        severity: 'error',
        message: (problem: string) => `syntax: __attribute__ syntax error, ${problem}`,
      },
      'syntax-too-deep': {
        severity: 'error',
        message: (limit: number) => `syntax: nested too deeply (the limit is ${limit} levels)`,
        hints: () => ['Split it: give parts of it a variable, a macro or a statement of their own.'],
      },
      'syntax-too-many': {
        severity: 'error',
        message: (limit: number) => `syntax: more than ${limit} errors; the rest of the script was not read`,
      },
    }) as const satisfies Catalogue,
);
