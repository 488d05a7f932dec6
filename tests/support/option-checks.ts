import type { OptionId } from '../../src/cli/option-table.ts';
import type { Shown } from './one-liner.ts';

const runs = (title: string): string => `tests/support/run-tests.ts > ${title}`;
const modes = (title: string): string => `tests/support/mode-tests.ts > ${title}`;
const compiling = (title: string): string => `tests/kernel/compiler-options.test.ts > ${title}`;
const missingKey = 'begin { print(@m[1]); @m[2] = 1; clear(@m); }';

/** A command line that every option changes, or the test that shows it where it takes more. */
export const optionChecks: Readonly<Record<OptionId, Shown>> = {
  program: { program: 'begin { print(1); }', stdout: '1\n' },
  list: 'tests/kernel/listing.test.ts > all tracepoints of the kernel, sorted',
  verbose: runs('-c: the command waits until everything is attached'),
  help: 'tests/cli/command-line.test.ts > --help and --version answer on stdout',
  version: 'tests/cli/command-line.test.ts > --help and --version answer on stdout',
  info: 'tests/kernel/listing.test.ts > --info says what feature probes say',
  pid: runs('-p: the run ends with the process'),
  cmd: runs('-c: the command waits until everything is attached'),
  'dwarf-pid': 'tests/kernel/unwinding.test.ts > a process that runs: other probes, modes and limits',
  'usdt-file-activation': 'tests/kernel/usdt.test.ts > a semaphore counts who listens',
  'exclude-self': 'tests/kernel/exclude-self.test.ts > --exclude-self leaves out what the tracer does itself',
  'child-exit-code': runs('-c: the command waits until everything is attached'),
  output: runs('-o writes the output to a file'),
  format: runs('-f json: one object per line'),
  buffering: runs('-B says when output is written'),
  quiet: runs('-q leaves out what is said around the output'),
  warnings: {
    options: ['-k'],
    program: missingKey,
    stdout: '0\n',
    stderr: /WARNING: Can't lookup map element because it does not exist\./,
  },
  'no-warnings': {
    options: ['--no-warnings'],
    program: 'begin { $z = pid - pid; print(9 / $z); }',
    stdout: '1\n',
  },
  'include-dir': 'tests/support/import-tests.ts > headers from folders that -I names',
  include: 'tests/support/import-tests.ts > headers from folders that -I names',
  debuginfo: 'tests/kernel/debug-info.test.ts > debug information in a separate file, and in split ones',
  'traceable-functions': 'tests/kernel/listing.test.ts > functions of a list of its own',
  unsafe: { options: ['--unsafe'], program: 'begin { system("echo allowed"); }', stdout: 'allowed\n\n' },
  'no-feature': 'tests/kernel/listing.test.ts > --info says what feature probes say',
  backend: {
    options: ['--backend', 'embedded'],
    program: 'kprobe:vfs_read { exit(); }',
    stderr: /^HINT: --backend embedded serves begin, end, /m,
    code: 1,
  },
  mode: compiling('--mode compiler-bench measures the stages'),
  test: modes('--test runs test probes'),
  bench: modes('--bench measures bench probes'),
  'probe-filter': modes('--probe-filter keeps the probes whose name matches'),
  fmt: 'tests/cli/command-line.test.ts > --fmt prints a script in canonical layout',
  record: 'tests/cli/recording.test.ts > a recorded run of the embedded machine is replayed byte for byte',
  replay: 'tests/cli/recording.test.ts > a recorded run of the embedded machine is replayed byte for byte',
  scenario: 'tests/embedded/golden.test.ts > runs on events that are written down',
  'dry-run': runs('--dry-run attaches, and runs nothing'),
  debug: compiling('-d shows the typed tree, and what the loader does'),
  'verify-llvm-ir': compiling('--verify-llvm-ir has nothing to say of code that is right'),
  'emit-elf': compiling('--emit-elf'),
  'emit-llvm': compiling('--emit-llvm says that there is none'),
  aot: compiling('--aot'),
  btf: { options: ['-b'], program: 'begin { print(1); }', stdout: '1\n' },
};
