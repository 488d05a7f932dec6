import { createRequire } from 'node:module';

/** A thread starts in less; then each second unpacks this much, on a slow machine. */
const START_MS = 5000;
const BYTES_PER_MS = 10_000;

/** What happened, as the thread writes it into the shared word. */
const DONE = 1;

/** Unpacks into memory that both sides see: a message would be heard only when the event loop turns. */
const THREAD = `
const { library, input, output, state } = require('node:worker_threads').workerData;
const word = new Int32Array(state);
let result = 2;
try {
  const unpacked = require(library).decompress(input, new Uint8Array(output.byteLength));
  if (unpacked.length === output.byteLength) {
    new Uint8Array(output).set(unpacked);
    result = ${DONE};
  }
} catch {
  // Damaged: the word says so.
}
Atomics.store(word, 0, result);
Atomics.notify(word, 0);
`;

/**
 * Unpacks bytes in Zstandard's format that become `size` bytes; undefined when they do not, or take far longer than such bytes do.
 *
 * Node.js 20 has no decoder of its own, and that of the library believes what the bytes say: a few of them can keep it busy for minutes.
 * So it works in a thread that is left alone when its time is over.
 */
export function unpackZstd(bytes: Uint8Array, size: number, limitMs?: number): Uint8Array | undefined {
  const output = new SharedArrayBuffer(size);
  const state = new SharedArrayBuffer(4);
  // Loaded when a binary needs them, which few do.
  const require = createRequire(import.meta.filename);
  const library = require.resolve('fzstd');
  const { Worker } = require('node:worker_threads') as typeof import('node:worker_threads');
  const worker = new Worker(THREAD, {
    eval: true,
    workerData: { library, input: bytes.slice(), output, state },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  worker.unref();
  // A thread that ran out of memory has nothing to say.
  worker.on('error', () => undefined);
  const word = new Int32Array(state);
  Atomics.wait(word, 0, 0, limitMs ?? START_MS + (bytes.length + size) / BYTES_PER_MS);
  void worker.terminate();
  return Atomics.load(word, 0) === DONE ? new Uint8Array(output) : undefined;
}
