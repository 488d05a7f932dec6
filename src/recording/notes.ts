/** Notes of progs in the kernel (program/event-notes.ts) as events and answers. */
import { viewOf } from '../base/index.ts';
import { READ_TEXT, type Told } from '../embedded/index.ts';
import {
  COMM_BYTES,
  eventNote,
  loadNote,
  memoryNote,
  NOTE_TAG,
  notedHelpers,
  noteHead,
  noteKinds,
  numberNote,
  partNote,
} from '../program/index.ts';
import type { AddressSpace, Task } from '../vm/index.ts';

/** BPF_F_SKIP_FIELD_MASK, BPF_F_USER_STACK, BPF_F_USER_BUILD_ID. Source: uapi/linux/bpf.h. */
const stackFlag = { skip: 0xff, user: 0x100, buildId: 0x800 } as const;

const texts: ReadonlySet<string> = new Set([
  'probe_read_str',
  'probe_read_user_str',
  'probe_read_kernel_str',
  'd_path',
]);

/** What a note says. */
export type Note =
  | {
      readonly kind: 'event';
      readonly key: string;
      readonly probe: number;
      readonly cpu: number;
      readonly timeNs: bigint;
      readonly task: Task;
      readonly ctx: Uint8Array;
    }
  | { readonly kind: 'part'; readonly key: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'told'; readonly key: string; readonly told: Told };

/** A note without the room that its memory did not take. It comes hundreds of thousands of times a second: most are not even looked at. */
export function compactNote(record: Uint8Array): Uint8Array {
  // The kind is the low byte of the first word.
  if (record[0] !== noteKinds.memory) return record;
  const used = memoryNote.data + filledBytes(viewOf(record));
  return used < record.length ? record.subarray(0, used) : record;
}

function kindOf(view: DataView): number {
  return Number(view.getBigUint64(noteHead.tag, true) - NOTE_TAG);
}

/** How much of its room a helper filled. */
function filledBytes(view: DataView): number {
  const result = Number(view.getBigInt64(memoryNote.result, true));
  const helper = notedHelpers[view.getUint32(noteHead.about, true)]?.[0] ?? '';
  if (texts.has(helper) || helper === 'get_stack') return Math.max(0, result);
  return result === 0 ? view.getUint32(memoryNote.size, true) : 0;
}

/** Reads a note; undefined for one that tells nothing another script could use. */
export function readNote(record: Uint8Array): Note | undefined {
  const view = viewOf(record);
  const timeNs = view.getBigUint64(noteHead.id, true);
  const cpu = view.getUint32(noteHead.cpu, true);
  const about = view.getUint32(noteHead.about, true);
  const key = `${cpu} ${timeNs}`;
  switch (kindOf(view)) {
    case noteKinds.event:
      return {
        kind: 'event',
        key,
        probe: about,
        cpu,
        timeNs,
        task: taskOf(record),
        ctx: record.slice(eventNote.ctx),
      };
    case noteKinds.part: {
      const offset = view.getUint32(partNote.offset, true);
      return { kind: 'part', key, offset, bytes: record.slice(partNote.data) };
    }
    case noteKinds.number: {
      const told = toldNumber(about, {
        value: view.getBigUint64(numberNote.value, true),
        first: view.getBigUint64(numberNote.first, true),
        second: view.getBigUint64(numberNote.second, true),
        cpu,
      });
      return told && { kind: 'told', key, told };
    }
    case noteKinds.load:
      return { kind: 'told', key, told: toldLoad(record, about) };
    case noteKinds.memory: {
      const told = toldMemory(record, about);
      return told && { kind: 'told', key, told };
    }
    default:
      return undefined;
  }
}

function taskOf(record: Uint8Array): Task {
  const view = viewOf(record);
  const name = record.subarray(eventNote.comm, eventNote.comm + COMM_BYTES);
  const end = name.indexOf(0);
  return {
    pid: view.getUint32(eventNote.pidTgid + 4, true),
    tid: view.getUint32(eventNote.pidTgid, true),
    uid: view.getUint32(eventNote.uidGid, true),
    gid: view.getUint32(eventNote.uidGid + 4, true),
    comm: String.fromCharCode(...name.subarray(0, end < 0 ? COMM_BYTES : end)),
    cgroupId: view.getBigUint64(eventNote.cgroup, true),
    address: view.getBigUint64(eventNote.task, true),
  };
}

interface Given {
  readonly value: bigint;
  readonly first: bigint;
  readonly second: bigint;
  readonly cpu: number;
}

