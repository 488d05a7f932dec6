import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { skipUnless } from '../../../tests/support/requirements.ts';
import { kill, ptrace, ptraceOptions, TraceeWaits } from '../../kernel/index.ts';
import { archFacts } from '../../program/index.ts';
import { HeldChild } from '../child-process.ts';
import { entryPoint, letGo, runToEntry, setBreakpoint } from './run-to-entry.ts';

const SIGUSR2 = 12;
const SIGCONT = 18;
const SIGSTOP = 19;
const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const registers = archFacts(arch).debugRegisters;

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

test('a command that is stopped while it is held stays stopped until it is continued', async () => {
  using child = new HeldChild('true');
  kill(child.pid, SIGSTOP);
  await stopped(child.pid);
  runToEntry(child, arch, () => assert.fail('it ran'));
  await continueToEnd(child);
});

test('a command that is stopped before its entry point stays stopped until it is continued', async () => {
  using child = new HeldChild('true');
  let stops = 0;
  runToEntry(child, arch, () => {
    stops++;
    kill(child.pid, SIGSTOP);
  });
  assert.equal(stops, 1);
  await continueToEnd(child);
});

async function continueToEnd(child: HeldChild): Promise<void> {
  await stopped(child.pid);
  kill(child.pid, SIGCONT);
  assert.deepEqual(await child.ended, { code: 0, signal: undefined });
}

/** Resolves when the process has been stopped; fails when it has ended. */
async function stopped(pid: number): Promise<void> {
  for (;;) {
    const state = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];
    if (state === 'T') return;
    assert.notEqual(state, 'Z');
    await setImmediate();
  }
}

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
