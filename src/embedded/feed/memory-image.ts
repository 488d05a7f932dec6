import type { AddressSpace } from '../../vm/index.ts';
import { READ_TEXT, type Told } from './happening.ts';

/** What is known of a stretch of memory. */
interface Stretch {
  readonly space: AddressSpace;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Nothing can be read behind `bytes` by whoever asks for so many bytes from `address` on; 0: that is not known. */
  readonly unreadableFrom: number;
}

/** How far a read came: it has all, the next byte cannot be read, or nothing is known of it. */
export interface ImageRead {
  readonly length: number;
  readonly stop: 'full' | 'unreadable' | 'unknown';
}

/** The memory that was read during an event, put together from the reads. */
export class MemoryImage {
  readonly #stretches: Stretch[] = [];

  /** @param told the reads among them count. */
  constructor(told: readonly Told[] = []) {
    for (const { call, asked, given } of told) {
      if (call !== 'read' && call !== READ_TEXT) continue;
      // The form of answers is that of the calls they were noted for.
      const [space, address, size] = asked as [AddressSpace, bigint, number];
      const whole = given instanceof Uint8Array ? given : new Uint8Array(0);
      // The NUL of a text that fills its room may be there to end it only.
      const bytes = call === READ_TEXT && whole.length === size ? whole.subarray(0, -1) : whole;
      const isShort = call === 'read' ? bytes.length < size : whole.length === 0;
      this.#stretches.push({ space, address, bytes, unreadableFrom: isShort ? size : 0 });
    }
  }

  add(space: AddressSpace, address: bigint, bytes: Uint8Array): void {
    this.#stretches.push({ space, address, bytes, unreadableFrom: 0 });
  }

  /** Copies from `address` on what is known. */
  read(space: AddressSpace, address: bigint, into: Uint8Array): ImageRead {
    let length = 0;
    while (length < into.length) {
      const at = address + BigInt(length);
      const piece = this.#knownAt(space, at);
      if (piece === undefined) {
        const isUnreadable = this.#isUnreadable(space, at, into.length - length);
        return { length, stop: isUnreadable ? 'unreadable' : 'unknown' };
      }
      const part = piece.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
    }
    return { length, stop: 'full' };
  }

  /** The bytes from an address on to the end of the stretch that it lies in. The latest read counts. */
  #knownAt(space: AddressSpace, at: bigint): Uint8Array | undefined {
    const found = this.#stretches.findLast(
      (each) => each.space === space && at >= each.address && at < each.address + BigInt(each.bytes.length),
    );
    return found?.bytes.subarray(Number(at - found.address));
  }

  /** A read that failed says nothing of a shorter one from the same place. */
  #isUnreadable(space: AddressSpace, at: bigint, size: number): boolean {
    return this.#stretches.some(
      (each) =>
        each.space === space &&
        each.unreadableFrom > 0 &&
        at === each.address + BigInt(each.bytes.length) &&
        size >= (each.bytes.length === 0 ? each.unreadableFrom : 1),
    );
  }
}
