import { STACK_SIZE } from '../bpf/index.ts';
import type { Here } from './here.ts';
import { type Bounds, constant, constantOf, type Scalar, unsignedOf } from './scalar.ts';
import type { StackSlot } from './state.ts';
import { opaque, type Pointer, type Value } from './values.ts';

/** The offsets from the frame pointer that a pointer into the stack may have. */
function stackRange(here: Here, pointer: Pointer): { readonly low: number; readonly high: number } {
  const { off, variable } = pointer;
  if (variable === undefined) return { low: Number(off), high: Number(off) };
  const low = off + variable.smin;
  const high = off + variable.smax;
  const limit = 1n << 29n;
  if (low < -limit || high > limit)
    return here.refuseIfSure('stack', 'the stack is accessed at a place without bounds', pointer);
  return { low: Number(low), high: Number(high) };
}

/** Refuses accesses outside of a frame. */
export function checkStackBounds(
  here: Here,
  pointer: Pointer,
  off: number,
  size: number,
  verb: string,
): { readonly low: number; readonly high: number } {
  const range = stackRange(here, pointer);
  const low = range.low + off;
  const high = range.high + off;
  if (low < -STACK_SIZE || high + size > 0) {
    const where = low === high ? `${low}` : `${low} to ${high}`;
    here.refuseIfSure(
      'stack',
      `${size} bytes of the stack are ${verb} at offset ${where}; a function has the ${STACK_SIZE} bytes below R10`,
      pointer,
    );
  }
  here.noteDepth(pointer, -low);
  return { low, high };
}

function stackOf(here: Here, pointer: Pointer): (StackSlot | undefined)[] {
  if (pointer.to.space !== 'stack') return here.doubt();
  const frame = here.state.frames[pointer.to.frame];
  if (frame === undefined) return here.refuse('stack', 'the stack of a function that has ended is accessed');
  return frame.stack;
}

/** Slot and byte in it of an offset from the frame pointer; slot 0 is the highest. */
export function stackPlace(off: number): { readonly index: number; readonly byte: number } {
  return { index: -1 - Math.floor(off / 8), byte: ((off % 8) + 8) % 8 };
}

function bytesMask(byte: number, size: number): number {
  return ((1 << size) - 1) << byte;
}

/** What a load of `size` bytes finds. */
export function readStack(here: Here, pointer: Pointer, off: number, size: number): Value {
  const { low, high } = checkStackBounds(here, pointer, off, size, 'read');
  const stack = stackOf(here, pointer);
  if (low !== high) {
    if (!here.abilities.variableStackAccess)
      here.refuseIfSure('stack', 'the stack is read at a place that is not known', pointer);
    return here.unknown(unsignedOf(size), true);
  }
  const { index, byte } = stackPlace(low);
  if (byte + size > 8)
    here.refuse('stack', `${size} bytes of the stack are read at offset ${low}, which is not aligned`);
  if (low % size !== 0)
    here.refuse('stack', `${size} bytes of the stack are read at offset ${low}, which is not aligned`);
  const slot = stack[index];
  const mask = bytesMask(byte, size);
  if (slot === undefined || (slot.written & mask) !== mask) {
    if (!here.abilities.uninitialisedStack)
      here.refuse(
        'uninitialised',
        `${size} bytes of the stack are read at offset ${low}, where nothing was written`,
      );
    return here.unknown(unsignedOf(size));
  }
  if (slot.iterator !== undefined) return here.doubt();
  if ((slot.zero & mask) === mask) return constant(0n);
  const { spill } = slot;
  if (spill === undefined) return here.unknown(unsignedOf(size));
  if (spill.kind === 'scalar') return partOfSpill(here, spill, slot.size, byte, size);
  if (byte === 0 && size === 8 && slot.size === 8) return spill;
  if (spill.kind === 'pointer') {
    return here.refuse('stack', `${size} bytes are read of a pointer that was stored on the stack`);
  }
  return opaque;
}

