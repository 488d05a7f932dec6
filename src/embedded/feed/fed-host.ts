import type { ClockFields, Host, SymbolFrame } from '../../program/index.ts';

/** A script wants done, or asks, what only the machine that the events come from could do or answer. */
export class OutsideError extends Error {
  override readonly name = 'OutsideError';
}

/** What things are called there. */
export interface FedNames {
  kernelSymbol(address: bigint): readonly SymbolFrame[];
  /** `isCaller`: see Lookups. */
  userSymbol(pid: number, address: bigint, isCaller: boolean): readonly SymbolFrame[];
  userName(uid: bigint): string | undefined;
  cgroupPath(id: bigint, filter: string): string | undefined;
}

export interface FedHostOptions {
  readonly names: FedNames;
  /** What the events are told from, for messages: `the recording`. */
  readonly source: string;
  readonly bootToWallNs: bigint;
  /** The boot clock of what happens. */
  readonly nowNs: () => bigint;
  readonly localTime: (unixNs: bigint) => ClockFields;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** The Host of a run on events from elsewhere: it knows what came with them, and does nothing. */
export function fedHost(options: FedHostOptions): Host {
  const { names, source, bootToWallNs } = options;
  const refuse = (what: string): never => {
    throw new OutsideError(
      `the script ${what}, and ${source} is all there is: nothing is done or read outside of it`,
    );
  };
  return {
    kernelSymbol: (address) => names.kernelSymbol(address),
    userSymbol: (pid, address, _probe, isCaller = false) => names.userSymbol(pid, address, isCaller),
    userName: (uid) => names.userName(uid),
    cgroupPath: (id, filter) =>
      names.cgroupPath(id, filter) ?? refuse(`asks for the path of control group ${id}`),
    localTime: (unixNs) => options.localTime(unixNs),
    now: () => options.nowNs() + bootToWallNs,
    bootToWallNs: () => bootToWallNs,
    stdout: (text) => options.stdout(text),
    stderr: (text) => options.stderr(text),
    system: (command) => refuse(`runs a command with system(): ${command}`),
    cat: (path) => refuse(`reads a file with cat(): ${path}`),
    packet: (path) => refuse(`writes packets to ${path}`),
  };
}
