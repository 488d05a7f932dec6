import { addressOf, syscall } from './ffi.ts';

/** Memory is readable page by page. */
const PAGE = 4096;
/** A read spans so many pages at most; longer ones are done in parts. */
const MAX_PAGES = 16;

/** Reads memory of other processes; its buffers are made once, because it is asked for every string of every event. */
export class ProcessMemory {
  readonly #buffer = new Uint8Array(new ArrayBuffer(PAGE * MAX_PAGES));
  readonly #bufferAt = addressOf(this.#buffer);
  /** One iovec for us, then one per page of theirs. */
  readonly #vectors = new BigUint64Array(new ArrayBuffer(16 * (1 + MAX_PAGES + 1)));
  readonly #vectorsAt = Number(addressOf(new Uint8Array(this.#vectors.buffer)));

  /** As many bytes from `address` on as can be read, at most all of `into`: their number, 0 when there is nothing. */
  read(pid: number, address: bigint, into: Uint8Array): number {
    let done = 0;
    while (done < into.length) {
      const wanted = Math.min(into.length - done, PAGE * (MAX_PAGES - 1));
      const got = this.#readPart(pid, address + BigInt(done), wanted);
      if (got <= 0) break;
      into.set(this.#buffer.subarray(0, got), done);
      done += got;
      if (got < wanted) break;
    }
    return done;
  }

  /** Writes all of the bytes; false when that could not be. */
  write(pid: number, address: bigint, bytes: Uint8Array): boolean {
    if (bytes.length > this.#buffer.length) return false;
    this.#buffer.set(bytes);
    const count = this.#describe(address, bytes.length);
    const args = [pid, this.#vectorsAt, 1, this.#vectorsAt + 16, count, 0];
    return syscall('process_vm_writev', args) === bytes.length;
  }

  #readPart(pid: number, address: bigint, length: number): number {
    const count = this.#describe(address, length);
    return syscall('process_vm_readv', [pid, this.#vectorsAt, 1, this.#vectorsAt + 16, count, 0]);
  }

  /** Fills the iovecs; theirs end at page boundaries, because a transfer stops in front of the first one that fails. */
  #describe(address: bigint, length: number): number {
    this.#vectors[0] = this.#bufferAt;
    this.#vectors[1] = BigInt(length);
    let count = 0;
    let at = address;
    let rest = length;
    while (rest > 0) {
      const part = Math.min(rest, PAGE - Number(at & BigInt(PAGE - 1)));
      count++;
      this.#vectors[count * 2] = BigInt.asUintN(64, at);
      this.#vectors[count * 2 + 1] = BigInt(part);
      at += BigInt(part);
      rest -= part;
    }
    return count;
  }
}
