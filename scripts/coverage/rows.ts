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
  /** Files of tests, or golden files; behind ` > ` a text that the file has, such as the name of the test. */
  readonly tests: readonly [string, ...string[]];
}

type Row = readonly [id: string, topic: Topic, what: string, ...tests: readonly [string, ...string[]]];

const golden = {
  check: (name: string): string => `tests/golden/check/${name}.txt`,
  syntax: (name: string): string => `tests/golden/language/syntax/${name}.txt`,
  c: (name: string): string => `tests/golden/language/c-section/${name}.txt`,
  format: (name: string): string => `tests/golden/language/format/${name}.txt`,
  lower: (name: string): string => `tests/golden/lower/${name}.txt`,
} as const;
const kernel = (name: string, test?: string): string =>
  `tests/kernel/${name}.test.ts${test === undefined ? '' : ` > ${test}`}`;
/** Tests that both backends have to pass. */
const both = (name: string, test?: string): string =>
  `tests/support/${name}.ts${test === undefined ? '' : ` > ${test}`}`;
const report = (name: string): string => `src/report/${name}.test.ts`;

const rows: readonly Row[] = [
  // The command line.
  [
    'cli-forms',
    'command line',
    'A script is a file, standard input, or the text behind -e.',
    'src/cli/options.test.ts',
    'tests/cli/command-line.test.ts',
  ],
  [
    'cli-permutation',
    'command line',
    'Options stand anywhere on the line and may be cut short.',
    'src/cli/options.test.ts',
  ],
  [
    'cli-usage-errors',
    'command line',
    'A wrong command line ends with 1 and says what is wrong.',
    'src/cli/options.test.ts',
    'tests/cli/command-line.test.ts',
  ],
  [
    'cli-info',
    'command line',
    '--info reports what the kernel can do.',
    'src/cli/info-report.test.ts',
    kernel('listing', '--info'),
  ],
  [
    'cli-exit-codes',
    'command line',
    'exit(n), errors, missing privileges and refused programs have exit codes of their own.',
    both('run-tests', 'exit() gives the exit code'),
    kernel('trouble'),
  ],
  [
    'cli-stages',
    'command line',
    '-d shows what every stage made.',
    kernel('compiler-options', '-d shows the typed tree'),
  ],
  [
    'params-positional',
    'command line',
    'Positional parameters are literals of the script.',
    golden.check('literals'),
    both('run-tests', 'named parameters reach the program'),
  ],
  [
    'params-named',
    'command line',
    'Named parameters have types, defaults and a help text.',
    'src/cli/script-params.test.ts',
    golden.check('named-parameters'),
    both('run-tests', 'named parameters'),
  ],
  [
    'list-probes',
    'command line',
    '-l lists probes by pattern, with their arguments under -v.',
    'src/compiler/probes/listing/listing.test.ts',
    kernel('listing'),
  ],
  [
    'list-types',
    'command line',
    '-l lists structs, unions and enums, with their definitions under -v.',
    kernel('listing', 'types, and their definitions'),
  ],
  [
    'list-script',
    'command line',
    '-l of a script lists what it would attach to.',
    'src/compiler/list-script.test.ts',
    kernel('imports', '-l lists probes of imported scripts'),
  ],
  [
    'target-command',
    'running',
    '-c holds the command back until everything is attached, and ends with it.',
    'src/runtime/child-process.test.ts',
    both('run-tests', '-c: the command waits'),
  ],
  [
    'target-pid',
    'running',
    '-p limits probes to a process and ends with it.',
    both('run-tests', '-p: the run ends with the process'),
    kernel('probes', '-p keeps others out'),
  ],
  [
    'signals',
    'running',
    'SIGINT and SIGTERM end the run in order; SIGUSR1 runs self probes.',
    both('run-tests', 'SIGINT and SIGTERM'),
    both('run-tests', 'SIGUSR1'),
  ],
  ['loss', 'running', 'Lost records are counted and told.', 'src/tracer/trace.test.ts > lost records'],
  [
    'environment',
    'settings',
    'BPFTRACE_ variables set config values and win over the script.',
    'src/compiler/check/config.test.ts',
  ],
  [
    'privileges',
    'running',
    'Without the privileges it says which, and what to do.',
    'src/cli/privileges.test.ts',
    kernel('listing', 'need privileges'),
  ],
  [
    'config',
    'settings',
    'A config block and the environment set values, with old names and wrong values reported.',
    'src/compiler/check/config.test.ts',
    golden.syntax('config-errors'),
  ],
  [
    'attaching',
    'running',
    'It says how many probes were attached, and what could not be.',
    'src/tracer/trace.test.ts > missing probes',
    kernel('trouble'),
  ],
  [
    'aot',
    'command line',
    '--aot writes a file that runs by itself.',
    kernel('compiler-options', 'makes a file that runs by itself'),
    'src/program/saved-program.test.ts',
  ],
  [
    'emit-elf',
    'command line',
    '--emit-elf writes an object that bpftool loads.',
    kernel('compiler-options', 'bpftool loads'),
  ],
  [
    'compiler-bench',
    'command line',
    '--mode compiler-bench measures the stages of the compiler.',
    kernel('compiler-options', 'measures the stages'),
  ],
  [
    'fmt',
    'command line',
    '--fmt prints a script in canonical layout.',
    golden.format('layout'),
    golden.format('comments'),
    'tests/cli/command-line.test.ts > --fmt',
  ],
  [
    'json-option',
    'output',
    '-f json writes an object per line.',
    both('run-tests', '-f json'),
    report('json'),
  ],
  ['output-file', 'output', '-o writes the output to a file.', both('run-tests', '-o writes')],
  ['dry-run', 'output', '--dry-run does everything except running.', both('run-tests', '--dry-run')],

  // Language.
  [
    'file-order',
    'language',
    'The parts of a file have an order; each in a wrong place is an error.',
    golden.syntax('file-structure'),
    golden.syntax('order-errors'),
  ],
  [
    'integers',
    'language',
    'Integers in all spellings, with their ranges.',
    golden.syntax('integers'),
    golden.syntax('integer-errors'),
  ],
  [
    'strings',
    'language',
    'Strings with all escapes.',
    golden.syntax('strings'),
    golden.syntax('string-errors'),
  ],
  [
    'comments',
    'language',
    'Comments stand anywhere.',
    golden.format('comments'),
    golden.syntax('unterminated-comment'),
  ],
  [
    'keywords',
    'language',
    'Keywords are names where nothing else is meant.',
    golden.syntax('contextual-keywords'),
  ],
  ['precedence', 'language', 'Operators bind as in the table.', golden.syntax('precedence')],
  ['casts-syntax', 'language', 'A name in parentheses before an operand is a cast.', golden.syntax('casts')],
  [
    'statements',
    'language',
    'Assignments, discards, jumps and semicolons.',
    golden.syntax('assignments'),
    golden.syntax('assignment-errors'),
    golden.syntax('statements-after-blocks'),
  ],
  ['unused-results', 'language', 'A result that nobody takes is warned of.', golden.check('unused-results')],
  [
    'block-values',
    'language',
    'Blocks and if are expressions.',
    golden.syntax('blocks'),
    golden.check('control-flow'),
  ],
  [
    'loops',
    'language',
    'for over ranges and maps, while and unroll, with break, continue and return.',
    golden.syntax('loops'),
    golden.check('control-flow'),
    golden.lower('map-loop'),
    golden.lower('range-callback'),
    kernel('script-values'),
  ],
  [
    'loops-nested',
    'language',
    'Loops in loops share variables with what is around them.',
    golden.lower('nested-callbacks'),
    'src/compiler/lower/captures.test.ts',
  ],
  [
    'variables',
    'language',
    'Variables have scopes, types and declarations.',
    golden.check('variables'),
    golden.check('variable-errors'),
  ],
  [
    'maps',
    'language',
    'Maps with and without keys; the first use decides.',
    golden.check('maps-scalar-and-keyed'),
    golden.check('map-type-errors'),
    kernel('script-values'),
  ],
  [
    'maps-declared',
    'language',
    'Maps declared with a kind and a size.',
    golden.check('declared-maps'),
    golden.check('declared-map-errors'),
  ],
  [
    'maps-full',
    'language',
    'A full map drops the value with a warning.',
    kernel('maps', 'a full hash says so'),
    kernel('trouble'),
  ],
  [
    'aggregations',
    'language',
    'count, sum, avg, min, max, stats, hist, lhist and tseries as values of maps.',
    golden.check('aggregations'),
    golden.check('aggregation-errors'),
    report('script-map'),
    golden.lower('histograms'),
  ],
  [
    'tuples',
    'language',
    'Tuples as values and keys.',
    golden.syntax('tuples-records'),
    golden.check('tuples-and-records'),
    golden.lower('tuples'),
  ],
  [
    'records',
    'language',
    'Records with named fields, in any order.',
    golden.check('tuples-and-records'),
    golden.syntax('record-errors'),
  ],
  [
    'types',
    'language',
    'Every type has a size, a layout and a spelling.',
    'src/types/layout.test.ts',
    'src/types/spelling.test.ts',
    golden.syntax('types'),
  ],
  [
    'promotion',
    'language',
    'Integers of different sizes and signs go together by rules.',
    'src/compiler/check/promotion.test.ts',
    golden.check('promotion'),
    golden.check('operators'),
  ],
  ['increments', 'language', '++ and -- before and behind variables and maps.', golden.check('increments')],
  [
    'division',
    'language',
    'Division by zero gives 0 and a warning.',
    golden.lower('division'),
    both('import-tests', 'a run-time warning'),
  ],
  [
    'casts',
    'language',
    'Casts of every kind, and those that are refused.',
    golden.check('casts'),
    golden.check('cast-errors'),
  ],
  [
    'pointers',
    'language',
    'Pointers, members, elements and their address spaces.',
    golden.check('structs'),
    golden.check('member-errors'),
    golden.lower('member-chains'),
  ],
  [
    'array-bounds',
    'language',
    'An index that is too large is an error, or a warning at run time.',
    golden.lower('array-bounds'),
    kernel('arrays'),
  ],
  [
    'string-values',
    'language',
    'Strings are joined, cut, compared and kept.',
    golden.check('strings'),
    golden.lower('strings'),
  ],
  [
    'enums',
    'language',
    'Enumerators are constants, shown by name.',
    golden.check('constants'),
    kernel('script-values'),
    golden.c('enums'),
  ],
  [
    'c-definitions',
    'language',
    'Structs, unions, enums and typedefs of the script, with packed and aligned.',
    golden.check('c-definitions'),
    golden.c('members'),
    golden.c('attributes'),
    golden.c('typedefs'),
    'src/compiler/check/script-types.test.ts',
  ],
  [
    'c-preprocessor',
    'language',
    '#define, #include and #if in the script and its headers.',
    golden.c('includes'),
    golden.c('conditionals'),
    golden.c('macro-bodies'),
    'src/compiler/include-files.test.ts',
  ],
  [
    'kernel-constants',
    'language',
    'Constants of kernel headers without the headers.',
    'src/compiler/check/kernel-constants.ts > AF_INET',
    kernel('docs'),
  ],
  [
    'bit-fields',
    'language',
    'Bit-fields, also those that straddle bytes.',
    golden.check('structs'),
    'src/compiler/check/script-types.test.ts',
  ],
  [
    'macros',
    'language',
    'Macros with variables, maps and expressions as parameters, and nothing leaking.',
    golden.check('macros'),
    golden.check('macro-errors'),
    golden.check('macro-type-error'),
  ],
  [
    'functions',
    'language',
    'fn functions with typed parameters and results.',
    golden.check('functions'),
    golden.check('function-errors'),
    golden.lower('functions'),
  ],
  [
    'kernel-functions',
    'language',
    'Functions of the kernel are called by name.',
    golden.check('kernel-functions'),
    golden.check('kernel-function-errors'),
    kernel('kernel-functions'),
  ],
  [
    'imports',
    'language',
    'import of scripts, headers, folders and C, with its functions, maps, data and relocations.',
    'src/compiler/object/read-object.test.ts',
    'src/compiler/imports/load-imports.test.ts',
    kernel('imports'),
  ],
  [
    'introspection',
    'language',
    'sizeof, offsetof, typeof, typeinfo and comptime.',
    golden.check('introspection'),
    golden.check('unstable'),
  ],
  [
    'probe-results',
    'language',
    'return in a probe gives an integer.',
    golden.check('control-flow-errors'),
    both('mode-tests', '--test runs test probes'),
  ],
  [
    'address-spaces',
    'language',
    'Reads go to kernel or user memory by what is known of a pointer.',
    golden.check('probe-arguments'),
    golden.lower('member-chains'),
  ],

  // Output of functions.
  [
    'printf',
    'output',
    'printf with every conversion, flag and width.',
    report('printf'),
    golden.check('formats'),
    golden.check('format-errors'),
    'src/program/format.test.ts',
  ],
  [
    'stacks',
    'output',
    'Stacks in all modes, as values and keys.',
    report('stacks'),
    golden.lower('stacks-and-symbols'),
  ],

  // Diagnostics.
  [
    'diagnostic-format',
    'messages',
    'A message has its place, the line, hints and the macro calls around it.',
    'src/compiler/language/render-diagnostics.test.ts',
  ],
  [
    'diagnostics-all',
    'messages',
    'Independent errors of a stage are all reported, and no follow-up errors.',
    'tests/property/independent-errors.test.ts',
  ],
  [
    'recovery',
    'messages',
    'Reading goes on behind a syntax error.',
    golden.syntax('recovery-in-statements'),
    golden.syntax('recovery-at-top-level'),
    golden.syntax('recovery-missing-brace'),
  ],
  [
    'no-crash',
    'messages',
    'No text makes the front end fail or hang.',
    'tests/property/language.test.ts',
    'tests/property/examples.test.ts',
    'src/compiler/check/mutations.test.ts',
  ],
  ['unsafe', 'messages', 'Unsafe functions need --unsafe.', golden.check('unsafe-functions')],
  [
    'unstable',
    'messages',
    'Unstable features are refused, warned of or enabled by the config.',
    golden.check('unstable'),
  ],
  [
    'runtime-warnings',
    'messages',
    'Helpers that fail and limits that are hit are reported with their place.',
    golden.lower('failed-reads'),
    kernel('trouble'),
    report('report'),
  ],

  // Output.
  [
    'values-text',
    'output',
    'Every kind of value as text.',
    report('decode'),
    report('observed-output'),
    report('inet'),
  ],
  ['histograms', 'output', 'Histograms with their scales and bars.', report('histogram')],
  ['time-series', 'output', 'Time series with their intervals.', report('timeseries')],
  ['time-text', 'output', 'strftime with all conversions.', report('strftime')],
  ['map-order', 'output', 'Maps print in order, with top and div.', report('script-map')],
  ['json', 'output', 'Every message and value as JSON.', report('json'), report('observed-output')],
  [
    'async-order',
    'output',
    'What the kernel sends is shown in order, commands included.',
    'src/tracer/trace.test.ts > an effect is done',
  ],
  [
    'lossy-conversions',
    'language',
    'Integers converted to a type that does not hold all their values are warned of.',
    golden.check('lossy-conversions'),
  ],
  [
    'address-spaces-unset',
    'probes',
    'Reading through a number of no known address space is warned of.',
    golden.check('address-spaces-unset'),
  ],
  [
    'circular-maps',
    'language',
    'A map that is computed from itself alone holds integers.',
    golden.check('circular-maps'),
  ],
  [
    'test-names',
    'probes',
    'A name of a test or benchmark is used once.',
    'src/compiler/find-probes.test.ts > have names of their own',
  ],
  ['test-output', 'output', 'The text of --test and --bench.', report('test-results'), both('mode-tests')],
  ['self-tests', 'language', "bpftrace's own scripts of tests pass.", kernel('upstream-self')],
  ['upstream-tools', 'language', "bpftrace's tools run and tell the truth.", kernel('upstream-tools')],

  // Limits.
  [
    'limit-depth',
    'limits',
    'Too deep, too long and too many are errors.',
    golden.syntax('too-deep'),
    golden.syntax('too-long-chain'),
    golden.syntax('too-many-errors'),
  ],
  [
    'limit-large-values',
    'limits',
    'Values larger than the stack of a program live elsewhere.',
    'src/compiler/backend/place-slots.test.ts',
    'tests/golden/backend/scratch.txt',
    kernel('docs'),
  ],

  // What the tables behind it say.
  ['gfp-flags', 'output', 'Allocation flags by name (%gr).', report('printf'), kernel('script-values')],
  [
    'helpers',
    'running',
    'Every feature of the kernel is asked for, not guessed.',
    kernel('features'),
    kernel('constants', 'helper names and ids'),
  ],
  ['aggregate-layouts', 'output', 'What the CPUs counted is put together.', report('script-map')],
  [
    'observed',
    'output',
    'Output as bpftrace was seen to print it.',
    report('observed-output'),
    kernel('script-values'),
  ],
];

export const coverageRows: readonly CoverageRow[] = rows.map(([id, topic, what, ...tests]) => ({
  id,
  topic,
  what,
  tests,
}));
