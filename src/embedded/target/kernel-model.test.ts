import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelModel, kernelModelBtf, taskAddress, terminalAddress } from './kernel-model.ts';

/** /dev/pts/3, as tty_nr has it. */
const PTS3 = (136 << 8) | 3;
const model = new KernelModel((tid) =>
  tid === 7 ? { tid: 7, pid: 6, comm: 'cat', parentPid: 5, terminal: PTS3 } : undefined,
);
const btf = kernelModelBtf();

/** Reads a member, at the offset that scripts are compiled with. */
function read(address: bigint, struct: string, member: string): DataView {
  const id = btf.find(struct, 'struct');
  const type = id === undefined ? undefined : btf.type(id);
  assert.ok(type?.kind === 'struct');
  const found = type.members.find(({ name }) => name === member);
  assert.ok(found);
  const bytes = new Uint8Array(16);
  model.read(address + BigInt(found.bitOffset / 8), bytes);
  return new DataView(bytes.buffer);
}

test('a task, its process, its parent, its name', () => {
  const task = taskAddress(7);
  assert.equal(read(task, 'task_struct', 'pid').getInt32(0, true), 7);
  assert.equal(read(task, 'task_struct', 'tgid').getInt32(0, true), 6);
  assert.equal(read(task, 'task_struct', 'real_parent').getBigUint64(0, true), taskAddress(5));
  assert.equal(read(task, 'task_struct', 'group_leader').getBigUint64(0, true), taskAddress(6));
  const name = read(task, 'task_struct', 'comm');
  assert.equal(new TextDecoder().decode(new Uint8Array(name.buffer, 0, 4)), 'cat\0');
});

test('its terminal, and the side where keys come in', () => {
  const signal = read(taskAddress(7), 'task_struct', 'signal').getBigUint64(0, true);
  const tty = read(signal, 'signal_struct', 'tty').getBigUint64(0, true);
  assert.equal(tty, terminalAddress(PTS3, 'slave'));
  const master = terminalAddress(PTS3, 'master');
  assert.equal(read(tty, 'tty_struct', 'link').getBigUint64(0, true), master);
  assert.equal(read(master, 'tty_struct', 'link').getBigUint64(0, true), tty);
  const name = read(tty, 'tty_struct', 'name');
  assert.equal(new TextDecoder().decode(new Uint8Array(name.buffer, 0, 5)), 'pts3\0');
  assert.equal(terminalAddress(0, 'slave'), 0n);
});

test('nothing is where nothing is modelled', () => {
  const bytes = new Uint8Array(8);
  for (const address of [0n, 0x1000n, 0xffff_8000_0000_0000n, taskAddress(8), 2n ** 64n - 8n])
    assert.equal(model.read(address, bytes), 0);
  assert.equal(model.read(taskAddress(7) + 4092n, bytes), 4, 'a page ends');
});
