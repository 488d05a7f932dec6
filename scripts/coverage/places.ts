/** Where tests are: what rows would otherwise repeat. */
export const golden = {
  check: (name: string): string => `tests/golden/check/${name}.txt`,
  syntax: (name: string): string => `tests/golden/language/syntax/${name}.txt`,
  c: (name: string): string => `tests/golden/language/c-section/${name}.txt`,
  format: (name: string): string => `tests/golden/language/format/${name}.txt`,
  lower: (name: string): string => `tests/golden/lower/${name}.txt`,
} as const;

export const kernel = (name: string, test?: string): string =>
  `tests/kernel/${name}.test.ts${test === undefined ? '' : ` > ${test}`}`;

/** Tests that both backends have to pass. */
export const both = (name: string, test: string): string => `tests/support/${name}.ts > ${test}`;
export const oneLiner = (title: string): string => both('one-liners', title);
export const values = (title: string): string => both('script-values', title);

export const report = (name: string): string => `src/report/${name}.test.ts`;
export const resolving = (test: string): string => `src/compiler/probes/resolve.test.ts > ${test}`;
