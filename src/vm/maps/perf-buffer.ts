import { alignUp, errnos } from '../../base/index.ts';
import type { BpfMapSpec } from '../../program/index.ts';
import type { PerfBufferMap } from './map.ts';

/** BPF_MAP_TYPE_PERF_EVENT_ARRAY with a software event per CPU: a queue each. Source: kernel/trace/bpf_trace.c. */
export function createPerfBuffer(spec: BpfMapSpec): PerfBufferMap {
  return new PerfBuffer(spec);
}

interface Queue {
  readonly capacity: number;
  used: number;
  lost: number;
  readonly records: Uint8Array[];
}

/** perf_event_header and the u32 length of raw data. Source: uapi/linux/perf_event.h. */
const RECORD_OVERHEAD = 8 + 4;

class PerfBuffer implements PerfBufferMap {
  readonly kind = 'perf';
  readonly spec: BpfMapSpec;
  readonly #queues: (Queue | undefined)[] = [];

  constructor(spec: BpfMapSpec) {
    this.spec = spec;
  }

  get hasRecords(): boolean {
    return this.#queues.some((queue) => queue !== undefined && queue.records.length > 0);
  }

  open(cpu: number, capacityBytes: number): void {
    if (cpu >= this.spec.maxEntries)
      throw new RangeError(`map ${this.spec.name} has ${this.spec.maxEntries} entries, none for CPU ${cpu}`);
    this.#queues[cpu] = { capacity: capacityBytes, used: 0, lost: 0, records: [] };
  }

  output(cpu: number, index: number | undefined, bytes: Uint8Array): number {
    const wanted = index ?? cpu;
    if (wanted >= this.spec.maxEntries) return -errnos.E2BIG.number;
    const queue = this.#queues[wanted];
    if (queue === undefined) return -errnos.ENOENT.number;
    if (wanted !== cpu) return -errnos.EOPNOTSUPP.number;
    const length = alignUp(bytes.length + RECORD_OVERHEAD, 8);
    if (queue.used + length > queue.capacity) {
      queue.lost++;
      return -errnos.ENOSPC.number;
    }
    queue.used += length;
    queue.records.push(bytes.slice());
    return 0;
  }

  drain(onRecord: (record: Uint8Array, cpu: number) => boolean | undefined): number {
    let count = 0;
    for (const [cpu, queue] of this.#queues.entries()) {
      if (queue === undefined) continue;
      let taken = 0;
      let goOn = true;
      while (goOn && taken < queue.records.length) {
        const record = queue.records[taken]!;
        taken++;
        queue.used -= alignUp(record.length + RECORD_OVERHEAD, 8);
        goOn = onRecord(record, cpu) !== false;
      }
      queue.records.splice(0, taken);
      count += taken;
      if (!goOn) break;
    }
    return count;
  }

  lost(cpu: number): number {
    return this.#queues[cpu]?.lost ?? 0;
  }
}