function partOfSpill(here: Here, spill: Scalar, stored: number, byte: number, size: number): Value {
  if (byte >= stored) return here.unknown(unsignedOf(size), true);
  const known = constantOf(spill);
  if (known !== undefined && byte + size <= stored)
    return { ...constant(BigInt.asUintN(size * 8, known >> BigInt(byte * 8))), isVague: spill.isVague };
  if (byte === 0 && size === stored) return spill;
  const limit = unsignedOf(size);
  // The number fits: it is the same.
  if (byte === 0 && size < stored && spill.umax <= limit.umax) return spill;
  return here.unknown(limit, true);
}

/** Stores a value of `size` bytes; `value` undefined: bytes nobody knows. */
export function writeStack(here: Here, pointer: Pointer, off: number, size: number, value: Value): void {
  const { low, high } = checkStackBounds(here, pointer, off, size, 'written');
  const stack = stackOf(here, pointer);
  if (low !== high) {
    if (!here.abilities.variableStackAccess)
      here.refuseIfSure('stack', 'the stack is written at a place that is not known', pointer);
    forgetStack(stack, low, high + size);
    return;
  }
  const { index, byte } = stackPlace(low);
  if (low % size !== 0)
    here.refuse('stack', `${size} bytes of the stack are written at offset ${low}, which is not aligned`);
  const mask = bytesMask(byte, size);
  const old = stack[index];
  if (old?.iterator !== undefined) here.doubt();
  const isZero = value.kind === 'scalar' && constantOf(value) === 0n;
  const zero = isZero ? mask : 0;
  const rest = old === undefined ? 0 : old.written & ~mask;
  const written = mask | rest;
  const zeros = ((old?.zero ?? 0) & ~mask) | zero;
  if (byte === 0) {
    const spill = isZero ? undefined : truncated(here, value, size);
    stack[index] = { spill, size, written, zero: zeros };
    return;
  }
  const isKept = old?.spill !== undefined && old.size <= byte;
  stack[index] = { spill: isKept ? old.spill : undefined, size: isKept ? old.size : 8, written, zero: zeros };
}

function truncated(here: Here, value: Value, size: number): Value | undefined {
  if (size === 8) return value;
  if (value.kind !== 'scalar') return undefined;
  const limit = unsignedOf(size);
  if (value.umax <= limit.umax) return value;
  const known = constantOf(value);
  if (known !== undefined) return { ...constant(known & limit.umax), isVague: value.isVague };
  return here.unknown(narrowed(value, size), size !== 4);
}

function narrowed(value: Scalar, size: number): Bounds {
  const limit = unsignedOf(size);
  if (size !== 4) return limit;
  return { ...limit, u32min: value.u32min, u32max: value.u32max, umin: value.u32min, umax: value.u32max };
}

/** Bytes `from` to `to` (exclusive) were written by somebody else. */
function forgetStack(stack: (StackSlot | undefined)[], from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const { index, byte } = stackPlace(at);
    const old = stack[index];
    const bit = 1 << byte;
    stack[index] = {
      spill: undefined,
      size: 8,
      written: (old?.written ?? 0) | bit,
      zero: (old?.zero ?? 0) & ~bit,
    };
  }
}

/** A helper reads or fills `size` bytes at a pointer into the stack. */
export function lendStack(here: Here, pointer: Pointer, size: number, isFilled: boolean): void {
  if (size === 0) return;
  const { low, high } = checkStackBounds(here, pointer, 0, size, isFilled ? 'written' : 'read');
  const stack = stackOf(here, pointer);
  if (isFilled) {
    forgetStack(stack, low, high + size);
    return;
  }
  if (here.abilities.uninitialisedStack || low !== high) return;
  for (let at = low; at < low + size; at++) {
    const { index, byte } = stackPlace(at);
    if (((stack[index]?.written ?? 0) & (1 << byte)) === 0) {
      here.refuse('uninitialised', `a helper reads the stack at offset ${at}, where nothing was written`);
    }
  }
}
