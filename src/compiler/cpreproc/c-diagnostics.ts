import { lazily } from '../../base/index.ts';
import type { Catalogue } from '../language/index.ts';

/** What can be wrong with the C section of a script. */
export const cDiagnostics = lazily(
  () =>
    ({
      'c-unknown-directive': {
        severity: 'error',
        message: (name: string) => `unknown preprocessor directive: #${name}`,
      },
      'c-directive': {
        severity: 'error',
        message: (name: string, problem: string) => `#${name}: ${problem}`,
      },
      /** A conditional without its other end. */
      'c-unbalanced': {
        severity: 'error',
        message: (name: string, missing: string) => `#${name} without #${missing}`,
      },
      'c-error': {
        severity: 'error',
        message: (text: string) => `#error ${text}`,
      },
      'c-warning': {
        severity: 'warning',
        message: (text: string) => `#warning ${text}`,
      },
      /** The second line is how upstream's C compiler says it, in the file that it is given; what reads its output looks for that. */
      'c-include': {
        severity: 'error',
        message: (path: string, reason: string, line: number) =>
          `cannot include '${path}': ${reason}\ndefinitions.h:${line}:10: fatal error: '${path}' file not found`,
      },
      'c-include-depth': {
        severity: 'error',
        message: (path: string, limit: number) =>
          `cannot include '${path}': files include each other over ${limit} levels deep`,
      },
      'c-macro-call': {
        severity: 'error',
        message: (name: string, wanted: string, found: number) =>
          `macro '${name}' takes ${wanted} argument${wanted === '1' ? '' : 's'}, ${found} given`,
      },
      'c-macro-unclosed': {
        severity: 'error',
        message: (name: string) => `the arguments of macro '${name}' have no closing ')'`,
      },
      'c-expansion-size': {
        severity: 'error',
        message: (limit: number) => `macros expand to more than ${limit} tokens`,
      },
      'c-macro-nesting': {
        severity: 'error',
        message: (limit: number) => `macro calls stand in the arguments of others over ${limit} levels deep`,
      },
      /** A definition the parser cannot read. */
      'c-syntax': {
        severity: 'error',
        message: (problem: string) => `C definition: ${problem}`,
      },
      'c-bit-field': {
        severity: 'error',
        message: (problem: string) => `C definition: ${problem}`,
      },
      'c-redefinition': {
        severity: 'error',
        message: (what: string) => `redefinition of '${what}'`,
      },
    }) as const satisfies Catalogue,
);

/** Thrown inside this folder where reading cannot go on; becomes a diagnostic at the nearest definition or directive. */
export class CProblem extends Error {}
