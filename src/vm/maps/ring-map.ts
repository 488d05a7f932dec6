import { alignUp } from '../../base/index.ts';
import { ringbufQueries } from '../../bpf/index.ts';
import type { BpfMapSpec } from '../../program/index.ts';
import type { Memory, Space } from '../memory.ts';
import type { RingBufferMap } from './map.ts';

/** Twice the size: a record that begins near the end goes on behind it, where the kernel maps its first pages once more. */
export function ringSpace(size: number): Space {
  return { bytes: size * 2, regions: 0 };
}

/**
 * BPF_MAP_TYPE_RINGBUF, with the kernel's positions and headers, so that it is full exactly when the kernel's would be.
 *
 *     data      ┌──────────┬─────────┬──────────┬──────┐
 *               │ u32 len  │ u32 pad │ payload  │ pad  │  …      positions only grow; position & (size - 1) is the place
 *               └──────────┴─────────┴──────────┴──────┘
 *     consumer ─┘                            producer ─┘
 *
 * Bit 31 of `len` says that the record is being written, bit 30 that the reader skips it. Source: kernel/bpf/ringbuf.c.
 */
export function createRing(spec: BpfMapSpec, memory: Memory, size: number): RingBufferMap {
  return new Ring(spec, memory, size);
}

const HEADER = 8;
const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
/** Source: RINGBUF_MAX_RECORD_SZ. */
const MAX_RECORD = 0x3fff_ffff;

class Ring implements RingBufferMap {
  readonly kind = 'ring';
  readonly spec: BpfMapSpec;
  readonly #memory: Memory;
  readonly #start: number;
  readonly #size: number;
  #consumer = 0;
  #producer = 0;
  /** Position of the oldest record that is still being written: nothing may be written a whole ring ahead of it. */
  #pending = 0;

  constructor(spec: BpfMapSpec, memory: Memory, size: number) {
    this.spec = spec;
    this.#memory = memory;
    this.#size = size;
    this.#start = memory.allocate(size * 2);
  }

  get hasRecords(): boolean {
    return this.#consumer < this.#producer && (this.#header(this.#consumer) & BUSY) === 0;
  }

  reserve(size: number): number {
    const length = alignUp(size + HEADER, 8);
    if (size > MAX_RECORD || length > this.#size) return -1;
    while (this.#pending < this.#producer) {
      const header = this.#header(this.#pending);
      if ((header & BUSY) !== 0) break;
      this.#pending += recordLength(header);
    }
    const end = this.#producer + length;
    if (end - this.#consumer > this.#size - 1 || end - this.#pending > this.#size - 1) return -1;
    const at = this.#place(this.#producer);
    this.#memory.view.setUint32(at, (size | BUSY) >>> 0, true);
    this.#memory.view.setUint32(at + 4, 0, true);
    this.#producer = end;
    return at + HEADER;
  }

  commit(at: number, discard: boolean, _flags: number): void {
    const header = this.#memory.view.getUint32(at - HEADER, true);
    const size = header & ~BUSY;
    this.#memory.view.setUint32(at - HEADER, (discard ? size | DISCARD : size) >>> 0, true);
  }

  drain(onRecord: (record: Uint8Array) => boolean | undefined): number {
    let count = 0;
    while (this.#consumer < this.#producer) {
      const header = this.#header(this.#consumer);
      if ((header & BUSY) !== 0) break;
      const at = this.#place(this.#consumer) + HEADER;
      this.#consumer += recordLength(header);
      if ((header & DISCARD) !== 0) continue;
      count++;
      if (onRecord(this.#memory.bytes.subarray(at, at + sizeOf(header))) === false) break;
    }
    return count;
  }

  query(what: number): number {
    switch (what) {
      case ringbufQueries.BPF_RB_AVAIL_DATA:
        return this.#producer - this.#consumer;
      case ringbufQueries.BPF_RB_RING_SIZE:
        return this.#size;
      case ringbufQueries.BPF_RB_CONS_POS:
        return this.#consumer;
      case ringbufQueries.BPF_RB_PROD_POS:
        return this.#producer;
      default:
        return 0;
    }
  }

  #place(position: number): number {
    // Positions outgrow 32 bits after some gigabytes; the size is a power of two.
    return this.#start + (position % this.#size);
  }

  #header(position: number): number {
    return this.#memory.view.getUint32(this.#place(position), true);
  }
}

function sizeOf(header: number): number {
  return header & ~(BUSY | DISCARD);
}

function recordLength(header: number): number {
  return alignUp(sizeOf(header) + HEADER, 8);
}
