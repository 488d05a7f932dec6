import type { Task } from '../../vm/index.ts';

/** What a prog asked during an event, in the words of Environment, and what it was told. */
export interface Told {
  readonly call: string;
  readonly asked: readonly unknown[];
  readonly given: unknown;
}

/** Something that happened once, as it was recorded or written down: what progs are run for. */
export interface Happening {
  /** Canonical name of the probe. */
  readonly probe: string;
  readonly cpu: number;
  /** Boot clock. */
  readonly timeNs: bigint;
  /** The context's bytes in the layout of the prog's type. */
  readonly ctx: Uint8Array;
  readonly task: Task;
  /** In the order of asking. */
  readonly told: readonly Told[];
}

/** A text read by a helper that stops at a NUL: what stands behind is not known. */
export const READ_TEXT = 'readText';
