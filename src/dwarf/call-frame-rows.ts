/**
 * Runs the instructions of call frame entries: what comes out is, for stretches of code, where the caller's registers are. Source: DWARF 5,
 * section 6.4.2.
 */
import type { CallFrameEntry } from './call-frames.ts';
import * as dw from './constants.ts';
import type { DwarfCursor } from './cursor.ts';
import type { Work } from './work.ts';

/** Where a register's value in the caller is. `same`: it has not been changed. The numbers of registers are those of the architecture. */
export type RegisterRule =
  | { readonly kind: 'same' | 'undefined' }
  /** In memory behind the canonical frame address, or that address itself. */
  | { readonly kind: 'offset' | 'value-offset'; readonly offset: number }
  | { readonly kind: 'register'; readonly register: number }
  /** The bytes of an expression that gives its place, or its value. */
  | { readonly kind: 'expression' | 'value-expression'; readonly expression: Uint8Array };

/** The canonical frame address: on x86-64, the stack pointer before the call. */
export type FrameAddressRule =
  | { readonly kind: 'offset'; readonly register: number; readonly offset: number }
  | { readonly kind: 'expression'; readonly expression: Uint8Array };

/** Where the registers are that the reader wants to know of. Never changed: what is unchanged is the same object. */
export interface FrameState {
  /** undefined: nothing has said it. */
  readonly frame: FrameAddressRule | undefined;
  readonly returnAddress: RegisterRule;
  readonly bp: RegisterRule;
  readonly bx: RegisterRule;
}

/** The numbers of the registers that are followed; the return address has that of its entry. */
export interface FollowedRegisters {
  readonly bp: number;
  readonly bx: number;
}

/** Deeper than any compiler nests. */
const MAX_REMEMBERED = 64;

const same: RegisterRule = { kind: 'same' };
const nothing: FrameState = { frame: undefined, returnAddress: same, bp: same, bx: same };

/**
 * Runs the instructions of an entry and gives each row of its table, ascending; the first begins where the function does.
 *
 * Tables of large binaries have a million rows and most of the instructions are about registers that nobody asks for, so a row that says nothing
 * new is left out, and rows come by a call and not by a generator.
 *
 * @throws DwarfError when the instructions make no sense.
 */
