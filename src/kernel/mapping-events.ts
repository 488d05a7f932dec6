import { decodeCString, viewOf } from '../base/index.ts';
import { onlineCpus } from './cpus.ts';
import type { Fd } from './fd.ts';
import { openPerfEvent } from './perf-event.ts';
import { PerfEventBuffer, type PerfRecord } from './perf-event-buffer.ts';
import { ResourceStack } from './resource-stack.ts';
import {
  checked,
  ioctl,
  PERF_RECORD_COMM,
  PERF_RECORD_FORK,
  PERF_RECORD_MISC_COMM_EXEC,
  PERF_RECORD_MMAP2,
  PERF_SAMPLE_TIME,
  perfEventBits,
  perfIoctls,
  perfTypes,
} from './sys/index.ts';

/** What became of a process's memory. Executable mappings only. */
export type MappingEvent =
  | {
      readonly kind: 'map';
      readonly pid: number;
      readonly start: bigint;
      readonly length: bigint;
      readonly offset: bigint;
      /** As /proc/PID/maps has it: `fe:00:123`. */
      readonly file: string;
      readonly path: string;
    }
  /** It begins anew, with nothing mapped. */
  | { readonly kind: 'exec'; readonly pid: number }
  /** It begins with what its parent has. */
  | { readonly kind: 'fork'; readonly pid: number; readonly parent: number };

/** PERF_COUNT_SW_DUMMY: counts nothing, and is there for what is told along. Source: uapi/linux/perf_event.h. */
const DUMMY = 9n;
/** A process that starts maps ten files, 150 bytes each: some hundred of them between two looks. */
const DATA_PAGES = 32;
/** Where the path of struct perf_record_mmap2 is behind the header, and how long the time behind every record. */
const PATH_AT = 64;
const TIME_BYTES = 8;

/**
 * Tells what all processes map as code, as it happens: short-lived ones as well, of which nothing is left when they are asked about.
 *
 * @throws KernelError, from the constructor, where the kernel does not let us.
 */
export class MappingEvents implements Disposable {
  readonly #resources: ResourceStack;
  readonly #buffers: readonly PerfEventBuffer[];

  constructor() {
    using resources = new ResourceStack();
    this.#buffers = onlineCpus().map((cpu) => {
      const fd = resources.use(openDummy(cpu));
      const buffer = resources.use(new PerfEventBuffer(fd, DATA_PAGES));
      checked('ioctl(PERF_EVENT_IOC_ENABLE)', ioctl(fd.raw, perfIoctls.PERF_EVENT_IOC_ENABLE));
      return buffer;
    });
    this.#resources = resources.move();
  }

  /** What happened since the last call, in order. Some of it may be missing when too much did. */
  take(): MappingEvent[] {
    const found = this.#buffers.flatMap((buffer) => [...eventsOf(buffer)]);
    return found.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)).map(({ event }) => event);
  }

  [Symbol.dispose](): void {
    this.#resources[Symbol.dispose]();
  }
}

function openDummy(cpu: number): Fd {
  const { mmap, mmap2, comm, comm_exec, task, sample_id_all } = perfEventBits;
  const fields = {
    type: perfTypes.PERF_TYPE_SOFTWARE,
    config: DUMMY,
    // A time behind every record: those of different CPUs have no other order.
    sample_type: PERF_SAMPLE_TIME,
    bits: perfEventBits.disabled | mmap | mmap2 | comm | comm_exec | task | sample_id_all,
    // Nobody waits: what there is, is looked at now and then.
    wakeup_watermark: 1,
  };
  return openPerfEvent(fields, { pid: -1, cpu }, 'mappings of processes');
}

function* eventsOf(buffer: PerfEventBuffer): Generator<{ time: bigint; event: MappingEvent }> {
  for (const record of buffer.records()) {
    const event = readRecord(record);
    const { body } = record;
    if (event) yield { time: viewOf(body).getBigUint64(body.length - TIME_BYTES, true), event };
  }
}

/** Source: uapi/linux/perf_event.h, enum perf_event_type. */
function readRecord({ type, misc, body }: PerfRecord): MappingEvent | undefined {
  const view = viewOf(body);
  const pid = view.getInt32(0, true);
  switch (type) {
    case PERF_RECORD_MMAP2: {
      if (body.length < PATH_AT + TIME_BYTES) return undefined;
      const device = [view.getUint32(32, true), view.getUint32(36, true)];
      return {
        kind: 'map',
        pid,
        start: view.getBigUint64(8, true),
        length: view.getBigUint64(16, true),
        offset: view.getBigUint64(24, true),
        file: `${device.map((part) => part.toString(16).padStart(2, '0')).join(':')}:${view.getBigUint64(40, true)}`,
        path: decodeCString(body.subarray(PATH_AT, body.length - TIME_BYTES)),
      };
    }
    case PERF_RECORD_COMM:
      return (misc & PERF_RECORD_MISC_COMM_EXEC) === 0 ? undefined : { kind: 'exec', pid };
    case PERF_RECORD_FORK: {
      const parent = view.getInt32(4, true);
      // Threads have the pid of their parent.
      return pid === parent ? undefined : { kind: 'fork', pid, parent };
    }
    default:
      return undefined;
  }
}
