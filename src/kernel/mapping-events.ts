import { decodeCString, viewOf } from '../base/index.ts';
import { onlineCpus } from './cpus.ts';
import type { Fd } from './fd.ts';
import { openPerfEvent } from './perf-event.ts';
import { ResourceStack } from './resource-stack.ts';
import {
  ioctl,
  Mapping,
  PERF_RECORD_COMM,
  PERF_RECORD_FORK,
  PERF_RECORD_MISC_COMM_EXEC,
  PERF_RECORD_MMAP2,
  PERF_SAMPLE_TIME,
  pageSize,
  perfEventBits,
  perfEventHeader,
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
/** Where the first page of a ring has its positions. Source: uapi/linux/perf_event.h, struct perf_event_mmap_page. */
const HEAD = 1024 / 8;
const TAIL = 1032 / 8;
/** struct perf_event_header, and where the fields of each record are behind it. */
const HEADER_BYTES = 8;
const PATH_AT = 72;
const TIME_BYTES = 8;

interface Ring {
  readonly positions: BigUint64Array;
  readonly data: Uint8Array;
}

/**
 * Tells what all processes map as code, as it happens: short-lived ones as well, of which nothing is left when they are asked about.
 *
 * @throws KernelError, from the constructor, where the kernel does not let us.
 */
export class MappingEvents implements Disposable {
  readonly #resources: ResourceStack;
  readonly #rings: readonly Ring[];

  constructor() {
    using resources = new ResourceStack();
    this.#rings = onlineCpus().map((cpu) => {
      const fd = resources.use(openDummy(cpu));
      const page = pageSize();
      const mapping = resources.use(new Mapping(fd.raw, (1 + DATA_PAGES) * page, { writable: true }));
      ioctl(fd.raw, perfIoctls.PERF_EVENT_IOC_ENABLE);
      return {
        positions: new BigUint64Array(mapping.buffer, 0, page / 8),
        data: new Uint8Array(mapping.buffer, page),
      };
    });
    this.#resources = resources.move();
  }

  /** What happened since the last call, in order. Some of it may be missing when too much did. */
  take(): MappingEvent[] {
    const found = this.#rings.flatMap((ring) => [...readRing(ring)]);
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

function* readRing({ positions, data }: Ring): Generator<{ time: bigint; event: MappingEvent }> {
  // Acquire, mirroring the barrier behind the writing of records in perf_output_put_handle().
  const head = Number(Atomics.load(positions, HEAD));
  let tail = Number(Atomics.load(positions, TAIL));
  while (tail < head) {
    const header = perfEventHeader.decode(bytesAt(data, tail, HEADER_BYTES));
    if (header.size < HEADER_BYTES || tail + header.size > head) break;
    const record = bytesAt(data, tail, header.size);
    tail += header.size;
    const event = readRecord(header, record);
    if (event) yield { time: viewOf(record).getBigUint64(record.length - TIME_BYTES, true), event };
  }
  // Release: the space may be written again from now on.
  Atomics.store(positions, TAIL, BigInt(head));
}

/** A record may go round the end of the ring. */
function bytesAt(data: Uint8Array, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const start = position % data.length;
  const first = data.subarray(start, start + length);
  bytes.set(first);
  bytes.set(data.subarray(0, length - first.length), first.length);
  return bytes;
}

/** Source: uapi/linux/perf_event.h, enum perf_event_type. */
function readRecord(
  { type, misc }: { readonly type: number; readonly misc: number },
  record: Uint8Array,
): MappingEvent | undefined {
  const view = viewOf(record);
  const pid = view.getInt32(HEADER_BYTES, true);
  switch (type) {
    case PERF_RECORD_MMAP2: {
      if (record.length < PATH_AT + TIME_BYTES) return undefined;
      const device = [view.getUint32(40, true), view.getUint32(44, true)];
      return {
        ...{ kind: 'map', pid, start: view.getBigUint64(16, true), length: view.getBigUint64(24, true) },
        offset: view.getBigUint64(32, true),
        file: `${device.map((part) => part.toString(16).padStart(2, '0')).join(':')}:${view.getBigUint64(48, true)}`,
        path: decodeCString(record.subarray(PATH_AT, record.length - TIME_BYTES)),
      };
    }
    case PERF_RECORD_COMM:
      return (misc & PERF_RECORD_MISC_COMM_EXEC) === 0 ? undefined : { kind: 'exec', pid };
    case PERF_RECORD_FORK: {
      const parent = view.getInt32(HEADER_BYTES + 4, true);
      // Threads have the pid of their parent.
      return pid === parent ? undefined : { kind: 'fork', pid, parent };
    }
    default:
      return undefined;
  }
}
