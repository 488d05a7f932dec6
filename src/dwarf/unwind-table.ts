/**
 * Call frame entries of an x86-64 binary as a table to search: ascending addresses, and for each stretch of code one of a few hundred rules.
 *
 *     start   rule
 *     0x1000  none                          no entry speaks of this code
 *     0x1120  CFA = sp + 8,  RA at CFA - 8
 *     0x1121  CFA = sp + 16, RA at CFA - 8, bp at CFA - 16
 *
 * What is kept is what finding the next frame takes: the stack pointer, and the registers that addresses of frames are made from (bp, bx).
 * Expressions are not evaluated by whoever uses the table; the forms that compilers and linkers write are recognised here.
 */
import {
  type FrameAddressRule,
  type FrameState,
  type RegisterRule,
  readCallFrameRows,
} from './call-frame-rows.ts';
import { callFrameEntries, type FrameSection } from './call-frames.ts';
import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';
import { Work } from './work.ts';

/** Registers of x86-64 in DWARF's numbers. Source: System V psABI for AMD64, figure 3.36. */
const unwindRegisters = { bx: 3, bp: 6, sp: 7, returnAddress: 16 } as const;
/** In the place of a register: the canonical frame address itself. */
const FRAME_ADDRESS = 16;

/** In memory, `offset` bytes behind the value of a register (or of FRAME_ADDRESS). */
export interface SavedAt {
  readonly base: number;
  readonly offset: number;
}

/**
 * How to get from a frame to its caller's.
 *
 * - none: no entry speaks of the code. end: there is no caller. unknown: an expression of a form that is not understood.
 * - step: `frame` gives the canonical frame address, which is the caller's stack pointer.
 */
export type UnwindRule =
  | { readonly kind: 'none' | 'end' | 'unknown' }
  | {
      readonly kind: 'step';
      readonly frame: FramePlace;
      readonly returnAddress: SavedAt;
      /** undefined: unchanged. */
      readonly bp: SavedAt | undefined;
      readonly bx: SavedAt | undefined;
      /** The caller was interrupted at its address, and did not call. */
      readonly isSignalFrame: boolean;
    };

/**
 * - sum: register + offset.
 * - loaded: what is in memory at register + offset, plus `add`.
 * - linkage: register + offset, and 8 more where the low four bits of the address of the code are at least `from`: entries of a procedure
 *   linkage table push one word on their way.
 */
export type FramePlace =
  | { readonly kind: 'sum'; readonly base: number; readonly offset: number }
  | { readonly kind: 'loaded'; readonly base: number; readonly offset: number; readonly add: number }
  | { readonly kind: 'linkage'; readonly base: number; readonly offset: number; readonly from: number };

/** Stretches of code and their rules; a stretch ends where the next one begins. */
export interface UnwindTable {
  /** Ascending, distances from `base`. The first is 0. */
  readonly starts: Uint32Array;
  /** Index into `rules`, for each start. */
  readonly ruleOf: Uint32Array;
  readonly rules: readonly UnwindRule[];
  /** The address in the file that starts count from. */
  readonly base: number;
}

/** Functions and rows that a binary may have: ten times what the largest ones do. */
const MAX_ENTRIES = 8_000_000;
const MAX_ROWS = 32_000_000;
/** Entries and instructions take two bytes and more; those of the first part of an entry, which many share, are run for each. */
const FIRST_STEPS = 1_000_000;
const STEPS_PER_BYTE = 4;
/** Frames and offsets in them are far smaller. */
const MAX_OFFSET = 2 ** 31;

/** The table of a section; one of no entries is a single stretch without a rule. @throws DwarfError when there is more than any binary has. */
export function unwindTable(section: FrameSection): UnwindTable {
  const work = new Work(FIRST_STEPS + STEPS_PER_BYTE * section.bytes.length);
  const entries = [];
  for (const entry of callFrameEntries(section, work)) {
    if (entries.length >= MAX_ENTRIES) throw new DwarfError(`.eh_frame has more than ${MAX_ENTRIES} entries`);
    entries.push(entry);
  }
  entries.sort((a, b) => a.start - b.start);
  const rows = new RowList();
  const rules = new RuleSet();
  const base = entries[0]?.start ?? 0;
  rows.add(0, rules.none);
  let end = base;
  for (const [index, entry] of entries.entries()) {
    if (entry.start > end) rows.add(end - base, rules.none);
    const limit = Math.min(entry.end, entries[index + 1]?.start ?? entry.end);
    try {
      readCallFrameRows(entry, unwindRegisters, work, (address, state) => {
        if (address < limit) rows.add(address - base, rules.numberOf(state, entry.rules.isSignalFrame));
      });
    } catch (error) {
      if (!(error instanceof DwarfError) || work.isSpent) throw error;
      rows.add(entry.start - base, rules.unknown);
    }
    end = Math.max(end, limit);
  }
  rows.add(end - base, rules.none);
  return { ...rows.finish(), rules: rules.rules, base };
}

/** The rows of a table as they grow; equal neighbours are one. */
class RowList {
  #starts = new Uint32Array(1024);
  #ruleOf = new Uint32Array(1024);
  #length = 0;

