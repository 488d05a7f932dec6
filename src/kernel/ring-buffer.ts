/**
 * The reader's half of a BPF ring buffer. Linux 5.8.
 *
 *     page 0            page 1              page 2 …
 *     ┌──────────────┬──────────────┬──────────────────┐
 *     │ consumer_pos │ producer_pos │ data             │
 *     │ read, write  │ read only    │                  │
 *     └──────────────┴──────────────┴──────────────────┘
 *
 * The kernel can map the data twice in a row, so that no record wraps. Every mapped page counts as memory of this process, though, and 16 MB more
 * of it for one record in hundreds of thousands is a bad trade: the record that wraps is copied instead. For the same reason the data is
 * mapped when the first record is there: most scripts that only count never send one.
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

/** Records handed over before their space is given back, so that a slow batch does not starve the producers. */
const RELEASE_EVERY = 64;

/** The positions in shared memory contradict each other: the buffer is unusable from here on. */
export class RingBufferError extends Error {
  override readonly name = 'RingBufferError';
}

/**
 * Receives a record: it lies at `area[offset]` and has `length` bytes, valid until the call returns. Returning false stops the
 * drain after this record.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most receivers return nothing
export type RecordReceiver = (area: Uint8Array, offset: number, length: number) => boolean | undefined | void;

export class RingBuffer implements Disposable {
  readonly #size: number;
  readonly #consumerMapping: Mapping;
  readonly #producerMapping: Mapping;
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #mapFd: number;
  #data: DataArea | undefined;
  /** Our own copy: nobody else writes the consumer position. */
  #position: number;

  /**
   * Maps a map of type BPF_MAP_TYPE_RINGBUF; its `max_entries` is the size in bytes.
   *
   * @throws KernelError
   */
  constructor(map: BpfMap) {
    const page = pageSize();
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
    this.#data ??= mapData(this.#mapFd, this.#size);
    const { area, headers } = this.#data;
    const mask = this.#size - 1;
    let handedOver = 0;
    let position = this.#position;
    let released = position;
    try {
      // Acquire, mirroring smp_store_release(&rb->producer_pos) in __bpf_ringbuf_reserve().
      for (let end = this.#producerPosition(); position < end; end = this.#producerPosition()) {
        while (position < end) {
          const place = position & mask;
          // Acquire, mirroring the xchg of the header in bpf_ringbuf_commit(); one load decides everything.
          const header = Atomics.load(headers, place >> 2);
          if ((header & BUSY_BIT) !== 0) return handedOver;
          const length = header & LENGTH_MASK;
          const next = position + ((length + HEADER_SIZE + 7) & ~7);
          if (next > end) {
            throw new RingBufferError(
              `a ring buffer record of ${length} bytes runs past the producer's position`,
            );
          }
          position = next;
          if ((header & DISCARD_BIT) === 0) {
            handedOver++;
            const start = place + HEADER_SIZE;
            const answer =
              start + length <= this.#size
                ? receive(area, start, length)
                : receive(joined(area, start, length), 0, length);
            if (answer === false) return handedOver;
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
    this.#data?.mapping[Symbol.dispose]();
    this.#data = undefined;
    this.#producerMapping[Symbol.dispose]();
    this.#consumerMapping[Symbol.dispose]();
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

/** The records, and the first word of each. */
interface DataArea {
  readonly mapping: Mapping;
  readonly area: Uint8Array;
  readonly headers: Int32Array;
}

/** The data starts behind the two pages of positions. @throws KernelError */
function mapData(mapFd: number, size: number): DataArea {
  const mapping = new Mapping(mapFd, size, { offset: 2 * pageSize() });
  return { mapping, area: new Uint8Array(mapping.buffer), headers: new Int32Array(mapping.buffer) };
}

/** A copy of a payload that goes on at the start of the data; `start` may be the very end. */
function joined(area: Uint8Array, start: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  const head = area.subarray(start);
  copy.set(head);
  copy.set(area.subarray(0, length - head.length), head.length);
  return copy;
}