export function readCallFrameRows(
  entry: CallFrameEntry,
  followed: FollowedRegisters,
  work: Work,
  onRow: (address: number, state: FrameState) => void,
): void {
  const { rules } = entry;
  let state = nothing;
  let initial: FrameState | undefined;
  let shown: FrameState | undefined;
  let address = entry.start;
  const remembered: FrameState[] = [];
  const first = rules.instructions.fork();
  while (first.at < first.end) step(first);
  initial = state;
  const cursor = entry.instructions.fork();
  while (cursor.at < cursor.end) {
    const next = step(cursor);
    if (next === undefined || next <= address) continue;
    if (state !== shown) onRow(address, state);
    shown = state;
    address = next;
    if (address >= entry.end) return;
  }
  if (state !== shown) onRow(address, state);

  /** One instruction; the address from which on another row begins, when it says so. */
  function step(at: DwarfCursor): number | undefined {
    work.spend(1);
    const opcode = at.u8();
    const operand = opcode & 0x3f;
    switch (opcode & 0xc0) {
      case dw.DW_CFA_advance_loc:
        return address + operand * rules.codeFactor;
      case dw.DW_CFA_offset:
        setOffset(operand, at.uleb() * rules.dataFactor);
        return undefined;
      case dw.DW_CFA_restore:
        restore(operand);
        return undefined;
    }
    switch (opcode) {
      case dw.DW_CFA_nop:
        return undefined;
      case dw.DW_CFA_set_loc:
        throw at.error('sets an address instead of moving on');
      case dw.DW_CFA_advance_loc1:
        return address + at.u8() * rules.codeFactor;
      case dw.DW_CFA_advance_loc2:
        return address + at.u16() * rules.codeFactor;
      case dw.DW_CFA_advance_loc4:
        return address + at.u32() * rules.codeFactor;
      case dw.DW_CFA_offset_extended:
        setOffset(at.uleb(), at.uleb() * rules.dataFactor);
        return undefined;
      case dw.DW_CFA_offset_extended_sf:
        setOffset(at.uleb(), at.sleb() * rules.dataFactor);
        return undefined;
      case dw.DW_CFA_GNU_negative_offset_extended:
        setOffset(at.uleb(), -at.uleb() * rules.dataFactor);
        return undefined;
      case dw.DW_CFA_restore_extended:
        restore(at.uleb());
        return undefined;
      case dw.DW_CFA_undefined:
        set(at.uleb(), { kind: 'undefined' });
        return undefined;
      case dw.DW_CFA_same_value:
        set(at.uleb(), same);
        return undefined;
      case dw.DW_CFA_register:
        set(at.uleb(), { kind: 'register', register: at.uleb() });
        return undefined;
      case dw.DW_CFA_remember_state:
        if (remembered.length >= MAX_REMEMBERED)
          throw at.error(`remembers more than ${MAX_REMEMBERED} states`);
        remembered.push(state);
        return undefined;
      case dw.DW_CFA_restore_state: {
        const saved = remembered.pop();
        if (!saved) throw at.error('restores a state that was not remembered');
        state = saved;
        return undefined;
      }
      case dw.DW_CFA_def_cfa:
        setFrame({ kind: 'offset', register: at.uleb(), offset: at.uleb() });
        return undefined;
      case dw.DW_CFA_def_cfa_sf:
        setFrame({ kind: 'offset', register: at.uleb(), offset: at.sleb() * rules.dataFactor });
        return undefined;
      case dw.DW_CFA_def_cfa_register:
        setFrame({ kind: 'offset', register: at.uleb(), offset: offsetOf(state.frame, at) });
        return undefined;
      case dw.DW_CFA_def_cfa_offset:
        setFrame({ kind: 'offset', register: registerOf(state.frame, at), offset: at.uleb() });
        return undefined;
      case dw.DW_CFA_def_cfa_offset_sf:
        setFrame({
          kind: 'offset',
          register: registerOf(state.frame, at),
          offset: at.sleb() * rules.dataFactor,
        });
        return undefined;
      case dw.DW_CFA_def_cfa_expression:
        setFrame({ kind: 'expression', expression: at.view(at.uleb()) });
        return undefined;
      case dw.DW_CFA_expression:
        set(at.uleb(), { kind: 'expression', expression: at.view(at.uleb()) });
        return undefined;
      case dw.DW_CFA_val_expression:
        set(at.uleb(), { kind: 'value-expression', expression: at.view(at.uleb()) });
        return undefined;
      case dw.DW_CFA_val_offset:
        set(at.uleb(), { kind: 'value-offset', offset: at.uleb() * rules.dataFactor });
        return undefined;
      case dw.DW_CFA_val_offset_sf:
        set(at.uleb(), { kind: 'value-offset', offset: at.sleb() * rules.dataFactor });
        return undefined;
      case dw.DW_CFA_GNU_args_size:
        at.skipLeb();
        return undefined;
      default:
        throw at.error(`has the unknown call frame instruction ${opcode} at ${at.at - 1}`);
    }
  }

  function setFrame(frame: FrameAddressRule): void {
    state = { ...state, frame };
  }

  function setOffset(register: number, offset: number): void {
    if (isFollowed(register)) set(register, { kind: 'offset', offset });
  }

  function set(register: number, rule: RegisterRule): void {
    if (register === rules.returnRegister) state = { ...state, returnAddress: rule };
    else if (register === followed.bp) state = { ...state, bp: rule };
    else if (register === followed.bx) state = { ...state, bx: rule };
  }

  /** Back to what holds at the start of every function. */
  function restore(register: number): void {
    if (!isFollowed(register)) return;
    if (register === rules.returnRegister) set(register, initial?.returnAddress ?? same);
    else if (register === followed.bp) set(register, initial?.bp ?? same);
    else set(register, initial?.bx ?? same);
  }

  function isFollowed(register: number): boolean {
    return register === followed.bp || register === followed.bx || register === rules.returnRegister;
  }
}

function offsetOf(frame: FrameAddressRule | undefined, at: DwarfCursor): number {
  if (frame?.kind !== 'offset') throw at.error('changes the register of an address that has none');
  return frame.offset;
}

function registerOf(frame: FrameAddressRule | undefined, at: DwarfCursor): number {
  if (frame?.kind !== 'offset') throw at.error('changes the offset of an address that has none');
  return frame.register;
}
