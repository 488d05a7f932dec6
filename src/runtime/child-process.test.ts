import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ChildError } from './child-command.ts';
import { HeldChild } from './child-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
after(() => rmSync(directory, { recursive: true }));

test('the command runs only once released, under the pid known before', async () => {
  const marker = join(directory, 'marker');
  using child = new HeldChild(`mkdir ${marker}`);
  assert.ok(child.pid > 0);
  assert.equal(readFileSync(`/proc/${child.pid}/stat`, 'latin1').startsWith(`${child.pid} `), true);
  assert.equal(existsSync(marker), false);
  child.release();
  assert.deepEqual(await child.ended, { code: 0, signal: undefined });
  assert.equal(existsSync(marker), true);
});

test('its exit code, and the signal that ends it', async () => {
  using failing = new HeldChild('false');
  failing.release();
  assert.deepEqual(await failing.ended, { code: 1, signal: undefined });
  using sleeping = new HeldChild('sleep 1000');
  sleeping.release();
  await sleeping.terminate();
  assert.deepEqual(sleeping.end, { code: undefined, signal: 'SIGTERM' });
});

test('one that is never released never runs', async () => {
  const marker = join(directory, 'never');
  const child = new HeldChild(`mkdir ${marker}`);
  child[Symbol.dispose]();
  await child.ended;
  assert.equal(existsSync(marker), false);
});

test('commands that are not there', () => {
  for (const command of ['no-such-command-anywhere', '/etc/passwd', '']) {
    assert.throws(() => new HeldChild(command), ChildError);
  }
});
