import { viewOf } from '../base/index.ts';
import { type Insn, LD_IMM64, slotsOf } from './insn.ts';
import { SLOT_SIZE } from './opcodes.ts';

/**
 * A slot of the wire form, little-endian:
 *
 *     0        1        2        4                8
 *     ┌────────┬───┬────┬────────┬────────────────┐
 *     │ opcode │dst│src │  off   │      imm       │     dst is the low nibble
 *     └────────┴───┴────┴────────┴────────────────┘
 *
 * ld_imm64 is followed by a slot that is zero but for `imm`, the high half of the value.
 */

/** The bytes are no sequence of instructions. `slot` is where. */
export class InsnDecodeError extends Error {
  override readonly name = 'InsnDecodeError';
  readonly slot: number;

  constructor(slot: number, what: string) {
    super(`instruction ${slot}: ${what}`);
    this.slot = slot;
  }
}

/** Number of 8-byte slots of the instructions. */
export function countSlots(insns: readonly Insn[]): number {
  let slots = 0;
  for (const insn of insns) slots += slotsOf(insn);
  return slots;
}

/** Encodes instructions. @throws RangeError when a field does not fit (a jump too far, most likely). */
export function encodeInsns(insns: readonly Insn[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(countSlots(insns) * SLOT_SIZE));
  const view = viewOf(bytes);
  let at = 0;
  for (const insn of insns) {
    checkFits(insn, at / SLOT_SIZE);
    bytes[at] = insn.opcode;
    bytes[at + 1] = insn.dst | (insn.src << 4);
    view.setInt16(at + 2, insn.off, true);
    if (insn.opcode === LD_IMM64) {
      const value = insn.imm64 ?? BigInt.asUintN(64, BigInt(insn.imm));
      view.setUint32(at + 4, Number(value & 0xffff_ffffn), true);
      view.setUint32(at + 12, Number(value >> 32n), true);
      at += 2 * SLOT_SIZE;
    } else {
      view.setInt32(at + 4, insn.imm, true);
      at += SLOT_SIZE;
    }
  }
  return bytes;
}

function checkFits(insn: Insn, slot: number): void {
  const { opcode, dst, src, off, imm } = insn;
  const fits =
    opcode >= 0 &&
    opcode <= 0xff &&
    dst >= 0 &&
    dst <= 15 &&
    src >= 0 &&
    src <= 15 &&
    off >= -0x8000 &&
    off <= 0x7fff &&
    imm === (imm | 0);
  if (!fits) {
    throw new RangeError(
      `instruction ${slot} does not fit: ${JSON.stringify({ opcode, dst, src, off, imm })}`,
    );
  }
}

/** Decodes instructions. @throws InsnDecodeError for a partial slot or half an ld_imm64. */
export function decodeInsns(bytes: Uint8Array): Insn[] {
  if (bytes.length % SLOT_SIZE !== 0) {
    throw new InsnDecodeError(
      Math.floor(bytes.length / SLOT_SIZE),
      `only ${bytes.length % SLOT_SIZE} of 8 bytes`,
    );
  }
  const view = viewOf(bytes);
  const insns: Insn[] = [];
  for (let at = 0; at < bytes.length; at += SLOT_SIZE) {
    const opcode = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    const base = {
      opcode,
      dst: registers & 0xf,
      src: registers >> 4,
      off: view.getInt16(at + 2, true),
      imm: view.getInt32(at + 4, true),
    };
    if (opcode !== LD_IMM64) {
      insns.push(base);
      continue;
    }
    const second = at + SLOT_SIZE;
    if (second >= bytes.length) throw new InsnDecodeError(at / SLOT_SIZE, 'ld_imm64 lacks its second slot');
    if (view.getUint32(second, true) !== 0) {
      throw new InsnDecodeError(at / SLOT_SIZE, 'the second slot of ld_imm64 holds an instruction');
    }
    const high = BigInt(view.getUint32(second + 4, true));
    insns.push({ ...base, imm64: (high << 32n) | BigInt.asUintN(32, BigInt(base.imm)) });
    at += SLOT_SIZE;
  }
  return insns;
}
