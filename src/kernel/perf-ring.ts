/**
 * The reader's half of a perf event's ring, one per CPU: what bpf_skb_output() writes to, which knows no BPF ring buffer.
 *
 *     page 0                       page 1 …
 *     ┌──────────────────────────┬──────────────────┐
 *     │ … data_head data_tail …  │ data             │
 *     └──────────────────────────┴──────────────────┘
 *
 * A record is `struct perf_event_header`, and for PERF_RECORD_SAMPLE with PERF_SAMPLE_RAW a u32 length and as many bytes. Records go on where
 * the data begins again, so they are copied. Positions only grow. Source: uapi/linux/perf_event.h, struct perf_event_mmap_page; the reader
 * loads data_head before the data and stores data_tail after it, which Atomics order.
 */

import { invariant, viewOf } from '../base/index.ts';
import type { Fd } from './fd.ts';
import { openPerfEvent } from './perf-event.ts';
import { ResourceStack } from './resource-stack.ts';
import {
  checked,
  ioctl,
  Mapping,
  PERF_RECORD_LOST,
  PERF_RECORD_SAMPLE,
  PERF_SAMPLE_RAW,
  pageSize,
  perfEventHeader,
  perfIoctls,
  perfTypes,
} from './sys/index.ts';

const PERF_COUNT_SW_BPF_OUTPUT = 10n;
/** Places in `struct perf_event_mmap_page`. */
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;
/** Pages of data: a power of two. Room for two hundred packets of Ethernet. */
const DATA_PAGES = 64;

export class PerfRing implements Disposable {
  readonly fd: Fd;
  readonly #resources: ResourceStack;
  readonly #head: BigUint64Array;
  readonly #tail: BigUint64Array;
  readonly #data: Uint8Array;
  #lost = 0n;

  /** @throws KernelError */
  constructor(cpu: number) {
    using resources = new ResourceStack();
    this.fd = resources.use(
      openPerfEvent(
        {
          type: perfTypes.PERF_TYPE_SOFTWARE,
          config: PERF_COUNT_SW_BPF_OUTPUT,
          sample_type: PERF_SAMPLE_RAW,
          sample_period: 1n,
          wakeup_events: 1,
        },
        { pid: -1, cpu },
        `bpf-output on CPU ${cpu}`,
      ),
    );
    const page = pageSize();
    const { buffer } = resources.use(new Mapping(this.fd.raw, (1 + DATA_PAGES) * page, { writable: true }));
    this.#head = new BigUint64Array(buffer, DATA_HEAD, 1);
    this.#tail = new BigUint64Array(buffer, DATA_TAIL, 1);
    this.#data = new Uint8Array(buffer, page, DATA_PAGES * page);
    checked('ioctl(PERF_EVENT_IOC_ENABLE)', ioctl(this.fd.raw, perfIoctls.PERF_EVENT_IOC_ENABLE));
    this.#resources = resources.move();
  }

  /** Records that there was no room for, as far as the ring has told. */
  get lost(): bigint {
    return this.#lost;
  }

  /** Hands over copies of what was written, oldest first, until `receive` returns false. @returns how many were handed over */
  drain(receive: (record: Uint8Array) => boolean | undefined): number {
    let handedOver = 0;
    const head = Number(Atomics.load(this.#head, 0));
    let position = Number(this.#tail[0]);
    let goesOn = true;
    while (goesOn && position < head) {
      const { type, size } = perfEventHeader.decode(this.#copy(position, perfEventHeader.size));
      invariant(size >= perfEventHeader.size, 'a record of a perf ring has a header');
      const body = viewOf(this.#copy(position + perfEventHeader.size, size - perfEventHeader.size));
      position += size;
      Atomics.store(this.#tail, 0, BigInt(position));
      if (type === PERF_RECORD_LOST) this.#lost += body.getBigUint64(8, true);
      if (type !== PERF_RECORD_SAMPLE) continue;
      handedOver++;
      goesOn = receive(new Uint8Array(body.buffer, 4, body.getUint32(0, true))) !== false;
    }
    return handedOver;
  }

  [Symbol.dispose](): void {
    this.#resources[Symbol.dispose]();
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
