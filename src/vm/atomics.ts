import { atomicOps } from '../bpf/index.ts';
import type { Core } from './core.ts';
import { codes } from './decode.ts';
import { FaultError } from './fault.ts';

/** Set in the immediate when the old value comes back. Source: uapi/linux/bpf.h, BPF_FETCH. */
const FETCH = 1;

/**
 * An atomic read-modify-write, or a store_release, at word `pc` of the code. One prog runs at a time, so that nothing comes between its
 * read and its write.
 */
export function executeAtomic(core: Core, code: Int32Array, pc: number): void {
  const { words, memory } = core;
  const head = code[pc]!;
  const d = (head >> 10) & 31;
  const s = head >> 16;
  const off = code[pc + 1]!;
  const isStoreRelease = (head & 0x3ff) === codes.storeRelease;
  const size = isStoreRelease ? code[pc + 2]! : (head & 0x18) === 0x18 ? 8 : 4;
  const at = locateOperand(core, d, off, size, isStoreRelease ? 'write' : 'atomic');
  const low = words[s]!;
  const high = words[s + 1]!;
  const { view } = memory;
  if (isStoreRelease) {
    if (size === 8) write(view, at, size, low, high);
    else if (size === 4) view.setInt32(at, low, true);
    else if (size === 2) view.setInt16(at, low, true);
    else view.setInt8(at, low);
    return;
  }
  const oldLow = view.getInt32(at, true);
  const oldHigh = size === 8 ? view.getInt32(at + 4, true) : 0;
  const imm = code[pc + 2]!;
  if (imm === (atomicOps.cmpxchg.imm | FETCH)) {
    const isEqual = words[0] === oldLow && (size === 4 || words[1] === oldHigh);
    if (isEqual) write(view, at, size, low, high);
    words[0] = oldLow;
    words[1] = oldHigh;
    return;
  }
  switch (imm & ~FETCH) {
    case atomicOps.add.imm: {
      const sum = (oldLow + low) | 0;
      write(view, at, size, sum, oldHigh + high + (sum >>> 0 < oldLow >>> 0 ? 1 : 0));
      break;
    }
    case atomicOps.or.imm:
      write(view, at, size, oldLow | low, oldHigh | high);
      break;
    case atomicOps.and.imm:
      write(view, at, size, oldLow & low, oldHigh & high);
      break;
    case atomicOps.xor.imm:
      write(view, at, size, oldLow ^ low, oldHigh ^ high);
      break;
    default: // xchg; decoding lets nothing else through
      write(view, at, size, low, high);
  }
  if ((imm & FETCH) !== 0) {
    words[s] = oldLow;
    words[s + 1] = oldHigh;
  }
}

function locateOperand(core: Core, d: number, off: number, size: number, access: 'write' | 'atomic'): number {
  const low = core.words[d]!;
  const high = core.words[d + 1]!;
  // The sum's carry would name another region, where the offset cannot be valid: the low half alone decides.
  const at = core.memory.find((low + off) | 0, high, size, access);
  if (at < 0) throw new FaultError(core.memory.explainAt(low, high, off, size, access));
  return at;
}

function write(view: DataView, at: number, size: number, low: number, high: number): void {
  view.setInt32(at, low, true);
  if (size === 8) view.setInt32(at + 4, high, true);
}
