import type { HelperName } from '../../bpf/index.ts';
import {
  COMM_BYTES,
  eventNote,
  loadNote,
  MAX_PART_BYTES,
  memoryNote,
  NOTE_TAG,
  notedHelpers,
  noteHead,
  noteKinds,
  numberNote,
  partNote,
} from '../../program/index.ts';
import {
  type BinaryOp,
  definitionsOf,
  type Func,
  type Insn,
  type MemorySize,
  noValue,
  type Slot,
  type SlotId,
  type ValueId,
  withBody,
} from '../ir/index.ts';

/** How the ctx of a probe is read whole. */
export type CtxForm =
  /** So many bytes, and texts that these fields say the place of. */
  | {
      readonly kind: 'bytes';
      readonly bytes: number;
      readonly locations: readonly { readonly offset: number; readonly relative: boolean }[];
    }
  /** A perf event: the address of the registers comes first; behind them the verifier lets progs see two numbers. */
  | { readonly kind: 'perf'; readonly registerBytes: number };

export interface NoteOptions {
  /** Maps by number: the ring buffer, and an array with a count of lost notes. */
  readonly ring: number;
  readonly losses: number;
  /** Bytes in the ring buffer beyond which nothing is noted: the rest is for the records. */
  readonly ringLimit: number;
  /** Index into Program.probes. */
  readonly probe: number;
  readonly ctx: CtxForm;
  readonly bootClock: Extract<HelperName, 'ktime_get_boot_ns' | 'ktime_get_ns'>;
  /** The prog loads from memory of the kernel directly, by pointers whose types the verifier knows. */
  readonly followsPointers: boolean;
}

/**
 * Makes a prog tell what it runs for and what it is told (see program/event-notes.ts), for recordings.
 *
 *     b0:                                     b0:
 *       v1 = call probe_read_user(v5 v6 v7)     <note of the event: time, CPU, task, ctx>
 *                                               v1 = call probe_read_user(v5 v6 v7)
 *                                               <note of v1, v7, and the bytes at v5>
 *
 * Notes are made in slots and sent with bpf_ringbuf_output: no branches, so the verifier has no more ways to follow than before. It comes behind the
 * optimizer: what that has removed was never asked.
 */
export function noteEvents(func: Func, options: NoteOptions): Func {
  return new Noting(func, options).run();
}

/** Why a function cannot be noted; undefined: it can. `followsPointers`: see NoteOptions. */
export function whyUnnotable(func: Func, followsPointers = false): string | undefined {
  const definitions = definitionsOf(func);
  for (const block of func.blocks) {
    for (const insn of block.insns) {
      if (followsPointers && func.role !== 'prog' && insn.op === 'load') {
        if (rootOf(definitions, insn.args[0]!)?.op === 'load')
          return "a loop in it may load the kernel's memory";
      }
      if (insn.op === 'ksym') return `it reads the kernel variable ${insn.name}`;
      if (insn.op === 'callKfunc' && !harmlessKfuncs.test(insn.name)) return `it calls ${insn.name}()`;
      if (insn.op !== 'call') continue;
      if (func.role !== 'prog' && numbers.has(insn.helper)) return `a loop in it calls bpf_${insn.helper}()`;
    }
  }
  return undefined;
}

/** They tell nothing from outside. */
const harmlessKfuncs = /^bpf_iter_num_|^bpf_map_sum_elem_count$/;

const numbers: ReadonlyMap<string, number> = new Map(notedHelpers.map(([name], index) => [name, index]));

/** Larger than any text a script can have. */
const MAX_MEMORY_BYTES = 16384;

/** What an address comes from, without what is added to it; undefined for a parameter. */
function rootOf(definitions: readonly (Insn | undefined)[], address: ValueId): Insn | undefined {
  let at = definitions[address];
  while (at?.op === 'add') at = definitions[at.args[0]!];
  return at;
}

class Noting {
  readonly #func: Func;
  readonly #options: NoteOptions;
  readonly #definitions: readonly (Insn | undefined)[];
  readonly #slots: Slot[];
  /** A slot for the notes of one size. */
  readonly #slotOf = new Map<number, SlotId>();
  #valueCount: number;
  #out: Insn[] = [];
  #at: Insn['at'];
  #id = noValue;
  #cpu = noValue;
  #flags = noValue;

