import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireProgram } from './requirements.ts';
import { TmuxSession } from './tmux.ts';

test('a program in a terminal: keys in, screen out, exit code', async (t) => {
  if (!requireProgram(t, 'tmux')) return;
  using session = new TmuxSession(['sh', '-c', 'echo $WORD ready; read line; echo "got $line"; exit 3'], {
    env: { WORD: 'quite' },
  });
  await session.waitForScreen(/quite ready/);
  assert.equal(session.exitCode(), undefined);
  assert.match(session.terminal(), /^\/dev\/pts\//);
  session.sendText('a;b');
  session.sendKeys('Enter');
  await session.waitForScreen(/got a;b/);
  assert.equal(await session.waitForExit(), 3);
});
