import { checked } from './error.ts';
import { syscall, syscallLater, viewMemory } from './ffi.ts';

export const PROT_READ = 1;
export const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;

/** Unmaps a region once nothing can reach its view any more. */
const unreachableViews = new FinalizationRegistry<() => void>((unmap) => unmap());

/**
 * Memory shared with the kernel.
 *
 * Reading a view after munmap is a crash and a view cannot be taken back, so disposing replaces the region by anonymous zero pages (that
 * releases what was mapped); the addresses are given back when the view is garbage.
 */
export class Mapping implements Disposable {
  readonly address: number;
  readonly length: number;
  /** Live view. Writing to it when it was mapped without `writable` is a crash. */
  readonly buffer: ArrayBuffer;
  #isMapped = true;

  /**
   * @param offset in the file, a multiple of the page size.
   * @throws KernelError
   */
  constructor(
    fd: number,
    length: number,
    options: { readonly writable?: boolean; readonly offset?: number; readonly private?: boolean } = {},
  ) {
    const protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const flags = options.private ? MAP_PRIVATE : MAP_SHARED;
    this.address = checked('mmap', syscall('mmap', [0, length, protection, flags, fd, options.offset ?? 0]));
    this.length = length;
    this.buffer = viewMemory(this.address, length);
    unreachableViews.register(this.buffer, syscallLater('munmap', [this.address, length, 0, 0, 0, 0]));
  }

  /** Shows another part of a file from now on, read only and shared; the views stay. @throws KernelError */
  show(fd: number, offset: number): void {
    checked(
      'mmap',
      syscall('mmap', [this.address, this.length, PROT_READ, MAP_SHARED | MAP_FIXED, fd, offset]),
    );
  }

  [Symbol.dispose](): void {
    if (!this.#isMapped) return;
    this.#isMapped = false;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    checked('mmap', syscall('mmap', [this.address, this.length, PROT_READ | PROT_WRITE, flags, -1, 0]));
  }
}
