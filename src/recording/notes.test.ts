import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  eventNote,
  isNote,
  memoryNote,
  NOTE_TAG,
  notedHelpers,
  noteHead,
  noteKinds,
  numberNote,
  partNote,
} from '../program/index.ts';
import { compactNote, readNote } from './notes.ts';

function note(
  kind: keyof typeof noteKinds,
  bytes: number,
  about: number,
): { bytes: Uint8Array; view: DataView } {
  const made = new Uint8Array(bytes);
  const view = new DataView(made.buffer);
  view.setBigUint64(noteHead.tag, NOTE_TAG + BigInt(noteKinds[kind]), true);
  view.setBigUint64(noteHead.id, 77n, true);
  view.setUint32(noteHead.cpu, 3, true);
  view.setUint32(noteHead.about, about, true);
  return { bytes: made, view };
}

const helper = (name: string): number => notedHelpers.findIndex(([known]) => known === name);

function memory(name: string, result: number, size: number, data: string, flags = 0): Uint8Array {
  const { bytes, view } = note('memory', memoryNote.data + 32, helper(name));
  view.setBigInt64(memoryNote.result, BigInt(result), true);
  view.setBigUint64(memoryNote.address, 0x7000n, true);
  view.setUint32(memoryNote.size, size, true);
  view.setUint32(memoryNote.flags, flags, true);
  bytes.set(Buffer.from(data, 'latin1'), memoryNote.data);
  return bytes;
}

const told = (bytes: Uint8Array): unknown => {
  const read = readNote(compactNote(bytes));
  return read?.kind === 'told' ? read.told : read;
};

describe('notes', () => {
  test('are told from records by their first word', () => {
    assert.ok(isNote(note('number', numberNote.bytes, 0).bytes));
    assert.ok(!isNote(new Uint8Array(48)));
    assert.ok(!isNote(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, ...new Uint8Array(40)])));
    assert.ok(!isNote(new Uint8Array(0)));
  });

  test('an event is its probe, time, CPU, task and context', () => {
    const { bytes, view } = note('event', eventNote.ctx + 2, 5);
    view.setBigUint64(eventNote.pidTgid, (10n << 32n) | 11n, true);
    view.setBigUint64(eventNote.uidGid, (4n << 32n) | 3n, true);
    view.setBigUint64(eventNote.cgroup, 9n, true);
    view.setBigUint64(eventNote.task, 0xffff_8000_0000_0000n, true);
    bytes.set(Buffer.from('na\xefve\0rubbish', 'latin1'), eventNote.comm);
    bytes.set([7, 8], eventNote.ctx);
    assert.deepEqual(readNote(compactNote(bytes)), {
      kind: 'event',
      key: '3 77',
      probe: 5,
      cpu: 3,
      timeNs: 77n,
      ctx: new Uint8Array([7, 8]),
      task: {
        pid: 10,
        tid: 11,
        uid: 3,
        gid: 4,
        comm: 'na\xefve',
        cgroupId: 9n,
        address: 0xffff_8000_0000_0000n,
      },
    });
  });

  test('memory is kept as far as it was filled', () => {
    const cases: readonly (readonly [Uint8Array, unknown])[] = [
      [
        memory('probe_read_user', 0, 3, 'abcxx'),
        { call: 'read', asked: ['user', 0x7000n, 3], given: new Uint8Array([97, 98, 99]) },
      ],
      [memory('probe_read', -14, 3, 'abc'), { call: 'read', asked: ['user', 0x7000n, 3], given: 0 }],
      [
        memory('probe_read_kernel_str', 2, 16, 'a\0zz'),
        { call: 'readText', asked: ['kernel', 0x7000n, 16], given: new Uint8Array([97, 0]) },
      ],
      [
        memory('probe_read_user_str', -14, 16, ''),
        { call: 'readText', asked: ['user', 0x7000n, 16], given: 0 },
      ],
      [memory('get_stack', 8, 16, '\x01\0\0\0\0\0\0\0'), { call: 'stack', asked: ['kernel'], given: [1n] }],
      [
        memory('get_stack', 16, 16, '\x01\0\0\0\0\0\0\0\x02', 0x100),
        { call: 'stack', asked: ['user', 2], given: [1n, 2n] },
      ],
      [
        memory('get_stack', 8, 8, '\x01\0\0\0\0\0\0\0', 0x2),
        { call: 'stack', asked: ['kernel', 3], given: [0n, 0n, 1n] },
      ],
      [memory('get_stack', -14, 8, '', 0x2), { call: 'stack', asked: ['kernel'], given: [] }],
      [memory('get_stack', 16, 16, '', 0x900), undefined],
      [memory('d_path', 3, 16, '/a\0'), { call: 'path', asked: [0x7000n], given: '/a' }],
    ];
    for (const [bytes, expected] of cases) assert.deepEqual(told(bytes), expected);
    assert.equal(compactNote(memory('probe_read_user_str', 2, 16, 'a')).length, memoryNote.data + 2);
  });

  test('parts of a context and numbers', () => {
    const part = note('part', partNote.data + 2, 0);
    part.view.setUint32(partNote.offset, 24, true);
    part.view.setUint32(partNote.length, 2, true);
    part.bytes.set([1, 2], partNote.data);
    assert.deepEqual(readNote(compactNote(part.bytes)), {
      kind: 'part',
      key: '3 77',
      offset: 24,
      bytes: new Uint8Array([1, 2]),
    });
    const number = note('number', numberNote.bytes, helper('get_prandom_u32'));
    number.view.setBigUint64(numberNote.value, 0xffff_ffff_0000_0005n, true);
    assert.deepEqual(told(number.bytes), { call: 'random', asked: [], given: 5 });
  });
});
