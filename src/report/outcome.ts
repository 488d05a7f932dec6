/** Text for the user; a binary string, line ends included. */
export interface TextOutcome {
  readonly kind: 'text';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** `sh -c command`; what it printed goes to `Report.finishSystem`. */
export interface SystemEffect {
  readonly kind: 'system';
  readonly command: string;
}

/** At most `limit` bytes of the file; they, or why there are none, go to `Report.finishCat`. */
export interface CatEffect {
  readonly kind: 'cat';
  readonly path: string;
  readonly limit: number;
}

/** A packet for the pcap file at `path`. `data` is a copy, and may be shorter than the packet was. */
export interface PacketEffect {
  readonly kind: 'packet';
  readonly path: string;
  readonly unixNs: bigint;
  readonly data: Uint8Array;
  readonly originalLength: number;
}

/** What a record has done outside. Output of later records must wait until it is. */
export type Effect = SystemEffect | CatEffect | PacketEffect;

/** What one record comes to. */
export type Outcome =
  /** Nothing to show: a map was cleared, a warning is switched off. */
  | { readonly kind: 'none' }
  | TextOutcome
  /** The script asks the run to end with this exit code (0..255). */
  | { readonly kind: 'exit'; readonly code: number }
  | Effect;

export const noOutcome: Outcome = { kind: 'none' };

export function toStdout(text: string): TextOutcome {
  return { kind: 'text', stream: 'stdout', text };
}

export function toStderr(text: string): TextOutcome {
  return { kind: 'text', stream: 'stderr', text };
}
