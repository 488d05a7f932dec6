/**
 * Ends the process when work on one input does not end, and says on which input. A time limit of node:test cannot: it waits in the same thread.
 *
 *     using guard = new HangGuard(60);
 *     guard.watch(script, () => parse(script));
 */
import { Worker } from 'node:worker_threads';

/** More than any input has; of a longer one the beginning is shown. */
const MAX_INPUT = 1 << 20;

/** Counts up with every start and end of work; odd: something is worked on. */
const COUNT = 0;
const LENGTH = 1;

const watcher = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { state, input, seconds } = workerData;
for (;;) {
  const count = Atomics.load(state, ${COUNT});
  const outcome = Atomics.wait(state, ${COUNT}, count, seconds * 1000);
  if (outcome === 'timed-out' && count % 2 === 1) {
    const text = Buffer.from(input.slice(0, Atomics.load(state, ${LENGTH}))).toString();
    writeSync(2, 'no end after ' + seconds + ' s of work on this input:\\n' + text + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}`;

export class HangGuard implements Disposable {
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #input = new Uint8Array(new SharedArrayBuffer(MAX_INPUT));
  readonly #worker: Worker;

  constructor(seconds: number) {
    const workerData = { state: this.#state, input: this.#input, seconds };
    // Loaders given on the command line would ask the thread that is watched.
    this.#worker = new Worker(watcher, { eval: true, execArgv: [], workerData });
    this.#worker.unref();
  }

  watch<T>(input: string, work: () => T): T {
    const { written } = new TextEncoder().encodeInto(input, this.#input);
    Atomics.store(this.#state, LENGTH, written);
    this.#count();
    try {
      return work();
    } finally {
      this.#count();
    }
  }

  [Symbol.dispose](): void {
    void this.#worker.terminate();
  }

  #count(): void {
    Atomics.add(this.#state, COUNT, 1);
    Atomics.notify(this.#state, COUNT);
  }
}
