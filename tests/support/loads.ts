import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoopDisk } from './loop-disk.ts';
import { runProgram } from './trace-load.ts';

/** The words that write so many blocks of 64 KiB to a disk, past the page cache. */
export function writeDirectly(device: string, blocks: number): string[] {
  return ['dd', 'if=/dev/zero', `of=${device}`, 'bs=64k', `count=${blocks}`, 'oflag=direct'];
}

/** The minor number of a loop device. */
export function numberOf(device: string): string {
  return /\d+$/.exec(device)?.[0] ?? '';
}

/** Runs `body` with a folder that is removed afterwards. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tetrace-')));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs `body` with a folder that is a file system on a disk of its own. Needs `losetup` and `mkfs.ext4` or `mkfs.xfs`. */
export async function onOwnDisk(
  body: (folder: string, device: string) => Promise<void>,
  kind: 'ext4' | 'xfs' = 'ext4',
): Promise<void> {
  // mkfs.xfs makes none that are smaller than 300 MiB.
  using disk = new LoopDisk(kind === 'xfs' ? 320 : 16);
  execFileSync(`mkfs.${kind}`, ['-q', disk.device]);
  await inFolder(async (folder) => {
    execFileSync('mount', [disk.device, folder]);
    try {
      await body(folder, disk.device);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
}

/** A TCP connection on this machine: five bytes there, seven back. The client closes first. */
export async function conversation(): Promise<{ readonly port: number; readonly from: number }> {
  const server = createServer((socket) => {
    socket.on('data', () => socket.write('welcome'));
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const client = connect(address.port, '127.0.0.1');
  await new Promise((resolve) => client.on('connect', resolve));
  const from = client.localPort ?? 0;
  client.write('hello');
  await new Promise((resolve) => client.once('data', resolve));
  const closed = new Promise((resolve) => client.on('close', resolve));
  client.end();
  await closed;
  await new Promise((resolve) => server.close(resolve));
  return { port: address.port, from };
}

/** Tries a TCP port that nobody listens on. */
export function refusedConnection(host: string): Promise<void> {
  const client = connect(1, host);
  return new Promise((resolve) => client.on('error', () => resolve()));
}

/** Sends a text to a Unix socket of this process, and waits until it has been received. */
export async function sendOnUnixSocket(path: string, text: string): Promise<void> {
  const received = new Promise<void>((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', () => {
        socket.destroy();
        server.close(() => resolve());
      });
    });
    server.listen(path, () =>
      connect(path)
        .on('error', () => {})
        .write(text),
    );
  });
  await received;
}

/** Tries a TCP connection over a network of its own that drops every packet; the result is the pid. Needs `unshare`, `ip`, `tc` and bash. */
export async function droppedConnection(port: number): Promise<number> {
  const connecting = `exec 3<>/dev/tcp/127.0.0.1/${port} & echo $!; sleep 0.5; kill $!`;
  const network = 'ip link set lo up && tc qdisc add dev lo root pfifo limit 0';
  const { stdout } = await runProgram([
    'unshare',
    '-n',
    'sh',
    '-c',
    `${network} && exec bash -c '${connecting}'`,
  ]);
  assert.match(stdout, /^\d+$/m);
  return Number(stdout);
}
