/** What a row is about: a heading of the manual, more or less. */
export type Topic =
  | 'command line'
  | 'settings'
  | 'running'
  | 'probes'
  | 'language'
  | 'variables'
  | 'functions'
  | 'output'
  | 'messages'
  | 'limits';

/** One thing that scripts, options or output of bpftrace can do, and the tests that show it. */
export interface CoverageRow {
  /** Never changes its meaning. */
  readonly id: string;
  readonly topic: Topic;
  readonly what: string;
  /** Files of tests, or golden files; behind ` > ` how the title of the test in it begins: see test-titles.ts. */
  readonly tests: readonly [string, ...string[]];
  /** What their passages have to contain. */
  readonly uses?: RegExp;
}

export type Row = readonly [id: string, topic: Topic, what: string, ...tests: readonly [string, ...string[]]];
