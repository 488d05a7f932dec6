/**
 * What a perf event tells through memory, and the reader's half of it:
 *
 *     page 0                       page 1 …
 *     ┌──────────────────────────┬──────────────────┐
 *     │ … data_head data_tail …  │ data             │
 *     └──────────────────────────┴──────────────────┘
 *
 * A record is `struct perf_event_header` and what its type says. Records go on where the data begins again, so they are copied. Positions only
 * grow. Source: uapi/linux/perf_event.h, struct perf_event_mmap_page; the reader loads data_head before the data and stores data_tail after it,
 * which Atomics order.
 */

import { invariant } from '../base/index.ts';
import type { Fd } from './fd.ts';
import { Mapping, pageSize, perfEventHeader } from './sys/index.ts';

/** Places in `struct perf_event_mmap_page`. */
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;

/** One record of a perf event. */
export interface PerfRecord {
  /** PERF_RECORD_*. */
  readonly type: number;
  /** PERF_RECORD_MISC_*. */
  readonly misc: number;
  /** A copy of everything behind the header. */
  readonly body: Uint8Array;
}

/** Disposing unmaps it; the event stays open. */
export class PerfEventBuffer implements Disposable {
  readonly #mapping: Mapping;
  readonly #head: BigUint64Array;
  readonly #tail: BigUint64Array;
  readonly #data: Uint8Array;

  /** @param dataPages a power of two. @throws KernelError */
  constructor(event: Fd, dataPages: number) {
    const page = pageSize();
    this.#mapping = new Mapping(event.raw, (1 + dataPages) * page, { writable: true });
    const { buffer } = this.#mapping;
    this.#head = new BigUint64Array(buffer, DATA_HEAD, 1);
    this.#tail = new BigUint64Array(buffer, DATA_TAIL, 1);
    this.#data = new Uint8Array(buffer, page, dataPages * page);
  }

  /** The records that are there now, oldest first. The room of each may be written again once the next is asked for, or none any more. */
  *records(): Generator<PerfRecord> {
    const head = Number(Atomics.load(this.#head, 0));
    let position = Number(this.#tail[0]);
    while (position < head) {
      const { type, misc, size } = perfEventHeader.decode(this.#copy(position, perfEventHeader.size));
      invariant(size >= perfEventHeader.size, 'a record of a perf event has a header');
      const body = this.#copy(position + perfEventHeader.size, size - perfEventHeader.size);
      position += size;
      Atomics.store(this.#tail, 0, BigInt(position));
      yield { type, misc, body };
    }
  }

  [Symbol.dispose](): void {
    this.#mapping[Symbol.dispose]();
  }

  #copy(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const start = position % this.#data.length;
    const first = this.#data.subarray(start, start + length);
    bytes.set(first);
    bytes.set(this.#data.subarray(0, length - first.length), first.length);
    return bytes;
  }
}
