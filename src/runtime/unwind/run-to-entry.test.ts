import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { skipUnless } from '../../../tests/support/requirements.ts';
import { kill, ptrace, ptraceOptions, TraceeWaits } from '../../kernel/index.ts';
import { archFacts } from '../../program/index.ts';
import { entryPoint, letGo, setBreakpoint } from './run-to-entry.ts';

const SIGUSR2 = 12;
const registers = process.arch === 'x64' ? archFacts('x86_64').debugRegisters : undefined;

test('a process that is let go while a signal is on its way to it gets the signal', async (t) => {
  const waits = new TraceeWaits();
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
  const pid = seize(t, child);
  kill(pid, SIGUSR2);
  // All at once: Node.js would take the stop for the child's end.
  waitUntilStopped(waits, pid);
  letGo(pid, waits, registers);
  child.stdin?.end();
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGUSR2']);
});

test('a process that is let go where its breakpoint has stopped it does not end by that', async (t) => {
  const isKnown = registers !== undefined;
  if (!skipUnless(t, isKnown, 'no debug registers are known of this architecture') || !isKnown) return;
  const waits = new TraceeWaits();
  const child = spawn('/bin/sh', ['-c', 'read -r go; exec cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const pid = seize(t, child);
  child.stdin?.write('go\n');
  waitUntilStopped(waits, pid);
  waits.take(pid);
  const entry = entryPoint(pid);
  assert.ok(entry !== undefined && setBreakpoint(pid, registers, entry));
  waitUntilStopped(waits, pid);
  letGo(pid, waits, registers);
  child.stdin?.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

/** The child's pid, traced: everybody may trace a child of his own. */
function seize(t: TestContext, child: ChildProcess): number {
  t.after(() => child.kill('SIGKILL'));
  const { pid } = child;
  assert.ok(pid !== undefined);
  assert.equal(ptrace('PTRACE_SEIZE', pid, 0, ptraceOptions.PTRACE_O_TRACEEXEC), 0);
  return pid;
}

function waitUntilStopped(waits: TraceeWaits, pid: number): void {
  for (;;) {
    const state = waits.stateOf(pid);
    if (state === 'stopped') return;
    assert.equal(state, undefined, 'it has ended');
  }
}
