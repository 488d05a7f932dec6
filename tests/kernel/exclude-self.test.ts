import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireRoot } from '../support/requirements.ts';
import { startTetrace } from '../support/run-tetrace.ts';

/** Each line of a tracer that traces writes is a write of its own, and so on. */
const script =
  'tracepoint:syscalls:sys_enter_write { printf("%d\\n", pid); @++; if (@ > 200) { exit(); } } interval:s:3 { exit(); }';

test('--exclude-self leaves out what the tracer does itself', async (t) => {
  if (!requireRoot(t)) return;
  const writers = async (options: readonly string[]): Promise<{ own: boolean; any: boolean }> => {
    using tracer = startTetrace(['-q', ...options, '-e', script]);
    // The command traces in its own process, so its pid is the tracer's.
    const { stdout } = await tracer.ended;
    const pids = stdout.split('\n');
    return { own: pids.includes(`${tracer.child.pid}`), any: /^\d+$/m.test(stdout) };
  };
  assert.deepEqual(await writers(['-c', '/bin/sh -c true']), { own: true, any: true });
  assert.equal((await writers(['--exclude-self'])).own, false);
});
