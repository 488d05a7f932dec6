import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireRoot } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

/** Listens as a service manager does, and prints what it is told. */
const listener = `
import socket, sys
address = sys.argv[1]
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind("\\0" + address[1:] if address[0] == "@" else address)
print("listening", flush=True)
for _ in range(2):
    print(repr(heard.recv(4096)), flush=True)
`;

test('a service manager is told when everything is attached, and when the run ends', async (t) => {
  if (!requireRoot(t)) return;
  const dir = mkdtempSync(join(tmpdir(), 'tetrace-notify-'));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const address of [join(dir, 'socket'), `@tetrace-notify-${process.pid}`]) {
    for (const backend of ['kernel', 'embedded']) {
      const manager = spawn('python3', ['-c', listener, address], { stdio: ['ignore', 'pipe', 'inherit'] });
      const closed = once(manager, 'close');
      let heard = '';
      manager.stdout.setEncoding('utf8').on('data', (text) => {
        heard += text;
      });
      await once(manager.stdout, 'data');
      const args = ['--backend', backend, '-e', 'begin { exit(); }'];
      const { stderr, code } = await runTetrace(args, { env: { NOTIFY_SOCKET: address } });
      assert.deepEqual([stderr, code], ['Attached 1 probe\n', 0]);
      await closed;
      assert.deepEqual(heard.split('\n'), [
        'listening',
        "b'READY=1\\nSTATUS=Processing events...'",
        "b'STOPPING=1\\nSTATUS=Shutting down...'",
        '',
      ]);
      rmSync(address, { force: true });
    }
  }
});

test('a service manager that is not there is a warning, and the run goes on', async (t) => {
  if (!requireRoot(t)) return;
  for (const [address, reason] of [
    ['/nowhere/socket', "cannot tell the service manager at '/nowhere/socket': No such file or directory"],
    [`/${'x'.repeat(200)}`, 'File name too long'],
    ['vsock:1:2', "NOTIFY_SOCKET is no path and no abstract name: 'vsock:1:2'"],
  ] as const) {
    const { stderr, code } = await runTetrace(['-e', 'begin { exit(); }'], {
      env: { NOTIFY_SOCKET: address },
    });
    assert.equal(code, 0);
    assert.ok(stderr.includes(`WARNING: `) && stderr.includes(reason), stderr);
  }
});
