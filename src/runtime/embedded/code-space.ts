/** What breakpoints leave in the code of a process, and what they wait for there. */
import type { Fire } from '../../embedded/index.ts';

/** A place in a file with what stands on it. */
export interface CodePlace {
  /** See `fileIdentity`. */
  readonly file: string;
  readonly fileOffset: bigint;
  readonly entry: Fire[];
  readonly return: Fire[];
}

/** Code that threads share, and what was written into it: the bytes that stood there by address. */
export class CodeSpace {
  readonly inserted = new Map<
    bigint,
    { readonly original: Uint8Array; readonly place: CodePlace | undefined }
  >();

  /** What a forked process has: the same bytes, its own memory. */
  copy(): CodeSpace {
    const copy = new CodeSpace();
    for (const [address, row] of this.inserted) copy.inserted.set(address, row);
    return copy;
  }
}

/** A return that is waited for. */
export interface AwaitedReturn {
  readonly address: bigint;
  /** The stack pointer behind the return: other calls of a recursion come back to the same address. */
  readonly stack: bigint;
  readonly place: CodePlace;
  /** The function's address there. */
  readonly entry: bigint;
}