function toldNumber(about: number, { value, first, second, cpu }: Given): Told | undefined {
  const result = Number(BigInt.asIntN(32, value));
  switch (notedHelpers[about]?.[0]) {
    case 'ktime_get_ns':
      return { call: 'now', asked: ['monotonic'], given: value };
    case 'ktime_get_boot_ns':
      return { call: 'now', asked: ['boot'], given: value };
    case 'ktime_get_tai_ns':
      return { call: 'now', asked: ['tai'], given: value };
    case 'ktime_get_coarse_ns':
      return { call: 'now', asked: ['coarse'], given: value };
    case 'jiffies64':
      return { call: 'now', asked: ['jiffies'], given: value };
    case 'get_prandom_u32':
      return { call: 'random', asked: [], given: Number(value & 0xffff_ffffn) };
    case 'get_func_ip':
      return { call: 'functionIp', asked: [], given: value };
    case 'get_attach_cookie':
      return { call: 'attachCookie', asked: [], given: value };
    case 'get_socket_cookie':
      return { call: 'socketCookie', asked: [first], given: value };
    case 'get_numa_node_id':
      return { call: 'numaNode', asked: [cpu], given: result };
    case 'task_pt_regs':
      return { call: 'taskRegisters', asked: [first], given: value };
    case 'send_signal':
      return { call: 'signal', asked: [Number(first & 0xffff_ffffn), 'process'], given: result };
    case 'override_return':
      return { call: 'overrideReturn', asked: [second], given: result };
    default:
      return undefined;
  }
}

function toldLoad(record: Uint8Array, bytes: number): Told {
  const view = viewOf(record);
  const address = view.getBigUint64(loadNote.base, true) + view.getBigUint64(loadNote.offset, true);
  const given = record.slice(loadNote.value, loadNote.value + bytes);
  return { call: 'read', asked: ['kernel', BigInt.asUintN(64, address), bytes], given };
}

function toldMemory(record: Uint8Array, about: number): Told | undefined {
  const view = viewOf(record);
  const result = Number(view.getBigInt64(memoryNote.result, true));
  const address = view.getBigUint64(memoryNote.address, true);
  const size = view.getUint32(memoryNote.size, true);
  const bytes = record.slice(memoryNote.data, memoryNote.data + filledBytes(view));
  const read = (space: AddressSpace): Told => ({
    call: 'read',
    asked: [space, address, size],
    given: result === 0 && bytes.length === size ? bytes : 0,
  });
  const text = (space: AddressSpace): Told => ({
    call: READ_TEXT,
    asked: [space, address, size],
    given: result > 0 && bytes.length === result ? bytes : 0,
  });
  switch (notedHelpers[about]?.[0]) {
    case 'probe_read':
      return read(spaceOf(address));
    case 'probe_read_user':
    case 'copy_from_user':
      return read('user');
    case 'probe_read_kernel':
      return read('kernel');
    case 'probe_read_str':
      return text(spaceOf(address));
    case 'probe_read_user_str':
      return text('user');
    case 'probe_read_kernel_str':
      return text('kernel');
    case 'get_stack':
      return toldStack(result < 0 ? undefined : bytes, size, view.getUint32(memoryNote.flags, true));
    case 'd_path':
      return result > 0
        ? { call: 'path', asked: [address], given: String.fromCharCode(...bytes.subarray(0, result - 1)) }
        : { call: 'path', asked: [address], given: undefined };
    default:
      return undefined;
  }
}

/** A user address has its upper half of the bits clear that a kernel address has set. */
function spaceOf(address: bigint): AddressSpace {
  return address >> 63n === 0n ? 'user' : 'kernel';
}

/**
 * The whole stack, as far as it is known: frames that were left out are those of the prog and its trampoline, which are nobody's here, but a
 * prog that asks again leaves as many out.
 *
 * @param bytes undefined: there were fewer frames than to leave out.
 */
function toldStack(bytes: Uint8Array | undefined, size: number, flags: number): Told | undefined {
  if ((flags & stackFlag.buildId) !== 0) return undefined;
  const space = (flags & stackFlag.user) !== 0 ? 'user' : 'kernel';
  if (bytes === undefined) return { call: 'stack', asked: [space], given: [] };
  const skipped = flags & stackFlag.skip;
  const view = viewOf(bytes);
  const frames = Array.from({ length: skipped + (bytes.length >> 3) }, (_, index) =>
    index < skipped ? 0n : view.getBigUint64((index - skipped) * 8, true),
  );
  return { call: 'stack', asked: bytes.length === size ? [space, frames.length] : [space], given: frames };
}
