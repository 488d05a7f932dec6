import { spawnSync } from 'node:child_process';

/**
 * Runs the benchmark on another kernel, through the command in TETRACE_VM (see CONTRIBUTING.md). Where TETRACE_BPFTRACE is `chroot DIR …`,
 * the guest's own /proc, /sys and /dev are mounted there first. The result is the exit code.
 */
export function benchOnKernel(kernel: string, cases: readonly string[]): number {
  process.stdout.write(`\nLinux ${kernel}, in a machine of TETRACE_VM\n`);
  const [command, ...prefix] = (process.env['TETRACE_VM'] ?? '').split(/\s+/).filter((word) => word !== '');
  if (command === undefined || !/^\d+\.\d+$/.test(kernel)) {
    process.stderr.write(
      'bench: --kernel needs a version such as 6.12, and TETRACE_VM a command that boots it\n',
    );
    return 1;
  }
  const theirs = process.env['TETRACE_BPFTRACE'] ?? '';
  const [, root] = /^chroot (\S+) /.exec(theirs) ?? [];
  const mounts =
    root === undefined ? [] : ['proc', 'sys', 'dev'].map((name) => `mount --rbind /${name} ${root}/${name}`);
  const script = [...mounts, 'exec "$@"'].join(' && ');
  const settings = [
    'TETRACE_BENCH_EMULATED=1',
    `TETRACE_BPFTRACE=${theirs}`,
    `TETRACE_TETRIS=${process.env['TETRACE_TETRIS'] ?? ''}`,
  ];
  const bench = [process.execPath, '--import', 'tsx', 'scripts/bench.ts', ...cases];
  const guest = ['sh', '-c', script, 'bench', 'env', ...settings, ...bench];
  const child = spawnSync(command, [...prefix, kernel, '--', ...guest], { stdio: 'inherit' });
  if (child.error) process.stderr.write(`${command}: ${child.error.message}\n`);
  return child.status ?? 1;
}
