import { spawnSync } from 'node:child_process';
import type { RateCase, RateColumn } from './bench-rates.ts';

const SCRIPT = 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }';
const ROUNDS = 3;
/** Each byte that dd copies is a read and a write. */
const CALLS_PER_BYTE = 2;

const theirs = (process.env['TETRACE_BPFTRACE'] ?? '').split(/\s+/).filter((word) => word !== '');

/** System calls per second of a process that does nothing else, under tracers that count them. */
export const syscallCases: readonly RateCase[] = [
  {
    name: 'count-dd-syscalls',
    unit: 'system calls/s',
    columns: [
      traced('untraced', 1_000_000, (command) => command),
      traced('embedded', 100_000, (command) => [...ours('embedded'), command.join(' ')]),
      traced('strace -c', 100_000, (command) => ['strace', '-c', ...command]),
      traced('kernel', 1_000_000, (command) => [...ours('kernel'), command.join(' ')]),
      traced('bpftrace', 1_000_000, (command) =>
        theirs.length === 0 ? undefined : [...theirs, '-q', '-e', SCRIPT, '-c', command.join(' ')],
      ),
    ],
  },
];

function ours(backend: string): readonly string[] {
  return ['bin/tetrace', '-q', '--backend', backend, '-e', SCRIPT, '-c'];
}

/** @param around the command line that traces a command; undefined when there is no such tracer */
function traced(
  name: string,
  bytes: number,
  around: (command: readonly string[]) => readonly string[] | undefined,
): RateColumn {
  const rate = async (): Promise<number | string> => {
    const argv = around(['/usr/bin/dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', `count=${bytes}`]);
    if (argv === undefined) return '-';
    let best = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const [program = '', ...args] = argv;
      const run = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
      // dd says itself how long it copied; what a tracer takes to start is not in it.
      const seconds = Number(/copied, ([\d.e-]+) s/.exec(run.stderr ?? '')?.[1]);
      if (!(seconds > 0)) return run.error === undefined ? 'failed' : 'not there';
      best = Math.max(best, (bytes * CALLS_PER_BYTE) / seconds);
    }
    return best;
  };
  return { name, rate };
}
