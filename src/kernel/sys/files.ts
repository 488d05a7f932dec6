import { syscall, syscallAsync } from './ffi.ts';

/** read(2): the number of bytes, or the negated errno. */
export function read(fd: number, into: Uint8Array): number {
  return syscall('read', [fd, into, into.length]);
}

/** close(2): 0, or the negated errno. */
export function close(fd: number): number {
  return syscall('close', [fd]);
}

/** close(2) on another thread: closing a probe waits for the kernel to be done with it, and such waits can overlap. */
export function closeAsync(fd: number): Promise<number> {
  return syscallAsync('close', [fd]);
}

/** mount(2) of a pseudo file system: 0, or the negated errno. `type` is also its source. */
export function mountPseudo(type: string, target: string): number {
  const encode = (text: string) => new Uint8Array(Buffer.from(`${text}\0`));
  return syscall('mount', [encode(type), encode(target), encode(type), 0, 0]);
}