  add(start: number, rule: number): void {
    if (start >= 2 ** 32) throw new DwarfError('.eh_frame speaks of more than 4 GB of code');
    // A row at the same place replaces the one before, but may then be equal to its neighbour.
    while (this.#length > 0 && (this.#starts[this.#length - 1] ?? 0) >= start) this.#length--;
    if (this.#length > 0 && this.#ruleOf[this.#length - 1] === rule) return;
    if (this.#length >= MAX_ROWS) throw new DwarfError(`.eh_frame has more than ${MAX_ROWS} rows`);
    if (this.#length === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#ruleOf = doubled(this.#ruleOf);
    }
    this.#starts[this.#length] = start;
    this.#ruleOf[this.#length] = rule;
    this.#length++;
  }

  finish(): Pick<UnwindTable, 'starts' | 'ruleOf'> {
    return { starts: this.#starts.slice(0, this.#length), ruleOf: this.#ruleOf.slice(0, this.#length) };
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Rules by their content: functions are many, ways to lay out a frame are few. */
class RuleSet {
  readonly rules: UnwindRule[] = [];
  readonly #numbers = new Map<string, number>();
  readonly none = this.#add({ kind: 'none' });
  readonly unknown = this.#add({ kind: 'unknown' });

  numberOf(state: FrameState, isSignalFrame: boolean): number {
    return this.#add(ruleOf(state, isSignalFrame));
  }

  #add(rule: UnwindRule): number {
    const key = keyOf(rule);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.rules.push(rule) - 1;
    this.#numbers.set(key, number);
    return number;
  }
}

function keyOf(rule: UnwindRule): string {
  if (rule.kind !== 'step') return rule.kind;
  const { frame, returnAddress, bp, bx, isSignalFrame } = rule;
  const extra = frame.kind === 'loaded' ? frame.add : frame.kind === 'linkage' ? frame.from : 0;
  const at = (place: SavedAt | undefined): string => (place ? `${place.base}+${place.offset}` : '');
  return `${frame.kind},${frame.base}+${frame.offset},${extra},${at(returnAddress)},${at(bp)},${at(bx)},${isSignalFrame}`;
}

function ruleOf(state: FrameState, isSignalFrame: boolean): UnwindRule {
  if (state.returnAddress.kind === 'undefined') return { kind: 'end' };
  const frame = state.frame && framePlace(state.frame);
  const returnAddress = savedAt(state.returnAddress);
  const bp = keptAt(state.bp);
  const bx = keptAt(state.bx);
  if (!frame || !returnAddress || bp === null || bx === null) return { kind: 'unknown' };
  return { kind: 'step', frame, returnAddress, bp, bx, isSignalFrame };
}

function framePlace(frame: FrameAddressRule): FramePlace | undefined {
  if (frame.kind === 'expression') return placeOfExpression(frame.expression);
  const { register: base, offset } = frame;
  return isRegister(base) && fits(offset) ? { kind: 'sum', base, offset } : undefined;
}

/** Where a register is saved; undefined where it is not, or in a way that is not understood. */
function savedAt(rule: RegisterRule): SavedAt | undefined {
  if (rule.kind === 'offset')
    return fits(rule.offset) ? { base: FRAME_ADDRESS, offset: rule.offset } : undefined;
  if (rule.kind !== 'expression') return undefined;
  const place = sumOf(rule.expression);
  return place && { base: place.base, offset: place.offset };
}

/** The same, with undefined for a register that was not changed (or will not be missed), null for what is not understood. */
function keptAt(rule: RegisterRule): SavedAt | undefined | null {
  if (rule.kind === 'same' || rule.kind === 'undefined') return undefined;
  return savedAt(rule) ?? null;
}

function isRegister(number: number): boolean {
  return number >= 0 && number < FRAME_ADDRESS;
}

function fits(offset: number): boolean {
  return Math.abs(offset) < MAX_OFFSET;
}

/** `breg` alone: a register and an offset. */
function sumOf(expression: Uint8Array): SavedAt | undefined {
  const cursor = new DwarfCursor(expression, '.eh_frame');
  const sum = readSum(cursor);
  return sum && cursor.at === cursor.end ? sum : undefined;
}

function readSum(cursor: DwarfCursor): SavedAt | undefined {
  const base = cursor.u8() - dw.DW_OP_breg0;
  if (!isRegister(base)) return undefined;
  const offset = cursor.sleb();
  return fits(offset) ? { base, offset } : undefined;
}

/** The forms of an expression for a frame's address that there are: see FramePlace. */
function placeOfExpression(expression: Uint8Array): FramePlace | undefined {
  const cursor = new DwarfCursor(expression, '.eh_frame');
  const sum = readSum(cursor);
  if (!sum) return undefined;
  if (cursor.at === cursor.end) return { kind: 'sum', ...sum };
  const opcode = cursor.u8();
  if (opcode === dw.DW_OP_deref) {
    if (cursor.at === cursor.end) return { kind: 'loaded', ...sum, add: 0 };
    const add = cursor.u8() === dw.DW_OP_plus_uconst ? cursor.uleb() : undefined;
    return add !== undefined && fits(add) && cursor.at === cursor.end
      ? { kind: 'loaded', ...sum, add }
      : undefined;
  }
  return opcode === dw.DW_OP_breg16 ? linkagePlace(cursor, sum) : undefined;
}

/** Behind `breg7 8, breg16`: `0, lit15, and, litN, ge, lit3, shl, plus`, as linkers write it for .plt. */
function linkagePlace(cursor: DwarfCursor, sum: SavedAt): FramePlace | undefined {
  const isPlain = cursor.sleb() === 0 && cursor.u8() === dw.DW_OP_lit0 + 15 && cursor.u8() === dw.DW_OP_and;
  const from = cursor.u8() - dw.DW_OP_lit0;
  const rest = [dw.DW_OP_ge, dw.DW_OP_lit0 + 3, dw.DW_OP_shl, dw.DW_OP_plus];
  if (!isPlain || from < 0 || from > 15 || rest.some((opcode) => cursor.u8() !== opcode)) return undefined;
  return cursor.at === cursor.end ? { kind: 'linkage', ...sum, from } : undefined;
}
