import type { StackMode } from '../types/index.ts';

/** A name for an address. Inlined frames come first, the function that contains them last. */
export interface SymbolFrame {
  readonly name: string;
  /** Bytes from the start of the function. */
  readonly offset: bigint;
  readonly module?: string;
  readonly inlined?: boolean;
  readonly file?: string;
  readonly line?: number;
}

/** Broken-down local time; `utc` gives the same for UTC. */
export interface ClockFields {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 0..365 */
  readonly yearday: number;
  readonly zone: string;
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
}

/** Questions the report asks while it turns bytes into text; all answered at once. */
export interface Lookups {
  /** Frames at a kernel address; [] when unknown. */
  kernelSymbol(address: bigint): readonly SymbolFrame[];
  /**
   * Frames at an address of a process; [] when unknown. `probe` names Program.probes the value was captured in (-1: none). A caller's
   * address is the one behind its call: the line and the inlined functions are those of the call.
   */
  userSymbol(pid: number, address: bigint, probe: number, isCaller?: boolean): readonly SymbolFrame[];
  userName(uid: bigint): string | undefined;
  /** The path text for a cgroup id (`unified:/a/b`), filtered by a glob. */
  cgroupPath(id: bigint, filter: string): string;
  /** Nanoseconds since 1970 in local time or UTC, broken down. */
  localTime(unixNs: bigint): ClockFields;
  /** Nanoseconds since 1970, now. */
  now(): bigint;
  /** Wall clock minus boot clock, ns. */
  bootToWallNs(): bigint;
  readonly stackMode?: StackMode;
}

/** What a run has done outside. Streams take binary strings (one character per byte). */
export interface Host extends Lookups {
  stdout(text: string): void;
  stderr(text: string): void;
  /** `sh -c text`: its standard output (a binary string). */
  system(command: string): { readonly stdout: string; readonly status: number };
  /** At most `limit` bytes of a file (a binary string), or why not ("No such file or directory"). */
  cat(path: string, limit: number): { readonly text: string } | { readonly refused: string };
  /** Appends a packet to a pcap file. */
  packet(path: string, unixNs: bigint, data: Uint8Array, originalLength: number): void;
}
