// Starts the project's tasks for npm: installs the packages and builds first when needed. Plain JavaScript without
// packages, because it runs before there are any; the tasks themselves are TypeScript.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { setUpAsOwner } = createRequire(import.meta.url)('../bin/setup.js');

/** The words after `node` per task; `needs` says how far set-up has to go. */
const tasks = {
  build: { needs: 'build' },
  test: { needs: 'build', argv: ['--import', 'tsx', 'scripts/test.ts'] },
  golden: { needs: 'build', argv: ['--import', 'tsx', 'scripts/test.ts'], env: { UPDATE_GOLDEN: '1' } },
  'test:kernel': { needs: 'build', argv: ['--import', 'tsx', 'scripts/test.ts', '--kernel'] },
  'test:vm': { needs: 'build', argv: ['--import', 'tsx', 'scripts/test-vm.ts'] },
  check: { needs: 'install', argv: ['--import', 'tsx', 'scripts/check.ts'] },
  docs: { needs: 'install', argv: ['--import', 'tsx', 'scripts/docs.ts'] },
  format: { needs: 'install', argv: ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.'] },
  bench: { needs: 'build', argv: ['--import', 'tsx', 'scripts/bench.ts'] },
};

const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(tasks, name ?? '')) {
  process.stderr.write(`task: one of ${Object.keys(tasks).join(', ')}; not "${name ?? ''}"\n`);
  process.exit(1);
}
const { needs, argv, env } = tasks[name];
process.chdir(root);
setUpAsOwner(needs);
if (argv !== undefined) {
  const child = spawnSync(process.execPath, [...argv, ...rest], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  process.exitCode = child.status ?? 1;
}
