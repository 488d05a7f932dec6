import { MAX_CALL_FRAMES } from '../bpf/index.ts';
import {
  divide32,
  divide64,
  divideSigned32,
  divideSigned64,
  modulo32,
  modulo64,
  moduloSigned32,
  moduloSigned64,
  multiply64,
  shiftLeft64,
  shiftRight64,
  shiftRightSigned64,
  swapBytes,
  truncate,
} from './arithmetic.ts';
import { executeAtomic } from './atomics.ts';
import { helperCalls, kfuncCalls } from './calls/index.ts';
import { type Core, type LoadedProg, MAX_LOOPS, type PrepareProg } from './core.ts';
import { INSN_WORDS } from './decode.ts';
import { FaultError } from './fault.ts';
import { MAX_FRAMES, ROW_WORDS } from './memory.ts';

/**
 * The reference engine: one loop around one switch over the opcode bytes of RFC 9669 (and the numbers of `codes` where a byte does not say
 * enough). A register is two words of the machine's memory, low half first, so that no 64-bit number is ever made for one.
 *
 * Case labels are literals because V8 makes a jump table of literals only.
 */

/** What a call keeps for its return: R6 to R10, the place to go on at, the prog, and how often may_goto may still be taken. */
interface Frames {
  /** Per frame: R6 to R10, 2 words each. */
  readonly registers: Int32Array;
  /** Per frame: the word to go on at; -1: leave `interpret`. */
  readonly returns: Int32Array;
  readonly rounds: Int32Array;
  /** Per frame: its caller's limit of frames. */
  readonly limits: Int32Array;
  readonly progs: (LoadedProg | undefined)[];
}

const SAVED_WORDS = 10;
/** Word of R6. */
const R6_WORD = 12;

/** Makes the engine: one function for all progs of a machine. */
export function createInterpreter(): PrepareProg {
  const frames: Frames = {
    registers: new Int32Array(MAX_FRAMES * SAVED_WORDS),
    returns: new Int32Array(MAX_FRAMES),
    rounds: new Int32Array(MAX_FRAMES),
    limits: new Int32Array(MAX_FRAMES),
    progs: new Array(MAX_FRAMES).fill(undefined),
  };
  const enter = (core: Core, start: number): void => interpret(core, frames, start);
  return () => ({ enter });
}

/** Enters a function: a frame further in, with its own stack. */
function push(core: Core, frames: Frames, returnTo: number): void {
  const depth = core.depth + 1;
  if (depth >= core.frameLimit) core.callDepthFault();
  const base = depth * SAVED_WORDS;
  for (let word = 0; word < SAVED_WORDS; word++) frames.registers[base + word] = core.words[R6_WORD + word]!;
  frames.returns[depth] = returnTo;
  frames.rounds[depth] = MAX_LOOPS;
  frames.limits[depth] = core.frameLimit;
  frames.progs[depth] = core.prog;
  core.depth = depth;
  core.setFramePointer(depth);
}

/** Leaves a function; where its caller goes on. */
function pop(core: Core, frames: Frames): number {
  const depth = core.depth;
  const base = depth * SAVED_WORDS;
  for (let word = 0; word < SAVED_WORDS; word++) core.words[R6_WORD + word] = frames.registers[base + word]!;
  core.depth = depth - 1;
  core.frameLimit = frames.limits[depth]!;
  core.prog = frames.progs[depth];
  return frames.returns[depth]!;
}

