/** Every check that runs no tests: types, pure types, format and lint, import arrows, reference pages. All of them run; one failure fails the check. */

import { spawnSync } from 'node:child_process';

const checks: readonly (readonly [string, readonly string[]])[] = [
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json']],
  ['types of the pure folders', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.pure.json']],
  [
    'format and lint',
    ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off', '.'],
  ],
  ['import arrows', ['--import', 'tsx', 'scripts/check-imports.ts']],
  ['reference pages', ['--import', 'tsx', 'scripts/docs.ts', '--check']],
];

for (const [name, argv] of checks) {
  const child = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  const good = child.status === 0;
  process.stdout.write(`${good ? 'ok    ' : 'FAILED'} ${name}\n`);
  if (good) continue;
  process.stdout.write(`${child.stdout}${child.stderr}`);
  process.exitCode = 1;
}
