import { Epoll, type PerfRing, type RingBuffer } from '../kernel/index.ts';
import { startThreads } from './thread-pool.ts';

/** Time between two looks while records keep coming: a batch is cheaper than a wake-up per record, and the buffer holds seconds of them. */
const TICK_MS = 8;
/** Looks without a record before the reader goes to sleep until the kernel wakes it. */
const IDLE_TICKS = 4;

/**
 * When to look into the ring buffer, and into the rings of packets.
 *
 * While records come, a timer looks every few milliseconds, and nobody is woken. When some looks found nothing, a thread waits in epoll,
 * so that an idle tracer costs nothing and the first record after a pause is seen at once.
 */
export class RecordSource implements Disposable {
  readonly #ring: RingBuffer | undefined;
  readonly #packetRings: readonly PerfRing[];
  /** What to wait for. */
  readonly #fds: readonly number[];
  #epoll: Epoll | undefined;
  #idleTicks = IDLE_TICKS;
  #pending: Promise<void> | undefined;

  /** @param packetRings of each CPU, for what does not go into the ring buffer */
  constructor(
    ring: RingBuffer | undefined,
    ringFd: number | undefined,
    packetRings: readonly PerfRing[] = [],
  ) {
    this.#ring = ring;
    this.#packetRings = packetRings;
    this.#fds = [...(ringFd === undefined ? [] : [ringFd]), ...packetRings.map(({ fd }) => fd.raw)];
  }

  /** Packets that there was no room for. */
  get lost(): bigint {
    return this.#packetRings.reduce((sum, ring) => sum + ring.lost, 0n);
  }

  drain(onRecord: (record: Uint8Array) => boolean | undefined): number {
    let goesOn = true;
    const receive = (record: Uint8Array): boolean => {
      goesOn = onRecord(record) !== false;
      return goesOn;
    };
    // Packets first: what a probe says after it has sent one then comes after it.
    let count = 0;
    for (const packets of this.#packetRings) if (goesOn) count += packets.drain(receive);
    if (goesOn) {
      count +=
        this.#ring?.drain((area, offset, length) => receive(area.subarray(offset, offset + length))) ?? 0;
    }
    this.#idleTicks = count > 0 ? 0 : this.#idleTicks + 1;
    return count;
  }

  /** Resolves when records may be there, or after `timeoutMs`. A second call while the first waits shares its promise. */
  wait(timeoutMs: number): Promise<void> {
    this.#pending ??= this.#sleep(timeoutMs).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  #sleep(timeoutMs: number): Promise<void> {
    if (timeoutMs <= 0) return new Promise((resolve) => setImmediate(resolve));
    if (this.#fds.length === 0) return sleep(timeoutMs);
    if (this.#idleTicks < IDLE_TICKS) return sleep(Math.min(TICK_MS, timeoutMs));
    return this.#waitForKernel(timeoutMs);
  }

  async #waitForKernel(timeoutMs: number): Promise<void> {
    if (!this.#epoll) {
      startThreads();
      this.#epoll = new Epoll();
      for (const fd of this.#fds) this.#epoll.add(fd);
    }
    await this.#epoll.wait(timeoutMs);
  }

  [Symbol.dispose](): void {
    this.#epoll?.[Symbol.dispose]();
    this.#epoll = undefined;
    this.#ring?.[Symbol.dispose]();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