  constructor(func: Func, options: NoteOptions) {
    this.#func = func;
    this.#options = options;
    this.#definitions = definitionsOf(func);
    this.#slots = [...func.slots];
    this.#valueCount = func.valueCount;
  }

  run(): Func {
    const blocks = this.#func.blocks.map((block, index) => {
      this.#out = [];
      this.#at = block.insns[0]?.at;
      if (index === 0) this.#noteEvent();
      for (const insn of block.insns) {
        this.#out.push(insn);
        this.#at = insn.at;
        if (insn.op === 'load') this.#noteLoad(insn);
        if (insn.op !== 'call') continue;
        const number = numbers.get(insn.helper);
        if (number !== undefined) this.#noteCall(insn, number);
      }
      return this.#out.length === block.insns.length ? block : withBody(block, this.#out);
    });
    return { ...this.#func, blocks, slots: this.#slots, valueCount: this.#valueCount };
  }

  #noteEvent(): void {
    const { ctx, probe, bootClock } = this.#options;
    const ctxValue = this.#func.params[0]!;
    this.#id = this.#call(bootClock, []);
    this.#cpu = this.#call('get_smp_processor_id', []);
    this.#flags = this.#refusalWhenFull();
    const ctxBytes = ctx.kind === 'perf' ? ctx.registerBytes + 16 : ctx.bytes;
    const note = this.#begin(noteKinds.event, eventNote.ctx + ctxBytes, this.#const(probe));
    this.#store(8, note, this.#call('get_current_pid_tgid', []), eventNote.pidTgid);
    this.#store(8, note, this.#call('get_current_uid_gid', []), eventNote.uidGid);
    this.#store(8, note, this.#call('get_current_cgroup_id', []), eventNote.cgroup);
    this.#store(8, note, this.#call('get_current_task', []), eventNote.task);
    // Some kernels leave what is behind the name as it was.
    this.#store(8, note, this.#const(0), eventNote.comm);
    this.#store(8, note, this.#const(0), eventNote.comm + 8);
    this.#call('get_current_comm', [this.#add(note, eventNote.comm), this.#const(COMM_BYTES)]);
    const to = this.#add(note, eventNote.ctx);
    if (ctx.kind === 'perf') this.#copyPerfEvent(to, ctxValue, ctx.registerBytes);
    else if (ctx.bytes > 0) this.#copy(to, ctxValue, ctx.bytes);
    this.#send(note, this.#const(eventNote.ctx + ctxBytes));
    if (ctx.kind === 'bytes') for (const location of ctx.locations) this.#notePart(ctxValue, location);
  }

  /**
   * Flags for bpf_ringbuf_output: 0, or one that it refuses when the ring buffer is filled up to the limit. So an event is noted whole or not at
   * all, without a branch: the sign of (limit - fill) becomes bit 2. Source: kernel/bpf/ringbuf.c, bits 0 and 1 are known.
   */
  #refusalWhenFull(): ValueId {
    const ring = this.#define({ op: 'mapFd', args: [], map: this.#options.ring });
    const fill = this.#call('ringbuf_query', [ring, this.#const(0)]);
    const left = this.#define({ op: 'sub', args: [this.#const(this.#options.ringLimit), fill] });
    return this.#binary('shl', this.#binary('lshr', left, 63), 2);
  }

  /** struct bpf_perf_event_data_kern begins with the address of the registers. Source: include/linux/perf_event.h. */
  #copyPerfEvent(to: ValueId, ctx: ValueId, registerBytes: number): void {
    this.#copy(to, ctx, 8);
    this.#copy(to, this.#load(8, to, 0), registerBytes);
    for (const off of [0, 8])
      this.#store(8, to, this.#load(8, ctx, registerBytes + off), registerBytes + off);
  }

  /** The low half of a __data_loc says where, the high half how long; a __rel_loc counts from behind itself. */
  #notePart(
    ctx: ValueId,
    { offset, relative }: { readonly offset: number; readonly relative: boolean },
  ): void {
    const note = this.#begin(noteKinds.part, partNote.data + MAX_PART_BYTES, this.#const(0));
    // Through a helper, as all reads of the whole ctx: the verifier knows what offsets an event has, and this may be none of them.
    this.#copy(this.#add(note, partNote.data), this.#add(ctx, offset), 4);
    const location = this.#load(4, note, partNote.data);
    const low = this.#binary('and', location, 0xffff);
    const at = relative ? this.#add(low, offset + 4) : low;
    const length = this.#binary('and', this.#binary('lshr', location, 16), MAX_PART_BYTES - 1);
    this.#store(4, note, at, partNote.offset);
    this.#store(4, note, length, partNote.length);
    const from = this.#define({ op: 'add', args: [ctx, at] });
    this.#call('probe_read_kernel', [this.#add(note, partNote.data), length, from]);
    // Loaded and bounded anew: across a call old verifiers forget what a number on the stack is at most.
    const again = this.#binary('and', this.#load(4, note, partNote.length), MAX_PART_BYTES - 1);
    this.#send(note, this.#add(again, partNote.data));
  }

  #noteCall(insn: Insn & { readonly op: 'call' }, number: number): void {
    const [, form] = notedHelpers[number]!;
    if (form === 'memory') this.#noteMemory(insn, number);
    else this.#noteNumber(insn, number);
  }

  #noteNumber({ id, args }: Insn, number: number): void {
    const note = this.#begin(noteKinds.number, numberNote.bytes, this.#const(number));
    this.#store(8, note, id, numberNote.value);
    const isOfCtx = args[0] === this.#func.params[0];
    this.#store(8, note, (isOfCtx ? undefined : args[0]) ?? this.#const(0), numberNote.first);
    this.#store(8, note, args[1] ?? this.#const(0), numberNote.second);
    this.#send(note, this.#const(numberNote.bytes));
  }

  /** Its own memory and its ctx tell a prog nothing new; what else it loads by is a pointer to the kernel's. */
  #noteLoad(insn: Insn & { readonly op: 'load' }): void {
    const [address] = insn.args as [ValueId];
    const root = rootOf(this.#definitions, address);
    const isParameter = root === undefined && this.#isOffsetOf(address, this.#func.params[0]!);
    if (!this.#options.followsPointers || isParameter) return;
    if (root?.op === 'slot' || root?.op === 'mapValue' || root?.op === 'call') return;
    const note = this.#begin(noteKinds.load, loadNote.bytes, this.#const(insn.size));
    this.#store(8, note, insn.id, loadNote.value);
    this.#store(8, note, address, loadNote.base);
    this.#store(8, note, this.#const(insn.off), loadNote.offset);
    this.#send(note, this.#const(loadNote.bytes));
  }

  #isOffsetOf(address: ValueId, parameter: ValueId): boolean {
    let at = address;
    for (let insn = this.#definitions[at]; insn?.op === 'add'; insn = this.#definitions[at])
      at = insn.args[0]!;
    return at === parameter;
  }

  #noteMemory(insn: Insn & { readonly op: 'call' }, number: number): void {
    const { to, size, from, flags } = partsOf(insn);
    if (from !== undefined && this.#isOwnMemory(from)) return;
    const capacity = this.#capacityOf(to, size);
    if (capacity === undefined) return;
    const bytes = memoryNote.data + Math.ceil(capacity / 8) * 8;
    const note = this.#begin(noteKinds.memory, bytes, this.#const(number));
    this.#store(8, note, insn.id, memoryNote.result);
    this.#store(8, note, from ?? this.#const(0), memoryNote.address);
    this.#store(4, note, size, memoryNote.size);
    this.#store(4, note, flags ?? this.#const(0), memoryNote.flags);
    // The last word is not always filled.
    if (capacity % 8 !== 0) this.#store(8, note, this.#const(0), bytes - 8);
    this.#copy(this.#add(note, memoryNote.data), to, capacity);
    this.#send(note, this.#const(bytes));
  }

  /** How many bytes a helper may have filled, where that can be seen. */
  #capacityOf(to: ValueId, size: ValueId): number | undefined {
    const constant = this.#constantOf(size);
    if (constant !== undefined) return constant > 0 && constant <= MAX_MEMORY_BYTES ? constant : undefined;
    let off = 0;
    for (let at: Insn | undefined = this.#definitions[to]; at !== undefined; ) {
      if (at.op === 'slot') return this.#slots[at.slot]!.bytes - off;
      const step = at.op === 'add' ? this.#constantOf(at.args[1]!) : undefined;
      if (step === undefined) return undefined;
      off += step;
      at = this.#definitions[at.args[0]!];
    }
    return undefined;
  }

  /** Reading what it has itself tells a prog nothing. */
  #isOwnMemory(address: ValueId): boolean {
    const root = rootOf(this.#definitions, address);
    return root?.op === 'slot' || root?.op === 'mapValue';
  }

  #constantOf(value: ValueId): number | undefined {
    const definition = this.#definitions[value];
    return definition?.op === 'const' ? Number(definition.value) : undefined;
  }

  // ---- instructions ---------------------------------------------------------------------------------------------

  #begin(kind: number, bytes: number, about: ValueId): ValueId {
    let slot = this.#slotOf.get(bytes);
    if (slot === undefined) {
      slot = (this.#slots.push({ bytes, align: 8 }) - 1) as SlotId; // the new slot's index
      this.#slotOf.set(bytes, slot);
    }
    this.#out.push({ id: noValue, op: 'slotStart', args: [], slot, at: this.#at });
    const note = this.#define({ op: 'slot', args: [], slot });
    this.#store(8, note, this.#const(NOTE_TAG + BigInt(kind)), noteHead.tag);
    this.#store(8, note, this.#id, noteHead.id);
    this.#store(4, note, this.#cpu, noteHead.cpu);
    this.#store(4, note, about, noteHead.about);
    return note;
  }

  /** A note that finds no room is counted: the sign of the result is added. */
  #send(note: ValueId, bytes: ValueId): void {
    const ring = this.#define({ op: 'mapFd', args: [], map: this.#options.ring });
    const result = this.#call('ringbuf_output', [ring, note, bytes, this.#flags]);
    const losses = this.#define({ op: 'mapValue', args: [], map: this.#options.losses, off: 0 });
    const sign = this.#binary('lshr', result, 63);
    this.#define({ op: 'atomic', kind: 'add', size: 8, off: 0, args: [losses, sign] });
  }

  #copy(to: ValueId, from: ValueId, bytes: number): void {
    this.#call('probe_read_kernel', [to, this.#const(bytes), from]);
  }

  #const(value: bigint | number): ValueId {
    return this.#define({ op: 'const', args: [], value: BigInt.asIntN(64, BigInt(value)) });
  }

  #binary(op: BinaryOp, a: ValueId, b: number): ValueId {
    return this.#define({ op, args: [a, this.#const(b)] });
  }

  #add(address: ValueId, off: number): ValueId {
    return off === 0 ? address : this.#binary('add', address, off);
  }

  #load(size: MemorySize, address: ValueId, off: number): ValueId {
    return this.#define({ op: 'load', args: [address], size, signed: false, off });
  }

  #store(size: MemorySize, address: ValueId, value: ValueId, off: number): void {
    this.#out.push({ id: noValue, op: 'store', args: [address, value], size, off, at: this.#at });
  }

  #call(helper: HelperName, args: readonly ValueId[]): ValueId {
    return this.#define({ op: 'call', helper, effect: 'writes', args });
  }

  #define(insn: DistributiveOmit<Insn, 'id' | 'at'>): ValueId {
    const id = this.#valueCount++ as ValueId; // the next free one
    this.#out.push({ ...insn, id, at: this.#at });
    return id;
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Where a helper puts what it finds, how much, where it looks, and what else it was told. */
function partsOf({ helper, args }: Insn & { readonly op: 'call' }): {
  readonly to: ValueId;
  readonly size: ValueId;
  readonly from?: ValueId;
  readonly flags?: ValueId;
} {
  const [a, b, c, d] = args as [ValueId, ValueId, ValueId, ValueId];
  switch (helper) {
    case 'get_stack':
      return { to: b, size: c, flags: d };
    case 'get_ns_current_pid_tgid':
      return { to: c, size: d };
    case 'd_path':
      return { to: b, size: c, from: a };
    default:
      return { to: a, size: b, from: c };
  }
}
