/**
 * The one place where JavaScript meets C: the system call function of the C library, addresses, and views of memory.
 *
 * koffi is the library. Its JavaScript wrapper costs 8 ms to load and adds nothing used here, so its native part is loaded directly, and
 * through the wrapper only where that fails. Nothing is loaded before the first call.
 */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { lazily } from '../../base/index.ts';
import { type Syscall, syscallNumbers } from './syscall-numbers.ts';

/** An argument of a system call: a number, an address as bigint, or bytes whose address is passed. */
export type SyscallArg = number | bigint | Uint8Array | null;

/** syscall(2), which answers -1 where there is an errno. */
interface RawSyscall {
  (number: number, ...args: (number | bigint)[]): number | bigint;
  /** On another thread; the last argument is told what it was. */
  async(
    number: number,
    ...args: [...(number | bigint)[], (error: unknown, result: number | bigint) => void]
  ): void;
}

/** Memory as C sees it. */
interface Native {
  address(value: Uint8Array): bigint;
  view(address: number | bigint, length: number): ArrayBuffer;
  errno(): number;
}

/** What is used of koffi; its own types cover the wrapper only. */
interface Koffi extends Native {
  load(path: string | null): { func(name: string, result: string, args: readonly string[]): RawSyscall };
}

/** All that is called outside JavaScript. */
export interface Ffi {
  readonly native: Native;
  readonly syscall: RawSyscall;
  readonly numbers: Readonly<Record<Syscall, number>>;
}

const realFfi = lazily((): Ffi => {
  const numbers = syscallNumbers(process.arch);
  const native = loadKoffi();
  // long syscall(long number, ...): all arguments are passed in integer registers, so a fixed list of longs calls it rightly.
  const syscall = native.load(null).func('syscall', 'int64_t', Array<string>(7).fill('int64_t'));
  return { native, syscall, numbers };
});

let ffi = realFfi;

/** Has something else answer all calls, until it is disposed of. */
export function callInstead(other: Ffi): Disposable {
  ffi = () => other;
  return {
    [Symbol.dispose]() {
      ffi = realFfi;
    },
  };
}

/** The package with the native part for this kind of machine. */
const koffiParts = `@koromix/koffi-linux-${process.arch}`;

function loadKoffi(): Koffi {
  // A build is in a folder of a package that mostly has what it needs inside itself. To look for a module takes longer than to load it.
  const near = nativePart(join(import.meta.dirname, '../node_modules', koffiParts));
  if (near !== undefined) return near;
  const require = createRequire(import.meta.filename);
  try {
    const found = nativePart(dirname(require.resolve(`${koffiParts}/package.json`)));
    if (found !== undefined) return found;
  } catch {
    // The package is laid out otherwise: let koffi find its own parts.
  }
  // The wrapper exports the same four functions, more loosely typed.
  return require('koffi') as Koffi;
}

function nativePart(home: string): Koffi | undefined {
  for (const libc of ['linux', 'musl']) {
    try {
      const target: { exports: Partial<Koffi> } = { exports: {} };
      process.dlopen(target, join(home, `${libc}_${process.arch}`, 'koffi.node'));
      const { load, address, view, errno } = target.exports;
      if (load && address && view && errno) return { load, address, view, errno };
    } catch {
      // It is not here, or built for the other C library.
    }
  }
  return undefined;
}

/** Keeps what a pending system call points to alive: an address inside an attr is no reference to the collector. */
const pins = new Set<unknown>();

/**
 * Makes a system call.
 *
 * @param pinned objects whose addresses stand in the bytes that are passed; they stay alive until the call returns.
 * @returns the result, or the negated errno. Addresses (mmap) come back as numbers below 2^53.
 */
export function syscall(name: Syscall, args: readonly SyscallArg[], pinned?: unknown): number {
  const { native, syscall: call, numbers } = ffi();
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  pins.add(args);
  if (pinned !== undefined) pins.add(pinned);
  const result = Number(call(numbers[name], raw(a), raw(b), raw(c), raw(d), raw(e), raw(f)));
  const errno = result === -1 ? native.errno() : 0;
  pins.delete(args);
  if (pinned !== undefined) pins.delete(pinned);
  return errno === 0 ? result : -errno;
}

/** A call that is made later, of what answers calls now; whether it succeeds does not matter. */
export function syscallLater(name: Syscall, args: readonly number[]): () => void {
  const { syscall: call, numbers } = ffi();
  return () => void call(numbers[name], ...args);
}

/** As `syscall`, for what is called very often: numbers alone, so that nothing has to be kept alive. */
export function syscallOfNumbers(
  name: Syscall,
  a: number,
  b: number,
  c: number,
  d: number | bigint,
  e = 0,
): number {
  const { native, syscall: call, numbers } = ffi();
  const result = Number(call(numbers[name], a, b, c, d, e, 0));
  const errno = result === -1 ? native.errno() : 0;
  return errno === 0 ? result : -errno;
}

/**
 * Makes a system call on a thread of libuv's pool. Its errno is not to be had: a failure resolves to -1.
 */
export function syscallAsync(name: Syscall, args: readonly SyscallArg[], pinned?: unknown): Promise<number> {
  const { syscall: call, numbers } = ffi();
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  return new Promise((resolve, reject) => {
    const keep = { args, pinned };
    pins.add(keep);
    call.async(numbers[name], raw(a), raw(b), raw(c), raw(d), raw(e), raw(f), (error, result) => {
      pins.delete(keep);
      if (error) reject(error);
      else resolve(Number(result));
    });
  });
}

function raw(arg: SyscallArg): number | bigint {
  if (arg === null) return 0;
  return typeof arg === 'object' ? addressOf(arg) : arg;
}

/**
 * The address of the first byte. It stays valid while the bytes are reachable and their ArrayBuffer is their own
 * (`new Uint8Array(new ArrayBuffer(n))`): V8 may move small arrays made in any other way.
 */
export function addressOf(bytes: Uint8Array): bigint {
  // Touching `.buffer` moves the bytes of a small array off V8's heap, for good.
  void bytes.buffer;
  return ffi().native.address(bytes);
}

/** The memory at `address` as an ArrayBuffer, live. Reading it after it was unmapped is a crash, not an exception. */
export function viewMemory(address: number, length: number): ArrayBuffer {
  return ffi().native.view(address, length);
}
