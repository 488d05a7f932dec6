import type { Program } from './program.ts';

/** One entry of a script's BPF map as bytes; a per-CPU map has one value per possible CPU. */
export interface MapEntry {
  readonly key: Uint8Array;
  readonly values: readonly Uint8Array[];
}

/** User-space access to the BPF maps of a loaded Program; `map` is an index into Program.bpfMaps. */
export interface MapAccess {
  /** All entries of a hash, in no particular order. */
  entries(map: number): MapEntry[];
  /** The whole value of a one-entry array. */
  readArray(map: number): Uint8Array;
  /** Writes into the values of an array that user space can map: those of several entries lie one behind the other, 8-byte aligned. */
  writeArray(map: number, offset: number, bytes: Uint8Array): void;
  update(map: number, key: Uint8Array, values: readonly Uint8Array[]): void;
  delete(map: number, key: Uint8Array): void;
}

/** The kernel (or the machine) refused a prog. */
export interface Rejection {
  readonly prog: number;
  /** The verifier's log. */
  readonly log: string;
  readonly errno: number;
  /** Slot of the instruction it stopped at, when the log names one. */
  readonly insn?: number;
}

export type LoadResult =
  | { readonly ok: true; readonly loaded: Loaded }
  | { readonly ok: false; readonly rejection: Rejection };

/** What became of one probe. `functions`: how many places it stands on, for "Attached N probes". */
export type AttachOutcome =
  | { readonly ok: true; readonly functions: number }
  | { readonly ok: false; readonly message: string; readonly errno?: number };

/**
 * Events that a prog was not run for, because they came while their processor was inside a prog or changed a map: the probes it stands at,
 * and how many. What the script would have said of an event was not asked: its conditions may have left out some of them.
 */
export interface Missed {
  readonly probes: readonly number[];
  readonly events: bigint;
}

/** A loaded Program. Disposing it detaches everything and closes every descriptor. */
export interface Loaded extends Disposable {
  readonly maps: MapAccess;
  /** Attaches Program.probes[probe] (not begin, end, self: those are run). */
  attach(probe: number): AttachOutcome;
  /** Detaches all probes; maps and records stay readable. */
  detach(): void | Promise<void>;
  /**
   * Runs a begin, end, self, test or bench prog through BPF_PROG_TEST_RUN: once, or a test or bench prog `repeat` times. The return value
   * is that of the last time, the duration the average.
   */
  run(prog: number, repeat?: number): { readonly retval: number; readonly durationNs: bigint };
  /**
   * Hands over the records that are there now, oldest first. A view is valid during the call only. `onRecord` returning false stops
   * the drain after that record (it counts as consumed). Returns how many were handed over.
   */
  drain(onRecord: (record: Uint8Array) => boolean | undefined): number;
  /** Records lost so far (ring buffer full), since load. */
  lost(): bigint;
  /** What was missed since load, a row for each prog that missed something. Absent: nobody counts. */
  missed?(): readonly Missed[];
  /** Resolves when records may be there, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
  /** Text produced by an iter probe (seq file), in pieces, until its end; undefined when there is no iter probe. */
  readIterator?(probe: number): Iterable<Uint8Array>;
}

/** Somewhere a Program can run. */
export interface Backend {
  readonly name: 'kernel' | 'embedded';
  load(program: Program, options: LoadOptions): LoadResult;
}

export interface LoadOptions {
  /** Bytes for parts of the constants map (named parameters, run-time constants), by offset. */
  readonly constants: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** Attach only to this process where the mechanism can. */
  readonly pid?: number;
  /** Sizes of maps that the Program leaves open, by their index. */
  readonly mapEntries?: ReadonlyMap<number, number>;
  /** Called when the maps are there and nothing is attached yet, to fill those whose contents come from outside. */
  readonly onMaps?: (maps: MapAccess) => void;
  /** Says what the loader does, a line for each map and prog. */
  readonly loaderLog?: (line: string) => void;
  /** Get the verifier's log even on success. */
  readonly verifierLog?: (prog: number, log: string) => void;
}
