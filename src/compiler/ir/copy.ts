import type { Block, Insn, Terminator, ValueId } from './func.ts';

/**
 * A copy of an instruction with other operands.
 *
 * Written out, because passes do this for every instruction, and `{ ...insn, args }` over a dozen shapes is five to ten times slower in V8.
 */
export function withArgs(insn: Insn, args: readonly ValueId[]): Insn {
  const { id, at } = insn;
  switch (insn.op) {
    case 'load':
      return { id, op: insn.op, args, size: insn.size, signed: insn.signed, off: insn.off, at };
    case 'store':
      return { id, op: insn.op, args, size: insn.size, off: insn.off, at };
    case 'call':
      return { id, op: insn.op, args, helper: insn.helper, effect: insn.effect, at };
    case 'atomic':
      return { id, op: insn.op, kind: insn.kind, size: insn.size, off: insn.off, args, at };
    case 'copy':
      return {
        id,
        op: insn.op,
        args,
        bytes: insn.bytes,
        off: insn.off,
        fromOff: insn.fromOff,
        align: insn.align,
        at,
      };
    case 'zero':
      return { id, op: insn.op, args, bytes: insn.bytes, off: insn.off, align: insn.align, at };
    case 'callFunc':
    case 'callKfunc':
    case 'funcAddr':
    case 'ksym':
      return { id, op: insn.op, args, name: insn.name, at };
    case 'const':
      return { id, op: insn.op, args, value: insn.value, at };
    case 'slot':
    case 'slotStart':
      return { id, op: insn.op, args, slot: insn.slot, at };
    case 'mapFd':
      return { id, op: insn.op, args, map: insn.map, at };
    case 'mapValue':
      return { id, op: insn.op, args, map: insn.map, off: insn.off, at };
    default:
      return { id, op: insn.op, args, at };
  }
}

/** A copy of a block with other contents. */
export function withBody(
  block: Block,
  insns: readonly Insn[],
  end: Terminator = block.end,
  params: readonly ValueId[] = block.params,
): Block {
  return { id: block.id, params, insns, end };
}
