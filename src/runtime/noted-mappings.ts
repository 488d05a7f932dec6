import { BoundedCache } from '../base/index.ts';
import { isKernelError, MappingEvents } from '../kernel/index.ts';
import type { Mapping } from './process-maps.ts';

/** Processes whose mappings are noted, and mappings of one. */
const MAX_PROCESSES = 4096;
const MAX_MAPPINGS = 4096;

/** What the kernel tells; a test's are made up. */
type EventsOfMappings = Pick<MappingEvents, 'take' | typeof Symbol.dispose>;

interface Noted {
  /** The newest last. */
  readonly mappings: Mapping[];
  /** Its beginning was seen, so that these are all. */
  readonly isWhole: boolean;
}

/**
 * What processes have mapped, noted while it happens: of a process that has ended nobody else knows it. Where the kernel does not tell, there are
 * no notes.
 */
export class NotedMappings implements Disposable {
  readonly #events: EventsOfMappings | undefined;
  readonly #processes = new BoundedCache<number, Noted>(MAX_PROCESSES);
  /** Mappings of a process from before it was noted, asked for when it forks. */
  readonly #known: (pid: number) => readonly Mapping[] | undefined;

  constructor(known: (pid: number) => readonly Mapping[] | undefined, events = open()) {
    this.#known = known;
    this.#events = events;
  }

  /** Reads what there is. To be called now and then, as the kernel keeps little. */
  look(): void {
    for (const event of this.#events?.take() ?? []) {
      const { pid } = event;
      if (event.kind === 'exec') this.#processes.set(pid, { mappings: [], isWhole: true });
      else if (event.kind === 'fork') {
        const parent = this.of(event.parent);
        this.#processes.set(pid, { mappings: (parent ?? []).toReversed(), isWhole: true });
      } else {
        const { mappings } = this.#processes.getOrMake(pid, () => ({ mappings: [], isWhole: false }));
        if (mappings.length < MAX_MAPPINGS) {
          const { start, length, offset, file, path } = event;
          mappings.push({ start, end: start + length, executable: true, offset, file, path });
        }
      }
    }
  }

  /** The newest first; undefined when nothing is known of the process. */
  of(pid: number): readonly Mapping[] | undefined {
    const noted = this.#processes.get(pid);
    const before = noted?.isWhole ? [] : this.#known(pid);
    if (!noted && !before) return undefined;
    return [...(noted?.mappings ?? []).toReversed(), ...(before ?? [])];
  }

  [Symbol.dispose](): void {
    this.#events?.[Symbol.dispose]();
  }
}

function open(): EventsOfMappings | undefined {
  try {
    return new MappingEvents();
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}
