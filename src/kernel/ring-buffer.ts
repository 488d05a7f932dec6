/**
 * The reader's half of a BPF ring buffer. Linux 5.8.
 *
 *     page 0            page 1              page 2 …
 *     ┌──────────────┬──────────────┬──────────────────┐
 *     │ consumer_pos │ producer_pos │ data             │
 *     │ read, write  │ read only    │                  │
 *     └──────────────┴──────────────┴──────────────────┘
 *
 * Every mapped page counts as memory of this process, so a window of the data is mapped, and moved along as records are read: 16 MB for one
 * record now and then would be a bad trade. For the same reason it is mapped when the first record is there: most scripts that only count
 * never send one. The kernel maps the data twice in a row, so a window may go on where the ring starts again, and no record wraps.
 *
 * A record is a u32 length (bit 31: still being written, bit 30: given up), a u32 page offset, and the payload, rounded up to 8 bytes.
 * Positions only grow; `position & (size - 1)` is the place in the data.
 *
 * Source: kernel/bpf/ringbuf.c. Memory order there: the producer publishes with smp_store_release and so does the consumer; loads and
 * stores of Atomics are sequentially consistent, which is more than the acquire and release mirrored here.
 */

import type { BpfMap } from './map.ts';
import { Mapping, pageSize } from './sys/index.ts';

const BUSY_BIT = 0x8000_0000;
const DISCARD_BIT = 0x4000_0000;
const LENGTH_MASK = 0x3fff_ffff;
const HEADER_SIZE = 8;

/** Bytes of data that are mapped at a time, if the ring has so many: moving on costs as much as reading a few hundred records. */
const WINDOW_SIZE = 1024 * 1024;

/** Records handed over before their space is given back, so that a slow batch does not starve the producers. */
const RELEASE_EVERY = 64;

/** The positions in shared memory contradict each other: the buffer is unusable from here on. */
class RingBufferError extends Error {
  override readonly name = 'RingBufferError';
}

/**
 * Receives a record: it lies at `area[offset]` and has `length` bytes, valid until the call returns. Returning false stops the
 * drain after this record.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most receivers return nothing
type RecordReceiver = (area: Uint8Array, offset: number, length: number) => boolean | undefined | void;

/** Reads one ring buffer; disposing unmaps it, the map stays. */
export class RingBuffer implements Disposable {
  readonly #size: number;
  readonly #pageSize: number;
  readonly #consumerMapping: Mapping;
  readonly #producerMapping: Mapping;
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #mapFd: number;
  #window: Window | undefined;
  /** Our own copy: nobody else writes the consumer position. */
  #position: number;

  /**
   * Maps a map of type BPF_MAP_TYPE_RINGBUF; its `max_entries` is the size in bytes.
   *
   * @throws KernelError
   */
  constructor(map: BpfMap) {
    const page = pageSize();
    this.#pageSize = page;
    this.#size = map.spec.maxEntries;
    this.#consumerMapping = new Mapping(map.fd.raw, page, { writable: true });
    try {
      this.#producerMapping = new Mapping(map.fd.raw, page, { offset: page });
    } catch (error) {
      this.#consumerMapping[Symbol.dispose]();
      throw error;
    }
    this.#consumer = new BigUint64Array(this.#consumerMapping.buffer, 0, 1);
    this.#producer = new BigUint64Array(this.#producerMapping.buffer, 0, 1);
    this.#mapFd = map.fd.raw;
    this.#position = Number(Atomics.load(this.#consumer, 0));
  }

  /** Bytes that producers have reserved and the reader has not consumed. */
  get pendingBytes(): number {
    return Number(Atomics.load(this.#producer, 0)) - this.#position;
  }

  /**
   * Hands over the records that are there now, oldest first, up to the first one that is still being written.
   *
   * Their space is given back as they are consumed, also when `receive` throws (the record it threw on counts as consumed).
   *
   * @returns how many were handed over.
   * @throws RingBufferError if a length runs past the producer's position.
   */
  drain(receive: RecordReceiver): number {
    if (this.pendingBytes === 0) return 0;
    let handedOver = 0;
    let position = this.#position;
    let released = position;
    try {
      // Acquire, mirroring smp_store_release(&rb->producer_pos) in __bpf_ringbuf_reserve().
      for (let end = this.#producerPosition(); position < end; end = this.#producerPosition()) {
        while (position < end) {
          let window = this.#windowFor(position, HEADER_SIZE);
          // Acquire, mirroring the xchg of the header in bpf_ringbuf_commit(); one load decides everything.
          const header = Atomics.load(window.headers, (position - window.start) >> 2);
          if ((header & BUSY_BIT) !== 0) return handedOver;
          const length = header & LENGTH_MASK;
          const next = position + ((length + HEADER_SIZE + 7) & ~7);
          if (next > end) {
            throw new RingBufferError(
              `a ring buffer record of ${length} bytes runs past the producer's position`,
            );
          }
          const start = position + HEADER_SIZE;
          position = next;
          if ((header & DISCARD_BIT) === 0) {
            window = this.#windowFor(start, length);
            handedOver++;
            if (receive(window.area, start - window.start, length) === false) return handedOver;
          }
          if (handedOver % RELEASE_EVERY === 0 && position !== released) {
            this.#release(position);
            released = position;
          }
        }
      }
      return handedOver;
    } finally {
      if (position !== released) this.#release(position);
    }
  }

  [Symbol.dispose](): void {
    this.#window?.mapping[Symbol.dispose]();
    this.#window = undefined;
    this.#producerMapping[Symbol.dispose]();
    this.#consumerMapping[Symbol.dispose]();
  }

  /** A window that shows `length` bytes from a position on. @throws KernelError */
  #windowFor(position: number, length: number): Window {
    const last = this.#window;
    if (last !== undefined && position >= last.start && position + length <= last.start + last.area.length)
      return last;
    const page = this.#pageSize;
    const start = position - (position % page);
    const offset = 2 * page + (start % this.#size);
    const needed = Math.ceil((position + length - start) / page) * page;
    const wanted = Math.max(needed, Math.min(WINDOW_SIZE, this.#size));
    if (last !== undefined && wanted <= last.area.length) {
      last.mapping.show(this.#mapFd, offset);
      this.#window = { ...last, start };
    } else {
      last?.mapping[Symbol.dispose]();
      const mapping = new Mapping(this.#mapFd, wanted, { offset });
      const { buffer } = mapping;
      this.#window = { mapping, start, area: new Uint8Array(buffer), headers: new Int32Array(buffer) };
    }
    return this.#window;
  }

  /** Positions stay far below 2^53: that many bytes take years. `& mask` is exact, as the size is below 2^31 and a power of two. */
  #producerPosition(): number {
    return Number(Atomics.load(this.#producer, 0));
  }

  /** Release, mirroring smp_load_acquire(&rb->consumer_pos) in __bpf_ringbuf_reserve(): the space may be overwritten from now on. */
  #release(position: number): void {
    this.#position = position;
    Atomics.store(this.#consumer, 0, BigInt(position));
  }
}

/** A part of the data. */
interface Window {
  readonly mapping: Mapping;
  /** The position of its first byte. */
  readonly start: number;
  readonly area: Uint8Array;
  /** The first word of each record is among these. */
  readonly headers: Int32Array;
}
