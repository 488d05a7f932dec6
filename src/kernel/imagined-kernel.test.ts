import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errnos } from '../base/index.ts';
import { alu64Imm, encodeInsns, exit, R0 } from '../bpf/index.ts';
import { FeatureProbe } from './feature-probe.ts';
import { imagineKernel } from './imagined-kernel.ts';
import { Kallsyms } from './kallsyms.ts';
import { attachKprobeMulti } from './kprobe-multi.ts';
import { createMap } from './map.ts';
import { loadProg } from './prog.ts';
import { RingBuffer } from './ring-buffer.ts';
import { bpf, Epoll } from './sys/index.ts';

const insns = encodeInsns([alu64Imm('mov', R0, 0), exit()]);

test('an imagined kernel takes maps, progs and links, and has every feature', async () => {
  using _kernel = imagineKernel();
  using map = createMap({ type: 'BPF_MAP_TYPE_HASH', keySize: 4, valueSize: 8, maxEntries: 2 }, 1);
  map.update(new Uint8Array(4), new Uint8Array(8));
  assert.equal([...map.entries()].length, 2);
  using prog = loadProg({
    type: 'BPF_PROG_TYPE_KPROBE',
    expectedAttachType: 'BPF_TRACE_KPROBE_MULTI',
    license: 'GPL',
    insns,
  });
  for (const places of [{ symbols: ['vfs_read'] }, { addresses: [1n] }])
    attachKprobeMulti(prog, places)[Symbol.dispose]();
  const features = new FeatureProbe(() => undefined);
  for (const feature of ['kprobe', 'kprobe-multi', 'ring-buffer', 'cgrp-storage'] as const)
    assert.deepEqual(features.ask(feature), { kind: 'yes' });
  assert.equal(new Kallsyms().byName('vfs_read')?.address, 0xffff_ffff_8100_0000n);
  using epoll = new Epoll();
  assert.deepEqual(await epoll.wait(1000), []);
});

test('its ring buffers hold records numbered from 0', () => {
  using _kernel = imagineKernel();
  using map = createMap({ type: 'BPF_MAP_TYPE_RINGBUF', keySize: 0, valueSize: 0, maxEntries: 1 << 16 }, 1);
  using ring = new RingBuffer(map);
  const numbers: number[] = [];
  ring.drain((area, offset) => void numbers.push(area[offset]!));
  assert.ok(numbers.length > 8);
  assert.deepEqual(
    numbers,
    numbers.map((_number, index) => index),
  );
});

test('the real kernel answers when it is gone', {
  skip: process.platform !== 'linux' && 'needs Linux',
}, () => {
  imagineKernel()[Symbol.dispose]();
  // There is no such command.
  const result = bpf(0xffff, new Uint8Array(8));
  assert.ok([errnos.EINVAL, errnos.EPERM, errnos.ENOSYS].some(({ number }) => result === -number));
});
