import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { errnos } from '../../base/index.ts';
import { addressOf, clockNs, close, Epoll, Mapping, syscall, viewMemory } from './index.ts';

test('results and errors of system calls', () => {
  assert.equal(syscall('close', [-1]), -errnos.EBADF.number);
  assert.equal(syscall('kill', [process.pid, 0]), 0);
});

test('addresses are those of the bytes, and stay', () => {
  const bytes = new Uint8Array(new ArrayBuffer(64));
  bytes[17] = 42;
  assert.equal(addressOf(bytes.subarray(16)), addressOf(bytes) + 16n);
  assert.equal(new Uint8Array(viewMemory(Number(addressOf(bytes)), 64))[17], 42);
});

test('clocks', () => {
  const before = process.hrtime.bigint();
  const now = clockNs('CLOCK_MONOTONIC');
  assert.ok(now >= before && now <= process.hrtime.bigint());
  assert.ok(clockNs('CLOCK_BOOTTIME') >= now);
});

test('a disposed mapping reads zeros', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mapping-'));
  try {
    writeFileSync(join(dir, 'file'), 'tetrace');
    const fd = openSync(join(dir, 'file'), 'r');
    const mapping = new Mapping(fd, 7, { private: true });
    close(fd);
    const bytes = new Uint8Array(mapping.buffer);
    assert.equal(Buffer.from(bytes).toString(), 'tetrace');
    mapping[Symbol.dispose]();
    mapping[Symbol.dispose]();
    assert.deepEqual([...bytes], [0, 0, 0, 0, 0, 0, 0]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a wait on descriptors ends with the event, with wake() and with dispose', async () => {
  using epoll = new Epoll();
  assert.deepEqual(epoll.poll(), []);
  assert.deepEqual(await epoll.wait(0), []);
  const waiting = epoll.wait(60_000);
  await assert.rejects(epoll.wait(0), /under way/);
  epoll.wake();
  assert.deepEqual(await waiting, []);
  const last = epoll.wait(60_000);
  epoll[Symbol.dispose]();
  assert.deepEqual(await last, []);
  assert.deepEqual(await epoll.wait(60_000), []);
});
