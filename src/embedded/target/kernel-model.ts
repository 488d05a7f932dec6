import { present } from '../../base/index.ts';
import { Btf, BtfBuilder, type BtfId } from '../../btf/index.ts';

/** What the host knows of a task. */
export interface TaskFacts {
  readonly tid: number;
  readonly pid: number;
  /** A binary string. */
  readonly comm: string;
  /** Process that started it; 0 for none. */
  readonly parentPid: number;
  /** Device number of its controlling terminal; 0 for none. Source: proc_pid_stat(5), tty_nr. */
  readonly terminal: number;
}

/**
 * The few kernel structs that a host can fill honestly, as memory that progs read and as BTF that scripts are compiled with. A field that is not
 * here is a compile error that names it.
 *
 *     tasks      0xffff9000_tttttttt_000: task_struct of thread t, its signal_struct behind it
 *     terminals  0xffffa000_dddddddd_000: tty_struct of device d (the slave), the master's half a page behind it
 */
const TASKS = 0xffff_9000_0000_0000n;
const TERMINALS = 0xffff_a000_0000_0000n;
const SPAN_END = 0xffff_b000_0000_0000n;
/** Each object has a page, so that its number is part of its address. */
const PAGE_BITS = 12n;
const PAGE = 1 << Number(PAGE_BITS);
const MASTER = PAGE / 2;

const COMM_BYTES = 16;
const NAME_BYTES = 64;
/** Offsets of ours: no script may count on a kernel's. */
const task = { pid: 0, tgid: 4, comm: 8, real_parent: 24, parent: 32, group_leader: 40, signal: 48 } as const;
const TASK_BYTES = 56;
const SIGNAL_AT = 512;
const signal = { tty: 0 } as const;
const SIGNAL_BYTES = 8;
const tty = { link: 0, name: 8 } as const;
const TTY_BYTES = 8 + NAME_BYTES;

/** Address of the task_struct of a thread. */
export function taskAddress(tid: number): bigint {
  return TASKS + (BigInt(tid) << PAGE_BITS);
}

/** Address of the tty_struct of a terminal, or of the side that its program writes keys to; 0 for no terminal. */
export function terminalAddress(device: number, side: 'slave' | 'master'): bigint {
  if (device === 0) return 0n;
  return TERMINALS + (BigInt(device) << PAGE_BITS) + (side === 'master' ? BigInt(MASTER) : 0n);
}

/** Reads the model's memory; pages are filled when they are read. */
export class KernelModel {
  readonly #lookUp: (tid: number) => TaskFacts | undefined;

  /** @param lookUp what is known of a thread now; undefined when it is gone */
  constructor(lookUp: (tid: number) => TaskFacts | undefined) {
    this.#lookUp = lookUp;
  }

  /** As Environment.read does for the kernel's memory. */
  read(address: bigint, into: Uint8Array): number {
    if (address < TASKS || address >= SPAN_END) return 0;
    const isTask = address < TERMINALS;
    const number = Number((address - (isTask ? TASKS : TERMINALS)) >> PAGE_BITS);
    const page = isTask ? this.#taskPage(number) : terminalPage(number);
    if (page === undefined) return 0;
    const offset = Number(address & BigInt(PAGE - 1));
    const part = page.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  #taskPage(tid: number): Uint8Array | undefined {
    const facts = this.#lookUp(tid);
    if (facts === undefined) return undefined;
    const page = new Uint8Array(PAGE);
    const view = new DataView(page.buffer);
    const parent = facts.parentPid === 0 ? 0n : taskAddress(facts.parentPid);
    view.setInt32(task.pid, facts.tid, true);
    view.setInt32(task.tgid, facts.pid, true);
    writeText(page, task.comm, facts.comm, COMM_BYTES);
    view.setBigUint64(task.real_parent, parent, true);
    view.setBigUint64(task.parent, parent, true);
    view.setBigUint64(task.group_leader, taskAddress(facts.pid), true);
    view.setBigUint64(task.signal, taskAddress(tid) + BigInt(SIGNAL_AT), true);
    view.setBigUint64(SIGNAL_AT + signal.tty, terminalAddress(facts.terminal, 'slave'), true);
    return page;
  }
}

function terminalPage(device: number): Uint8Array {
  const page = new Uint8Array(PAGE);
  const view = new DataView(page.buffer);
  view.setBigUint64(tty.link, terminalAddress(device, 'master'), true);
  writeText(page, tty.name, terminalName(device), NAME_BYTES);
  view.setBigUint64(MASTER + tty.link, terminalAddress(device, 'slave'), true);
  writeText(page, MASTER + tty.name, terminalName(device).replace(/^pts/, 'ptm'), NAME_BYTES);
  return page;
}

/** `pts3`, `tty1`; '' for other devices. Source: Documentation/admin-guide/devices.txt; proc_pid_stat(5) says how the number is put together. */
function terminalName(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts${(major - 136) * 256 + minor}`;
  return major === 4 && minor < 64 ? `tty${minor}` : '';
}

function writeText(page: Uint8Array, at: number, text: string, size: number): void {
  for (let index = 0; index < Math.min(text.length, size - 1); index++)
    page[at + index] = text.charCodeAt(index);
}

/** The types of the model. */
export function kernelModelBtf(): Btf {
  const b = new BtfBuilder();
  const char = b.addInt('char', 1, 'char');
  const int = b.addInt('int', 4, 'signed');
  const pid = b.add({ kind: 'typedef', name: 'pid_t', type: int });
  const text = (length: number): BtfId => b.add({ kind: 'array', type: char, indexType: int, length });
  // Ids are given out in order: pointers come first, and each struct must come to be what they were promised.
  const comm = text(COMM_BYTES);
  const name = text(NAME_BYTES);
  const firstPointer = name + 1;
  const pointerTo = (order: number): BtfId =>
    b.add({ kind: 'ptr', type: (firstPointer + 3 + order) as BtfId });
  const toTask = pointerTo(0);
  const toSignal = pointerTo(1);
  const toTty = pointerTo(2);
  const struct = (
    order: number,
    of: string,
    size: number,
    members: Readonly<Record<string, readonly [type: BtfId, offset: number]>>,
  ): void => {
    const id = b.add({
      kind: 'struct',
      name: of,
      size,
      members: Object.entries(members).map(([member, [type, offset]]) => ({
        name: member,
        type,
        bitOffset: offset * 8,
        bitfieldSize: 0,
      })),
    });
    present(id === firstPointer + 3 + order || undefined, `struct ${of} has the id its pointers name`);
  };
  struct(0, 'task_struct', TASK_BYTES, {
    pid: [pid, task.pid],
    tgid: [pid, task.tgid],
    comm: [comm, task.comm],
    real_parent: [toTask, task.real_parent],
    parent: [toTask, task.parent],
    group_leader: [toTask, task.group_leader],
    signal: [toSignal, task.signal],
  });
  struct(1, 'signal_struct', SIGNAL_BYTES, { tty: [toTty, signal.tty] });
  struct(2, 'tty_struct', TTY_BYTES, { link: [toTty, tty.link], name: [name, tty.name] });
  return Btf.parse(b.finish());
}
