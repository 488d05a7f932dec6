import type { Arch, Feature, TracepointFormat, UsdtProbe, UserSymbol } from '../../program/index.ts';
import type { Clock, Task } from '../../vm/index.ts';

/** A binary that probes stand in, as far as they need it. */
export interface BinaryFacts {
  /** As scripts name it, and the path it was opened by. */
  readonly shown: string;
  readonly path: string;
  readonly symbols: readonly UserSymbol[];
  readonly usdt: readonly UsdtProbe[];
}

/** The machine that events come from, as plain data: what scripts are compiled for when nothing but the events is there. */
export interface MachineFacts {
  readonly arch: Arch;
  readonly possibleCpus: number;
  readonly onlineCpus: readonly number[];
  /** What its kernel could do and not do, where events and what progs are told hang on it; the machine says the rest. */
  readonly features: Readonly<Partial<Record<Feature, boolean>>>;
  /** By `category:event`. */
  readonly tracepoints: Readonly<Record<string, TracepointFormat>>;
  /** Functions of the kernel that have probes. */
  readonly functions: readonly string[];
  readonly binaries: readonly BinaryFacts[];
  /** The boot clock when it begins, and wall clock minus boot clock. */
  readonly startNs: bigint;
  readonly bootToWallNs: bigint;
  /** What a clock shows minus what the boot clock shows; a clock that is left out is known only where it was asked. */
  readonly clockOffsets: Readonly<Partial<Record<Clock, bigint>>>;
  /** The command that was started to be traced; 0 for none. */
  readonly childPid: number;
  /** The task that begin, end and timers run in. */
  readonly tracer: Task;
}
