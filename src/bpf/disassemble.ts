import { unreachable } from '../base/index.ts';
import { decodeInsns } from './codec.ts';
import { pseudoLoads } from './flags.ts';
import { helperNamed } from './helper-ids.ts';
import { type Insn, slotsOf } from './insn.ts';
import { aluOps, atomicOps, jumpOps } from './opcodes.ts';
import { type Operand, operationOf } from './operation.ts';

/** Names to print instead of numbers, where the caller knows them. */
export interface DisassembleNames {
  /** The map behind a descriptor. */
  readonly map?: (fd: number) => string | undefined;
  /** The kernel function with this BTF id. */
  readonly kfunc?: (btfId: number, btfFdIndex: number) => string | undefined;
  /** The subprogram that starts at this slot. */
  readonly subprog?: (slot: number) => string | undefined;
}

/**
 * One instruction in the notation of the kernel's verifier log and of `bpftool prog dump xlated`: `r1 = *(u64 *)(r6 +16)`.
 *
 * @param slot where it stands, for the names of subprograms; jumps print `pc+N` as the kernel does.
 */
export function disassemble(insn: Insn, slot = 0, names: DisassembleNames = {}): string {
  const operation = operationOf(insn);
  if (operation === undefined) return `unknown opcode 0x${hex(insn.opcode, 2)}`;
  switch (operation.kind) {
    case 'alu': {
      const dst = register(operation.dst, operation.width);
      return `${dst} ${aluOps[operation.op].symbol} ${decimal(operation.operand, operation.width)}`;
    }
    case 'neg': {
      const dst = register(operation.dst, operation.width);
      return `${dst} = -${dst}`;
    }
    case 'movsx': {
      const { dst, src, width, bits } = operation;
      return `${register(dst, width)} = (s${bits})${register(src, width)}`;
    }
    case 'endian': {
      const word = operation.to === 'swap' ? 'bswap' : operation.to;
      return `r${operation.dst} = ${word}${operation.bits} r${operation.dst}`;
    }
    case 'load': {
      const type = `${operation.signed ? 's' : 'u'}${operation.size * 8}`;
      return `r${operation.dst} = *(${type} *)${address(operation.base, operation.off)}`;
    }
    case 'store': {
      const place = `*(u${operation.size * 8} *)${address(operation.base, operation.off)}`;
      return `${place} = ${decimal(operation.value, 64)}`;
    }
    case 'atomic': {
      const { op, fetch, size, base, off, src } = operation;
      const place = `(u${size * 8} *)${address(base, off)}`;
      const prefix = size === 8 ? 'atomic64' : 'atomic';
      if (op === 'cmpxchg') return `r0 = ${prefix}_cmpxchg(${place}, r0, r${src})`;
      if (op === 'xchg') return `r${src} = ${prefix}_xchg(${place}, r${src})`;
      if (fetch) return `r${src} = ${prefix}_fetch_${op}(${place}, r${src})`;
      return `lock *${place} ${atomicOps[op].symbol} r${src}`;
    }
    case 'load-acquire': {
      const { dst, size, base, off } = operation;
      return `r${dst} = load_acquire((u${size * 8} *)${address(base, off)})`;
    }
    case 'store-release': {
      const { src, size, base, off } = operation;
      return `store_release((u${size * 8} *)${address(base, off)}, r${src})`;
    }
    case 'ld-imm64':
      return `r${operation.dst} = ${wideConstant(operation.pseudo, operation.value, slot, names)}`;
    case 'ld-packet': {
      const { size, index, imm } = operation;
      return `r0 = *(u${size * 8} *)skb[${index === undefined ? imm : `r${index} + ${imm}`}]`;
    }
    case 'jump': {
      const { op, width, dst, operand, off } = operation;
      const right = operand.kind === 'reg' ? register(operand.reg, width) : `0x${hex(operand.imm)}`;
      return `if ${register(dst, width)} ${jumpOps[op].symbol} ${right} goto ${relative(off)}`;
    }
    case 'goto':
      return `goto${operation.long ? 'l' : ''} ${relative(operation.off)}`;
    case 'may-goto':
      return `may_goto ${relative(operation.off)}`;
    case 'call-helper': {
      const helper = helperNamed(operation.id);
      return `call ${helper === undefined ? 'unknown' : `bpf_${helper}`}#${operation.id}`;
    }
    case 'call-subprog':
      return `call ${names.subprog?.(slot + 1 + operation.off) ?? relative(operation.off)}`;
    case 'call-kfunc': {
      const { btfId, btfFdIndex } = operation;
      return `call ${names.kfunc?.(btfId, btfFdIndex) ?? `kernel-function#${btfId}`}`;
    }
    case 'exit':
      return 'exit';
    default:
      return unreachable(operation);
  }
}

/**
 * A listing, a line per instruction: slot, opcode byte, text.
 *
 *        0: (b7) r0 = 1
 *        1: (95) exit
 */
export function listing(program: readonly Insn[] | Uint8Array, names: DisassembleNames = {}): string {
  const insns = program instanceof Uint8Array ? decodeInsns(program) : program;
  const lines: string[] = [];
  let slot = 0;
  for (const insn of insns) {
    lines.push(`${String(slot).padStart(4)}: (${hex(insn.opcode, 2)}) ${disassemble(insn, slot, names)}`);
    slot += slotsOf(insn);
  }
  return lines.join('\n') + (lines.length > 0 ? '\n' : '');
}

function wideConstant(pseudo: number, value: bigint, slot: number, names: DisassembleNames): string {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asUintN(32, value >> 32n));
  switch (pseudo) {
    case 0:
      return `0x${value.toString(16)}`;
    case pseudoLoads.BPF_PSEUDO_MAP_FD:
      return `map[${names.map?.(low) ?? `fd:${low}`}]`;
    case pseudoLoads.BPF_PSEUDO_MAP_VALUE:
      return `map[${names.map?.(low) ?? `fd:${low}`}][0]+${high}`;
    case pseudoLoads.BPF_PSEUDO_MAP_IDX:
      return `map[idx:${low}]`;
    case pseudoLoads.BPF_PSEUDO_MAP_IDX_VALUE:
      return `map[idx:${low}][0]+${high}`;
    case pseudoLoads.BPF_PSEUDO_FUNC:
      return names.subprog?.(slot + 1 + low) ?? `subprog[${low < 0 ? '' : '+'}${low}]`;
    case pseudoLoads.BPF_PSEUDO_BTF_ID:
      return `btf[${low}]`;
    default:
      return `pseudo${pseudo}[0x${value.toString(16)}]`;
  }
}

function register(reg: number, width: 32 | 64): string {
  return `${width === 32 ? 'w' : 'r'}${reg}`;
}

function decimal(operand: Operand, width: 32 | 64): string {
  return operand.kind === 'reg' ? register(operand.reg, width) : String(operand.imm);
}

function address(base: number, off: number): string {
  return `(r${base} ${signed(off)})`;
}

function relative(off: number): string {
  return `pc${signed(off)}`;
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function hex(value: number, digits = 1): string {
  return (value >>> 0).toString(16).padStart(digits, '0');
}
