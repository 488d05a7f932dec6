/**
 * The maps that user stacks are unwound with (dw_ustack), shared by the code that searches them and the runtime that fills them.
 *
 *     process (hash by pid) ──▶ ranges (array: its mappings, ascending) ──▶ rows (array: stretches of code of a file) ──▶ rules (array)
 *
 * Ranges of one process, and rows of one file, lie one behind the other. Files are shared by all processes that map them.
 */
import { array, i32, struct, u8, u32, u64 } from '../base/index.ts';
import type { SavedAt, UnwindRule } from '../dwarf/index.ts';

/** Indexes into Program.bpfMaps. Sizes of ranges, rows and rules are open: the runtime makes them as large as its tables. */
export interface UnwindMaps {
  readonly processes: number;
  readonly ranges: number;
  readonly rows: number;
  readonly rules: number;
}

/** Processes that can be unwound in one run. */
export const MAX_UNWIND_PROCESSES = 1024;
/** A search halves what is left in each step, so this many steps find one of 2^steps. */
export const RANGE_SEARCH_STEPS = 12;
export const ROW_SEARCH_STEPS = 24;

export const unwindProcess = struct('unwind_process', {
  firstRange: u32,
  ranges: u32,
  /** How often code was met that no range has: mappings may have changed. */
  misses: u64,
});

export const unwindRange = struct('unwind_range', {
  start: u64,
  size: u64,
  /** What to subtract from an address to get its distance in the rows. */
  bias: u64,
  firstRow: u32,
  rows: u32,
});

export const unwindRow = struct('unwind_row', { start: u32, rule: u32 });

/** 0: no row speaks of the code, which is then taken to keep frame pointers. */
export const unwindKinds = { none: 0, end: 1, unknown: 2, sum: 3, loaded: 4, linkage: 5 } as const;
/** In the place of a register that is unchanged. */
export const UNCHANGED = 0xff;
export const SIGNAL_FRAME = 1;
/** The frame is found by a register that only the innermost frame still has. */
export const INNERMOST_ONLY = 2;

export const unwindRule = struct('unwind_rule', {
  kind: u8,
  frameBase: u8,
  returnBase: u8,
  bpBase: u8,
  bxBase: u8,
  flags: u8,
  frameOffset: i32,
  /** loaded: what is added to what was read. linkage: from which low four bits on a word has been pushed. */
  frameExtra: i32,
  returnOffset: i32,
  bpOffset: i32,
  bxOffset: i32,
});

/** Registers of a frame, by DWARF's numbers for x86-64; the one behind them is the frame's address. */
const STATE_REGISTERS = 32;

/** Where the walk of one prog is, on one CPU. */
export const unwindState = struct('unwind_state', {
  pc: u64,
  /** 1: pc is where a call returns to, so the call is in front of it. */
  isCaller: u64,
  firstRange: u64,
  ranges: u64,
  misses: u64,
  /** Where words of the process's stack are read to. */
  word: u64,
  registers: array(u64, STATE_REGISTERS),
});

/** A rule as the maps have it. */
export function encodeUnwindRule(rule: UnwindRule): Uint8Array<ArrayBuffer> {
  if (rule.kind !== 'step') return unwindRule.encode({ kind: unwindKinds[rule.kind] });
  const { frame, returnAddress, bp, bx } = rule;
  const bases = [frame.base, returnAddress.base, bp?.base, bx?.base];
  const isInnermost = bases.some((base) => base !== undefined && !followed.has(base));
  return unwindRule.encode({
    kind: unwindKinds[frame.kind],
    frameBase: frame.base,
    frameOffset: frame.offset,
    frameExtra: frame.kind === 'loaded' ? frame.add : frame.kind === 'linkage' ? frame.from : 0,
    returnBase: returnAddress.base,
    returnOffset: returnAddress.offset,
    bpBase: baseOf(bp),
    bpOffset: bp?.offset ?? 0,
    bxBase: baseOf(bx),
    bxOffset: bx?.offset ?? 0,
    flags: (rule.isSignalFrame ? SIGNAL_FRAME : 0) | (isInnermost ? INNERMOST_ONLY : 0),
  });
}

function baseOf(place: SavedAt | undefined): number {
  return place?.base ?? UNCHANGED;
}

/** bx, bp, sp and the frame's address are known in every frame. */
const followed: ReadonlySet<number> = new Set([3, 6, 7, 16]);
