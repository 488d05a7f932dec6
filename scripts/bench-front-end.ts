/**
 * The compiler on scripts that are eight times as long: thousands of characters per second of CPU time. Where time is linear in size, both numbers
 * of a line are about the same.
 */
import { compile } from '../src/compiler/index.ts';
import { createSource, formatScript, parseScript } from '../src/compiler/language/index.ts';
import { fakeKernel } from '../tests/support/fake-kernel.ts';
import type { RateCase } from './bench-rates.ts';

const repeat = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
const nested = (depth: number, inner: string): string =>
  `${'if (pid > 1) { '.repeat(depth)}${inner}${' }'.repeat(depth)}`;

/** What a long script may consist of, each with `count` lines or so. */
const forms: Readonly<Record<string, (count: number) => string>> = {
  statements: (n) => `begin {\n${repeat(n, (i) => `$x${i % 50} = ${i}; print($x${i % 50});`)}\n}`,
  probes: (n) => repeat(n, (i) => `interval:s:${i + 1} { @a[${i}] = count(); }`),
  strings: (n) => `begin {\n${repeat(n, (i) => `print("text ${i} \\n\\t");`)}\n}`,
  comments: (n) => `${repeat(n, (i) => `// line ${i}\n/* and\n more */`)}\nbegin { }`,
  nesting: (n) => `begin {\n${repeat(n / 10, () => nested(50, '$a = 1;'))}\n}`,
  macros: (n) =>
    `${repeat(n, (i) => `macro m${i}(x) { x + ${i} }`)}\nbegin { ${repeat(n, (i) => `print(m${i}(1));`)} }`,
  'long-macro': (n) => `macro big(x) { ${repeat(n, (i) => `print(x + ${i});`)} 1 }\nbegin { big(1); }`,
  definitions: (n) =>
    `${repeat(n, (i) => `#define D${i} ${i}\nstruct s${i} { int a; struct s${i} *next; };`)}\nbegin { print(D1); }`,
  errors: (n) => `begin {\n${repeat(n, (i) => `print($unknown${i});`)}\n}`,
};

/** At least this much CPU time per number. */
const MIN_MS = 400;
const SMALL = 100;
const LARGE = 8 * SMALL;

function charactersPerSecond(text: string, work: (text: string) => void): number {
  work(text); // the engine's compilers are not measured
  const start = process.cpuUsage();
  let done = 0;
  for (;;) {
    work(text);
    done += text.length;
    const { user } = process.cpuUsage(start);
    if (user >= MIN_MS * 1000) return done / (user / 1e6) / 1000;
  }
}

function readAndFormat(text: string): void {
  formatScript(parseScript(createSource('stdin', text)).script);
}

const target = fakeKernel();

function compileAll(text: string): void {
  compile({
    source: createSource('stdin', text),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
}

const works = { read: readAndFormat, compile: compileAll } as const;

export const frontEndCases: readonly RateCase[] = Object.entries(works).flatMap(([stage, work]) =>
  Object.entries(forms).map(([form, make]) => ({
    name: `${stage}-${form}`,
    unit: 'thousand characters/s',
    columns: [SMALL, LARGE].map((count) => ({
      name: `${count} lines`,
      rate: async () => charactersPerSecond(make(count), work),
    })),
  })),
);
