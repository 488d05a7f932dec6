import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './paths.ts';

/** What a process says and how it ends that works on inputs under a guard of a second. */
function guarded(work: string): { readonly stderr: string; readonly signal: string | null } {
  const module = pathToFileURL(join(projectRoot, 'tests/support/hang-guard.ts')).href;
  const script = `
    import { HangGuard } from '${module}';
    const guard = new HangGuard(1);
    ${work}
    guard[Symbol.dispose]();`;
  const flags = ['--import', 'tsx', '--input-type=module', '-e', script];
  return spawnSync(process.execPath, flags, { cwd: projectRoot, encoding: 'utf8', timeout: 60_000 });
}

test('work that does not end ends the process, with the input', () => {
  const { stderr, signal } = guarded(
    `guard.watch('fine', () => 1); guard.watch('the bad one', () => { for (;;); });`,
  );
  assert.equal(signal, 'SIGKILL');
  assert.equal(stderr, 'no end after 1 s of work on this input:\nthe bad one\n');
});

test('time between two inputs does not count', () => {
  const { stderr, signal } = guarded(
    `guard.watch('fine', () => 1); await new Promise((done) => setTimeout(done, 1500)); guard.watch('fine', () => 2);`,
  );
  assert.deepEqual([stderr, signal], ['', null]);
});