/** Runs the function of `core.prog` that starts at instruction `start` until it returns. @throws FaultError */
function interpret(core: Core, frames: Frames, start: number): void {
  const { words: m, view, bytes, table, rowMask } = core.memory;
  push(core, frames, -1);
  let code = core.prog!.code.words;
  let pc = start * INSN_WORDS;
  let left = core.insnsLeft;
  for (;;) {
    if (--left < 0) {
      core.insnsLeft = 0;
      core.insn = pc / INSN_WORDS;
      core.insnLimitFault();
    }
    const head = code[pc]!;
    const d = (head >> 10) & 31;
    const s = head >> 16;
    switch (head & 0x3ff) {
      // ---- 64-bit arithmetic
      case 0x07: {
        // dst += imm
        const a = m[d]!;
        const low = (a + code[pc + 2]!) | 0;
        m[d + 1] = m[d + 1]! + code[pc + 3]! + (low >>> 0 < a >>> 0 ? 1 : 0);
        m[d] = low;
        break;
      }
      case 0x0f: {
        // dst += src
        const a = m[d]!;
        const low = (a + m[s]!) | 0;
        m[d + 1] = m[d + 1]! + m[s + 1]! + (low >>> 0 < a >>> 0 ? 1 : 0);
        m[d] = low;
        break;
      }
      case 0x17: {
        // dst -= imm
        const a = m[d]!;
        const b = code[pc + 2]!;
        m[d + 1] = m[d + 1]! - code[pc + 3]! - (a >>> 0 < b >>> 0 ? 1 : 0);
        m[d] = a - b;
        break;
      }
      case 0x1f: {
        // dst -= src
        const a = m[d]!;
        const b = m[s]!;
        m[d + 1] = m[d + 1]! - m[s + 1]! - (a >>> 0 < b >>> 0 ? 1 : 0);
        m[d] = a - b;
        break;
      }
      case 0x27: // dst *= imm
        multiply64(m, d, code[pc + 2]!, code[pc + 3]!);
        break;
      case 0x2f: // dst *= src
        multiply64(m, d, m[s]!, m[s + 1]!);
        break;
      case 0x37: // dst /= imm
        divide64(m, d, code[pc + 2]!, code[pc + 3]!);
        break;
      case 0x3f: // dst /= src
        divide64(m, d, m[s]!, m[s + 1]!);
        break;
      case 0x97: // dst %= imm
        modulo64(m, d, code[pc + 2]!, code[pc + 3]!);
        break;
      case 0x9f: // dst %= src
        modulo64(m, d, m[s]!, m[s + 1]!);
        break;
      case 0x100: // dst s/= imm
        divideSigned64(m, d, code[pc + 2]!, code[pc + 3]!);
        break;
      case 0x101: // dst s/= src
        divideSigned64(m, d, m[s]!, m[s + 1]!);
        break;
      case 0x102: // dst s%= imm
        moduloSigned64(m, d, code[pc + 2]!, code[pc + 3]!);
        break;
      case 0x103: // dst s%= src
        moduloSigned64(m, d, m[s]!, m[s + 1]!);
        break;
      case 0x47: // dst |= imm
        m[d] = m[d]! | code[pc + 2]!;
        m[d + 1] = m[d + 1]! | code[pc + 3]!;
        break;
      case 0x4f: // dst |= src
        m[d] = m[d]! | m[s]!;
        m[d + 1] = m[d + 1]! | m[s + 1]!;
        break;
      case 0x57: // dst &= imm
        m[d] = m[d]! & code[pc + 2]!;
        m[d + 1] = m[d + 1]! & code[pc + 3]!;
        break;
      case 0x5f: // dst &= src
        m[d] = m[d]! & m[s]!;
        m[d + 1] = m[d + 1]! & m[s + 1]!;
        break;
      case 0xa7: // dst ^= imm
        m[d] = m[d]! ^ code[pc + 2]!;
        m[d + 1] = m[d + 1]! ^ code[pc + 3]!;
        break;
      case 0xaf: // dst ^= src
        m[d] = m[d]! ^ m[s]!;
        m[d + 1] = m[d + 1]! ^ m[s + 1]!;
        break;
      case 0x67: // dst <<= imm
        shiftLeft64(m, d, code[pc + 2]! & 63);
        break;
      case 0x6f: // dst <<= src
        shiftLeft64(m, d, m[s]! & 63);
        break;
      case 0x77: // dst >>= imm
        shiftRight64(m, d, code[pc + 2]! & 63);
        break;
      case 0x7f: // dst >>= src
        shiftRight64(m, d, m[s]! & 63);
        break;
      case 0xc7: // dst s>>= imm
        shiftRightSigned64(m, d, code[pc + 2]! & 63);
        break;
      case 0xcf: // dst s>>= src
        shiftRightSigned64(m, d, m[s]! & 63);
        break;
      case 0xb7: // dst = imm
      case 0x18: // dst = imm64
        m[d] = code[pc + 2]!;
        m[d + 1] = code[pc + 3]!;
        break;
      case 0xbf: // dst = src
        m[d] = m[s]!;
        m[d + 1] = m[s + 1]!;
        break;
      case 0x108: // dst = (s8)src
        m[d] = (m[s]! << 24) >> 24;
        m[d + 1] = m[d]! >> 31;
        break;
      case 0x109: // dst = (s16)src
        m[d] = (m[s]! << 16) >> 16;
        m[d + 1] = m[d]! >> 31;
        break;
      case 0x10a: // dst = (s32)src
        m[d] = m[s]!;
        m[d + 1] = m[d]! >> 31;
        break;
      case 0x87: {
        // dst = -dst
        const a = m[d]!;
        m[d] = -a;
        m[d + 1] = a === 0 ? -m[d + 1]! : ~m[d + 1]!;
        break;
      }
      // ---- 32-bit arithmetic: the high half becomes zero
      case 0x04:
        m[d] = m[d]! + code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0x0c:
        m[d] = m[d]! + m[s]!;
        m[d + 1] = 0;
        break;
      case 0x14:
        m[d] = m[d]! - code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0x1c:
        m[d] = m[d]! - m[s]!;
        m[d + 1] = 0;
        break;
      case 0x24:
        m[d] = Math.imul(m[d]!, code[pc + 2]!);
        m[d + 1] = 0;
        break;
      case 0x2c:
        m[d] = Math.imul(m[d]!, m[s]!);
        m[d + 1] = 0;
        break;
      case 0x34:
        m[d] = divide32(m[d]!, code[pc + 2]!);
        m[d + 1] = 0;
        break;
      case 0x3c:
        m[d] = divide32(m[d]!, m[s]!);
        m[d + 1] = 0;
        break;
      case 0x94:
        m[d] = modulo32(m[d]!, code[pc + 2]!);
        m[d + 1] = 0;
        break;
      case 0x9c:
        m[d] = modulo32(m[d]!, m[s]!);
        m[d + 1] = 0;
        break;
      case 0x104: // s/= imm
        m[d] = divideSigned32(m[d]!, code[pc + 2]!);
        m[d + 1] = 0;
        break;
      case 0x105: // s/= src
        m[d] = divideSigned32(m[d]!, m[s]!);
        m[d + 1] = 0;
        break;
      case 0x106: // s%= imm
        m[d] = moduloSigned32(m[d]!, code[pc + 2]!);
        m[d + 1] = 0;
        break;
      case 0x107: // s%= src
        m[d] = moduloSigned32(m[d]!, m[s]!);
        m[d + 1] = 0;
        break;
      case 0x44:
        m[d] = m[d]! | code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0x4c:
        m[d] = m[d]! | m[s]!;
        m[d + 1] = 0;
        break;
      case 0x54:
        m[d] = m[d]! & code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0x5c:
        m[d] = m[d]! & m[s]!;
        m[d + 1] = 0;
        break;
      case 0xa4:
        m[d] = m[d]! ^ code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0xac:
        m[d] = m[d]! ^ m[s]!;
        m[d + 1] = 0;
        break;
      case 0x64:
        m[d] = m[d]! << code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0x6c:
        m[d] = m[d]! << m[s]!;
        m[d + 1] = 0;
        break;
      case 0x74:
        m[d] = m[d]! >>> code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0x7c:
        m[d] = m[d]! >>> m[s]!;
        m[d + 1] = 0;
        break;
      case 0xc4:
        m[d] = m[d]! >> code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0xcc:
        m[d] = m[d]! >> m[s]!;
        m[d + 1] = 0;
        break;
      case 0xb4:
        m[d] = code[pc + 2]!;
        m[d + 1] = 0;
        break;
      case 0xbc:
        m[d] = m[s]!;
        m[d + 1] = 0;
        break;
      case 0x10b: // dst = (u32)(s8)src
        m[d] = (m[s]! << 24) >> 24;
        m[d + 1] = 0;
        break;
      case 0x10c: // dst = (u32)(s16)src
        m[d] = (m[s]! << 16) >> 16;
        m[d + 1] = 0;
        break;
      case 0x84:
        m[d] = -m[d]!;
        m[d + 1] = 0;
        break;
      // ---- byte order; the machine is little-endian
      case 0xd4:
        truncate(m, d, code[pc + 2]!);
        break;
      case 0xdc:
      case 0xd7:
        swapBytes(m, d, code[pc + 2]!);
        break;
      // ---- loads: the size stands in word 2
      case 0x61:
      case 0x69:
      case 0x71:
      case 0x79:
      case 0x81:
      case 0x89:
      case 0x91:
      case 0x10d: {
        const high = m[s + 1]!;
        const low = (m[s]! + code[pc + 1]!) | 0;
        const row = table + (high & rowMask) * ROW_WORDS;
        const size = code[pc + 2]!;
        let at = 0;
        if (m[row] === high && low >>> 0 <= m[row + 2]! - size) {
          at = m[row + 1]! + low;
        } else {
          core.insn = pc / INSN_WORDS;
          at = core.loadOutside(m[s]!, high, code[pc + 1]!, size);
        }
        switch (head & 0xff) {
          case 0x71:
            m[d] = bytes[at]!;
            m[d + 1] = 0;
            break;
          case 0x69:
            m[d] = view.getUint16(at, true);
            m[d + 1] = 0;
            break;
          case 0x61:
            m[d] = view.getInt32(at, true);
            m[d + 1] = 0;
            break;
          case 0x79:
            m[d] = view.getInt32(at, true);
            m[d + 1] = view.getInt32(at + 4, true);
            break;
          case 0x91:
            m[d] = view.getInt8(at);
            m[d + 1] = m[d]! >> 31;
            break;
          case 0x89:
            m[d] = view.getInt16(at, true);
            m[d + 1] = m[d]! >> 31;
            break;
          case 0x81:
            m[d] = view.getInt32(at, true);
            m[d + 1] = m[d]! >> 31;
            break;
          default: // load_acquire, of any size
            m[d] = size === 1 ? bytes[at]! : size === 2 ? view.getUint16(at, true) : view.getInt32(at, true);
            m[d + 1] = size === 8 ? view.getInt32(at + 4, true) : 0;
        }
        break;
      }
      // ---- stores: of an immediate (62 6a 72 7a), of a register (63 6b 73 7b)
      case 0x62:
      case 0x6a:
      case 0x72:
      case 0x7a:
      case 0x63:
      case 0x6b:
      case 0x73:
      case 0x7b: {
        const high = m[d + 1]!;
        const low = (m[d]! + code[pc + 1]!) | 0;
        const row = table + (high & rowMask) * ROW_WORDS;
        const sizeBits = head & 0x18;
        const size = sizeBits === 0x18 ? 8 : 4 >> (sizeBits >> 3);
        if (m[row] !== high || low >>> 0 > m[row + 3]! - size) {
          core.insn = pc / INSN_WORDS;
          throw new FaultError(core.memory.explainAt(m[d]!, high, code[pc + 1]!, size, 'write'));
        }
        const at = m[row + 1]! + low;
        const value = head & 1 ? m[s]! : code[pc + 2]!;
        if (sizeBits === 0x18) {
          view.setInt32(at, value, true);
          view.setInt32(at + 4, head & 1 ? m[s + 1]! : code[pc + 3]!, true);
        } else if (sizeBits === 0) view.setInt32(at, value, true);
        else if (sizeBits === 0x10) bytes[at] = value;
        else view.setInt16(at, value, true);
        break;
      }
      case 0xc3:
      case 0xdb:
      case 0x10e:
        core.insn = pc / INSN_WORDS;
        executeAtomic(core, code, pc);
        break;
      // ---- jumps
      case 0x05:
      case 0x06:
        pc = code[pc + 1]!;
        continue;
      case 0x15:
        pc = m[d] === code[pc + 2] && m[d + 1] === code[pc + 3] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x1d:
        pc = m[d] === m[s] && m[d + 1] === m[s + 1] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x55:
        pc = m[d] !== code[pc + 2] || m[d + 1] !== code[pc + 3] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x5d:
        pc = m[d] !== m[s] || m[d + 1] !== m[s + 1] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x45:
        pc = ((m[d]! & code[pc + 2]!) | (m[d + 1]! & code[pc + 3]!)) !== 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x4d:
        pc = ((m[d]! & m[s]!) | (m[d + 1]! & m[s + 1]!)) !== 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x25: // >
        pc = isBelow(code[pc + 2]!, code[pc + 3]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x2d:
        pc = isBelow(m[s]!, m[s + 1]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x35: // >=
        pc = !isBelow(m[d]!, m[d + 1]!, code[pc + 2]!, code[pc + 3]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x3d:
        pc = !isBelow(m[d]!, m[d + 1]!, m[s]!, m[s + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xa5: // <
        pc = isBelow(m[d]!, m[d + 1]!, code[pc + 2]!, code[pc + 3]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xad:
        pc = isBelow(m[d]!, m[d + 1]!, m[s]!, m[s + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xb5: // <=
        pc = !isBelow(code[pc + 2]!, code[pc + 3]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xbd:
        pc = !isBelow(m[s]!, m[s + 1]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x65: // s>
        pc = isLess(code[pc + 2]!, code[pc + 3]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x6d:
        pc = isLess(m[s]!, m[s + 1]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x75: // s>=
        pc = !isLess(m[d]!, m[d + 1]!, code[pc + 2]!, code[pc + 3]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x7d:
        pc = !isLess(m[d]!, m[d + 1]!, m[s]!, m[s + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xc5: // s<
        pc = isLess(m[d]!, m[d + 1]!, code[pc + 2]!, code[pc + 3]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xcd:
        pc = isLess(m[d]!, m[d + 1]!, m[s]!, m[s + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xd5: // s<=
        pc = !isLess(code[pc + 2]!, code[pc + 3]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xdd:
        pc = !isLess(m[s]!, m[s + 1]!, m[d]!, m[d + 1]!) ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      // ---- jumps on the low half
      case 0x16:
        pc = m[d] === code[pc + 2] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x1e:
        pc = m[d] === m[s] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x56:
        pc = m[d] !== code[pc + 2] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x5e:
        pc = m[d] !== m[s] ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x46:
        pc = (m[d]! & code[pc + 2]!) !== 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x4e:
        pc = (m[d]! & m[s]!) !== 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x26:
        pc = m[d]! >>> 0 > code[pc + 2]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x2e:
        pc = m[d]! >>> 0 > m[s]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x36:
        pc = m[d]! >>> 0 >= code[pc + 2]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x3e:
        pc = m[d]! >>> 0 >= m[s]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xa6:
        pc = m[d]! >>> 0 < code[pc + 2]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xae:
        pc = m[d]! >>> 0 < m[s]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xb6:
        pc = m[d]! >>> 0 <= code[pc + 2]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xbe:
        pc = m[d]! >>> 0 <= m[s]! >>> 0 ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x66:
        pc = m[d]! > code[pc + 2]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x6e:
        pc = m[d]! > m[s]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x76:
        pc = m[d]! >= code[pc + 2]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0x7e:
        pc = m[d]! >= m[s]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xc6:
        pc = m[d]! < code[pc + 2]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xce:
        pc = m[d]! < m[s]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xd6:
        pc = m[d]! <= code[pc + 2]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xde:
        pc = m[d]! <= m[s]! ? code[pc + 1]! : pc + INSN_WORDS;
        continue;
      case 0xe5: // may_goto
        if (frames.rounds[core.depth]! === 0) {
          pc = code[pc + 1]!;
          continue;
        }
        frames.rounds[core.depth] = frames.rounds[core.depth]! - 1;
        break;
      // ---- calls
      case 0x85: {
        // a helper
        core.insn = pc / INSN_WORDS;
        const id = code[pc + 2]!;
        if (id === TAIL_CALL) {
          const next = core.tailCallTarget();
          if (next !== undefined) {
            core.prog = next;
            core.frameLimit = core.depth + MAX_CALL_FRAMES;
            frames.rounds[core.depth] = MAX_LOOPS;
            code = next.code.words;
            pc = 0;
            continue;
          }
          break;
        }
        core.insnsLeft = left;
        helperCalls[id]!(core);
        left = core.insnsLeft;
        break;
      }
      case 0x110: // a kernel function
        core.insn = pc / INSN_WORDS;
        core.insnsLeft = left;
        kfuncCalls[code[pc + 2]!]!(core);
        left = core.insnsLeft;
        break;
      case 0x10f: // a function of the prog
        core.insn = pc / INSN_WORDS;
        push(core, frames, pc + INSN_WORDS);
        pc = code[pc + 1]!;
        continue;
      case 0x95: // exit
        pc = pop(core, frames);
        if (pc < 0) {
          core.insnsLeft = left;
          return;
        }
        code = core.prog!.code.words;
        continue;
      default:
        core.insn = pc / INSN_WORDS;
        throw new FaultError({ kind: 'misuse', what: 'runs past its last instruction' });
    }
    pc += INSN_WORDS;
  }
}

/** bpf_tail_call: the one helper that is a jump. */
const TAIL_CALL = 12;

/** Whether a < b, unsigned. */
function isBelow(aLow: number, aHigh: number, bLow: number, bHigh: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh >>> 0 < bHigh >>> 0;
}

/** Whether a < b, signed. */
function isLess(aLow: number, aHigh: number, bLow: number, bHigh: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh < bHigh;
}
