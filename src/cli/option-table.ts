/** One option of the command line. At least one of `short` and `long` is there. */
export interface OptionRow {
  readonly short?: string;
  readonly long?: string;
  /** What the usage text calls the argument; absent when the option takes none. */
  readonly argument?: string;
  readonly group: OptionGroup;
  readonly doc: string;
  /** Further spellings and stages that only old scripts use stay out of the usage text. */
  readonly hidden?: true;
}

/** Groups of the usage text, in its order. */
export const optionGroups = {
  script: 'OPTIONS',
  process: 'PROCESSES',
  output: 'OUTPUT',
  sources: 'SOURCES AND SYMBOLS',
  safety: 'SAFETY AND FEATURES',
  develop: 'TESTING AND FORMATTING',
  diagnose: 'TROUBLESHOOTING',
} as const;
export type OptionGroup = keyof typeof optionGroups;

/**
 * Every option: the parser, the usage text and the documentation read this table. bpftrace 0.27's options,
 * and ours at the end of their groups (`backend`, `child-exit-code`, `exclude-self`).
 */
const optionTable = {
  program: { short: 'e', argument: "'PROGRAM'", group: 'script', doc: 'run this program' },
  list: {
    short: 'l',
    long: 'list',
    group: 'script',
    doc: 'list the probes that match a pattern, or those of a script file; also types: -l "struct NAME"',
  },
  verbose: {
    short: 'v',
    long: 'verbose',
    group: 'script',
    doc: 'say more; with -l, show the arguments of each probe',
  },
  help: { short: 'h', long: 'help', group: 'script', doc: 'show this text' },
  version: { short: 'V', long: 'version', group: 'script', doc: 'show the version' },
  info: { long: 'info', group: 'script', doc: 'report what this kernel and this build can do' },

  pid: {
    short: 'p',
    long: 'pid',
    argument: 'PID',
    group: 'process',
    doc: 'trace this process only, and end when it does',
  },
  cmd: {
    short: 'c',
    long: 'cmd',
    argument: 'CMD',
    group: 'process',
    doc: 'start CMD, trace it, and end when it does',
  },
  'dwarf-pid': {
    long: 'dwarf-pid',
    argument: 'PID',
    group: 'process',
    doc: 'load unwind tables for this process too (repeatable)',
  },
  'usdt-file-activation': {
    long: 'usdt-file-activation',
    group: 'process',
    doc: 'switch USDT probes on for every process that maps the file',
  },
  'exclude-self': { long: 'exclude-self', group: 'process', doc: "leave out the tracer's own events" },
  'child-exit-code': {
    long: 'child-exit-code',
    group: 'process',
    doc: "with -c, exit with the command's exit code",
  },

  output: { short: 'o', long: 'output', argument: 'FILE', group: 'output', doc: 'write the output to FILE' },
  format: { short: 'f', argument: 'FORMAT', group: 'output', doc: 'output format: text or json' },
  buffering: {
    short: 'B',
    argument: 'MODE',
    group: 'output',
    doc: 'output buffering: line (default), full or none',
  },
  quiet: { short: 'q', long: 'quiet', group: 'output', doc: 'leave out messages such as "Attached 1 probe"' },
  warnings: {
    short: 'k',
    long: 'warnings',
    group: 'output',
    doc: 'warn when a memory read or a map lookup fails in a probe',
  },
  'no-warnings': { long: 'no-warnings', group: 'output', doc: 'show no warnings' },

  'include-dir': {
    short: 'I',
    argument: 'DIR',
    group: 'sources',
    doc: 'search DIR for C headers (repeatable)',
  },
  include: {
    long: 'include',
    argument: 'FILE',
    group: 'sources',
    doc: 'include this C header first (repeatable)',
  },
  debuginfo: {
    long: 'debuginfo',
    argument: 'DIR[:DIR]',
    group: 'sources',
    doc: 'search these directories for debug files',
  },
  'traceable-functions': {
    long: 'traceable-functions',
    argument: 'FILE',
    group: 'sources',
    doc: 'read the list of kernel functions that can be traced from FILE',
  },

  unsafe: { long: 'unsafe', group: 'safety', doc: 'allow what can change or harm the system' },
  'no-feature': {
    long: 'no-feature',
    argument: 'FEATURE[,FEATURE]',
    group: 'safety',
    doc: 'do without a kernel feature: kprobe, kprobe_multi, kprobe_session, uprobe_multi',
  },
  backend: {
    long: 'backend',
    argument: 'WHERE',
    group: 'safety',
    doc: 'run the BPF in the kernel (default), or embedded: in this process, without privileges',
  },

  mode: {
    long: 'mode',
    argument: 'MODE',
    group: 'develop',
    doc: 'codegen, compiler-bench, bench, test or format',
  },
  test: { long: 'test', group: 'develop', doc: 'run the test: probes' },
  bench: { long: 'bench', group: 'develop', doc: 'run the bench: probes' },
  'probe-filter': {
    long: 'probe-filter',
    argument: 'REGEX',
    group: 'develop',
    doc: 'only probes whose name matches',
  },
  fmt: { long: 'fmt', group: 'develop', doc: 'print the script, formatted; with -o, write it' },

  record: {
    long: 'record',
    argument: 'FILE',
    group: 'output',
    doc: 'keep everything that happens in FILE, for --replay',
  },
  replay: {
    long: 'replay',
    argument: 'FILE',
    group: 'output',
    doc: 'print again what the run that recorded FILE printed, without tracing anything; another script runs on its events',
  },
  scenario: {
    long: 'scenario',
    argument: 'FILE',
    group: 'output',
    doc: 'run the script on the events that FILE tells, without tracing anything',
  },

  'dry-run': { long: 'dry-run', group: 'diagnose', doc: 'compile, load and attach, then stop' },
  debug: {
    short: 'd',
    long: 'debug',
    argument: 'STAGE[,STAGE]',
    group: 'diagnose',
    doc: 'show what the compiler does: all, parse, ast, types, ir, codegen, codegen-opt, dis, libbpf, verifier',
  },
  'verify-llvm-ir': {
    long: 'verify-llvm-ir',
    group: 'diagnose',
    doc: 'check the intermediate code between all passes',
  },
  'emit-elf': {
    long: 'emit-elf',
    argument: 'FILE',
    group: 'diagnose',
    doc: 'write the programs to FILE as a BPF object',
  },
  'emit-llvm': {
    long: 'emit-llvm',
    argument: 'FILE',
    group: 'diagnose',
    doc: 'write the intermediate code to FILE.original.ll and FILE.optimized.ll',
  },
  aot: { long: 'aot', argument: 'FILE', group: 'diagnose', doc: 'compile to an executable' },
  btf: { short: 'b', long: 'btf', group: 'diagnose', doc: 'accepted and ignored', hidden: true },
} as const satisfies Record<string, OptionRow>;

export type OptionId = keyof typeof optionTable;

/** The rows under their ids, in the table's order. */
export const optionRows = Object.entries(optionTable) as readonly (readonly [OptionId, OptionRow])[];
