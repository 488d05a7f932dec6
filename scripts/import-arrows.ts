/** A module (a folder with an index.ts) and the modules it may import; only the arrows drawn here exist. */
export type Arrows = Readonly<Record<string, readonly string[]>>;

const bytes = ['bpf', 'btf', 'elf', 'dwarf', 'base'];
const contract = ['program', 'types', ...bytes];
/** What every part of the compiler may ask. */
const underCompiler = ['verifier', ...contract];

/** The arrows of ARCHITECTURE.md; a path below src/ belongs to the longest module name it begins with. */
export const importArrows: Arrows = {
  base: [],
  bpf: ['base'],
  btf: ['base'],
  elf: ['base'],
  dwarf: ['base'],
  types: ['btf', 'base'],
  program: ['types', 'btf', 'dwarf', 'bpf', 'base'],
  verifier: contract,
  vm: contract,

  'compiler/language': underCompiler,
  'compiler/imports': ['compiler/language', 'compiler/object', ...underCompiler],
  'compiler/cpreproc': ['compiler/language', ...underCompiler],
  'compiler/typed': ['compiler/language', ...underCompiler],
  'compiler/probes': ['compiler/language', 'compiler/cpreproc', 'compiler/typed', ...underCompiler],
  'compiler/ir': underCompiler,
  'compiler/builtins': [
    'compiler/language',
    'compiler/probes',
    'compiler/typed',
    'compiler/ir',
    ...underCompiler,
  ],
  'compiler/check': [
    'compiler/language',
    'compiler/cpreproc',
    'compiler/probes',
    'compiler/builtins',
    'compiler/typed',
    ...underCompiler,
  ],
  'compiler/lower': [
    'compiler/language',
    'compiler/probes',
    'compiler/builtins',
    'compiler/typed',
    'compiler/check',
    'compiler/ir',
    ...underCompiler,
  ],
  'compiler/opt': ['compiler/ir', ...underCompiler],
  'compiler/backend': ['compiler/ir', ...underCompiler],
  'compiler/object': underCompiler,
  // The drivers that put the stages together.
  compiler: [
    'compiler/language',
    'compiler/imports',
    'compiler/cpreproc',
    'compiler/probes',
    'compiler/typed',
    'compiler/builtins',
    'compiler/check',
    'compiler/lower',
    'compiler/ir',
    'compiler/opt',
    'compiler/backend',
    'compiler/object',
    ...underCompiler,
  ],

  embedded: ['vm', 'program', 'btf', 'bpf', 'base'],
  report: ['program', 'types', 'btf', 'base'],
  tracer: ['compiler', 'report', 'verifier', 'program', 'base'],
  recording: ['tracer', 'embedded', 'vm', 'program', 'btf', 'base'],
  scenario: ['embedded', 'vm', 'program', 'base'],
  'kernel/sys': ['base'],
  kernel: ['kernel/sys', 'bpf', 'btf', 'base'],
  runtime: ['kernel', 'embedded', 'program', 'elf', 'dwarf', 'btf', 'bpf', 'base'],
  // The compiler as well: formatting, listing and the compiler's own stages are questions to it alone, without a run.
  cli: [
    'recording',
    'scenario',
    'tracer',
    'runtime',
    'embedded',
    'compiler',
    'compiler/language',
    'report',
    'program',
    'base',
  ],
};

/** npm packages that sources may import, and from where. */
export const packageImporters: Readonly<Record<string, readonly string[]>> = {
  koffi: ['kernel/sys'],
  'gecko-profiler-demangle/index_bg.js': ['runtime'],
};
