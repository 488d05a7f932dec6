/** What bpf_skb_output() writes to, which knows no BPF ring buffer: a perf event of each CPU. A sample is a u32 length and as many bytes. */

import { viewOf } from '../base/index.ts';
import type { Fd } from './fd.ts';
import { openPerfEvent } from './perf-event.ts';
import { PerfEventBuffer } from './perf-event-buffer.ts';
import { ResourceStack } from './resource-stack.ts';
import {
  checked,
  ioctl,
  PERF_RECORD_LOST,
  PERF_RECORD_SAMPLE,
  PERF_SAMPLE_RAW,
  perfIoctls,
  perfTypes,
} from './sys/index.ts';

/** Source: uapi/linux/perf_event.h, enum perf_sw_ids. */
const PERF_COUNT_SW_BPF_OUTPUT = 10n;
/** Pages of data: a power of two. Room for two hundred packets of Ethernet. */
const DATA_PAGES = 64;

/** The packets that progs send on one CPU, and the event that they go to. */
export class PerfRing implements Disposable {
  readonly fd: Fd;
  readonly #resources: ResourceStack;
  readonly #buffer: PerfEventBuffer;
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
    this.#buffer = resources.use(new PerfEventBuffer(this.fd, DATA_PAGES));
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
    for (const { type, body } of this.#buffer.records()) {
      const view = viewOf(body);
      if (type === PERF_RECORD_LOST) this.#lost += view.getBigUint64(8, true);
      if (type !== PERF_RECORD_SAMPLE) continue;
      handedOver++;
      if (receive(body.subarray(4, 4 + view.getUint32(0, true))) === false) break;
    }
    return handedOver;
  }

  [Symbol.dispose](): void {
    this.#resources[Symbol.dispose]();
  }
}
