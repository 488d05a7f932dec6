import { InvariantError } from '../../base/index.ts';
import { archFacts } from '../../program/index.ts';
import { type AddressSpace, sizeOf, type Type, uint8 } from '../../types/index.ts';
import {
  addressOf,
  alignmentAt,
  chunksOf,
  copyPlace,
  type Fill,
  type Place,
  placeAfter,
  zeroPlace,
} from '../builtins/index.ts';
import { spaceOf as knownSpaceOf } from '../check/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { ArgSource, TypedExpr, TypedExprOf } from '../typed/index.ts';
import { branch } from './control.ts';
import { elementOffset } from './direct-place.ts';
import { isFollowed, underCasts } from './followed-pointers.ts';
import type { FuncContext } from './func-context.ts';
import { placeOfLocal } from './locals.ts';
import { lowerScalar, materialise } from './lower-expr.ts';
import { lookUp } from './map-access.ts';
import { readMemory, readText } from './memory-reads.ts';
import { reportMiss, reportRuntimeError } from './runtime-errors.ts';
import { extend, isSigned, loadValue, storedSize } from './values.ts';

/**
 * Where a value lies that an expression names, before any of it is read: chains of members, elements and pointers add up to one
 * address, and only what is asked for is read.
 */
export type Location =
  /** Memory of the prog itself: a local, a map value, the constants. */
  | { readonly kind: 'place'; readonly place: Place }
  /** The ctx, which is read at constant offsets. */
  | { readonly kind: 'ctx'; readonly off: number }
  /** A kernel struct the verifier knows: its members load directly. */
  | { readonly kind: 'trusted'; readonly base: ValueId; readonly off: number }
  /** Memory that only helpers can read. */
  | {
      readonly kind: 'foreign';
      readonly base: ValueId;
      readonly off: number;
      readonly space: AddressSpace;
    };

/** Called where there turns out to be no such value (a missing key, an index out of bounds); must end the block. */
export type Missing = () => void;

/** Offsets beyond this are added to the base: load and store offsets have 16 bits. */
const MAX_OFFSET = 0x7000;

export function locate(f: FuncContext, expr: TypedExpr, missing: Missing): Location {
  switch (expr.kind) {
    case 'deref':
      return locatePointee(f, expr.pointer, missing);
    case 'field':
      return shift(f, locate(f, expr.base, missing), expr.offset);
    case 'element':
      return shift(f, locate(f, expr.base, missing), elementOffset(f, expr));
    case 'index':
      return locateElement(f, expr, missing);
    case 'arg':
      return expr.source.kind === 'user-stack'
        ? stackLocation(f, expr.source.offset)
        : { kind: 'ctx', off: argOffset(f, expr.source) };
    case 'map':
      return { kind: 'place', place: locateMapValue(f, expr, missing) };
    default:
      return { kind: 'place', place: materialise(f, expr) };
  }
}

/** Memory of the traced process, behind its stack pointer. */
export function stackLocation(f: FuncContext, offset: number): Location {
  const { stackPointer } = archFacts(f.prog.program.target.arch);
  const base = f.b.load(8, f.ctx(), registerOffset(f, stackPointer));
  return { kind: 'foreign', base, off: offset, space: 'user' };
}

/** Byte offset of a probe argument in ctx. */
export function argOffset(f: FuncContext, source: ArgSource): number {
  switch (source.kind) {
    case 'ctx-bytes':
    case 'ctx-location':
      return source.offset;
    case 'ctx-slot':
      return source.index * 8;
    case 'register':
      return registerOffset(f, source.name);
    case 'register-part':
      return registerOffset(f, source.register) + source.byte;
    case 'constant':
    case 'func-ret':
    case 'user-stack':
    case 'user-memory':
      throw new InvariantError(`a ${source.kind} argument does not lie in ctx`);
  }
}

/** Byte offset of a register in ctx, which starts with the registers for every kind of probe that has them. */
export function registerOffset(f: FuncContext, name: string): number {
  return archFacts(f.prog.program.target.arch).registers[name] ?? 0;
}

function locatePointee(f: FuncContext, pointer: TypedExpr, missing: Missing): Location {
  const inner = underCasts(pointer);
  if (inner.kind === 'ctx') return { kind: 'ctx', off: 0 };
  if (inner.kind === 'address-of-local') return { kind: 'place', place: placeOfLocal(f, inner.local) };
  const base = lowerScalar(f, pointer);
  const { type } = pointer;
  if (isFollowed(f, inner)) {
    branch(f, f.b.compare('eq', base, f.b.const(0)), missing, undefined, 'then');
  }
  return type.kind === 'pointer' && type.trusted
    ? { kind: 'trusted', base, off: 0 }
    : { kind: 'foreign', base, off: 0, space: spaceOf(f, type) };
}

/** The memory an address of a type leads to: integers of which nothing is known lead where the probe's arguments do. */
export function spaceOf(f: FuncContext, type: Type): AddressSpace {
  return knownSpaceOf(type) ?? f.prog.probe.space;
}

/** The location `bytes` further on. */
function shift(f: FuncContext, location: Location, bytes: number): Location {
  if (bytes === 0) return location;
  switch (location.kind) {
    case 'place': {
      const place = placeAfter(location.place, bytes);
      if (place.off <= MAX_OFFSET) return { kind: 'place', place };
      return { kind: 'place', place: { base: addressOf(f.b, place), off: 0, align: place.align } };
    }
    case 'ctx':
      return { kind: 'ctx', off: location.off + bytes };
    case 'trusted':
    case 'foreign': {
      const off = location.off + bytes;
      if (Math.abs(off) <= MAX_OFFSET) return { ...location, off };
      return { ...location, base: f.b.addConst(location.base, off), off: 0 };
    }
  }
}

function locateElement(f: FuncContext, expr: TypedExprOf<'index'>, missing: Missing): Location {
  const { base } = expr;
  const isPointer = base.type.kind === 'pointer';
  return elementAt(f, isPointer ? locatePointee(f, base, missing) : locate(f, base, missing), expr, missing);
}

/** The element of what begins at `start`. */
export function elementAt(
  f: FuncContext,
  start: Location,
  { base, index, type }: TypedExprOf<'index'>,
  missing: Missing,
): Location {
  const { b } = f;
  const size = Math.max(1, sizeOf(type, f.prog.program.structs));
  if (index.kind === 'int') return shift(f, start, Number(index.value) * size);
  const number = lowerScalar(f, index);
  const length = boundOf(base.type);
  if (length !== undefined) {
    branch(
      f,
      b.compare('uge', number, b.const(length)),
      () => {
        reportRuntimeError(f, 'array-bounds');
        missing();
      },
      undefined,
      'then',
    );
  }
  const distance = size === 1 ? number : b.binary('mul', number, b.const(size));
  switch (start.kind) {
    case 'place': {
      const { place } = start;
      return {
        kind: 'place',
        place: {
          base: b.binary('add', place.base, distance),
          off: place.off,
          align: alignmentAt(alignmentAt(place.align, place.off), size),
        },
      };
    }
    // Neither ctx nor a kernel struct can be read at an offset that varies; a helper can.
    case 'ctx':
    case 'trusted':
    case 'foreign':
      return {
        kind: 'foreign',
        base: b.binary('add', addressOfLocation(f, start), distance),
        off: 0,
        space: start.kind === 'foreign' ? start.space : 'kernel',
      };
  }
}

/** Elements of an array whose length is known. */
function boundOf(type: Type): number | undefined {
  if (type.kind === 'array') return type.length === 0 ? undefined : type.length;
  return type.kind === 'string' ? type.size : undefined;
}

function locateMapValue(f: FuncContext, expr: TypedExprOf<'map'>, missing: Missing): Place {
  const { b } = f;
  const value = lookUp(f, expr.map, expr.key);
  const absent = b.newBlock();
  const found = b.newBlock();
  b.branch(b.compare('eq', value, b.const(0)), absent, found);
  b.enter(absent);
  reportMiss(f);
  missing();
  b.enter(found);
  return { base: value, off: 0, align: 8 };
}

/** The address of a location as a number for helpers. */
export function addressOfLocation(f: FuncContext, location: Location): ValueId {
  switch (location.kind) {
    case 'place':
      return addressOf(f.b, location.place);
    case 'ctx':
      return f.b.addConst(f.ctx(), location.off);
    case 'trusted':
    case 'foreign':
      return f.b.addConst(location.base, location.off);
  }
}

/** Loads a by-value value. */
export function loadFrom(f: FuncContext, location: Location, type: Type): ValueId {
  const { b } = f;
  const { structs } = f.prog.program;
  const size = storedSize(type, structs);
  const signed = isSigned(type);
  switch (location.kind) {
    case 'place':
      return loadPlace(f, location.place, type);
    case 'ctx':
      // ctx is only read at multiples of the size.
      if (location.off % size === 0) return b.load(size, f.ctx(), location.off, signed);
      return loadForeign(f, addressOfLocation(f, location), 'kernel', type);
    case 'trusted':
      return b.load(size, location.base, location.off, signed);
    case 'foreign':
      return loadForeign(f, addressOfLocation(f, location), location.space, type);
  }
}

/** The stack is only read at multiples of the size: members of packed structs are read in pieces. */
function loadPlace(f: FuncContext, place: Place, type: Type): ValueId {
  const { b } = f;
  const { structs } = f.prog.program;
  const size = storedSize(type, structs);
  if (place.align >= size) return loadValue(b, place, type, structs);
  const pieces = chunksOf(place.align, size).map(([at, bytes]) =>
    b.binary('shl', b.load(bytes, place.base, place.off + at), b.const(at * 8)),
  );
  const whole = pieces.reduce((sum, piece) => b.binary('or', sum, piece));
  return extend(b, whole, size, isSigned(type));
}

function loadForeign(f: FuncContext, address: ValueId, space: AddressSpace, type: Type): ValueId {
  const { structs } = f.prog.program;
  const size = storedSize(type, structs);
  const temporary: Place = { base: f.b.temporary(size), off: 0, align: 8 };
  readMemory(f, space, temporary, f.b.const(size), address);
  return loadValue(f.b, temporary, type, structs);
}

/**
 * Reads a bitfield of a struct: `width` bits from bit `shift` of the byte at `offset`. C keeps one within an aligned word, which ends where the
 * struct ends at the latest; in a packed struct it is put together byte by byte.
 */
export function loadBits(
  f: FuncContext,
  struct: Location,
  offset: number,
  type: Type,
  { shift: low, width }: { readonly shift: number; readonly width: number },
): ValueId {
  const { b } = f;
  const size = ([1, 2, 4, 8] as const).find((bytes) => (offset % bytes) * 8 + low + width <= bytes * 8);
  const toNumber = isSigned(type) ? 'ashr' : 'lshr';
  if (size === undefined) {
    const bits = loadPackedBits(f, struct, offset, low, width);
    return b.binary(toNumber, b.binary('shl', bits, b.const(64 - width)), b.const(64 - width));
  }
  const skipped = offset % size;
  const word = loadFrom(f, shift(f, struct, offset - skipped), { kind: 'int', size, signed: false });
  const top = b.binary('shl', word, b.const(64 - skipped * 8 - low - width));
  return b.binary(toNumber, top, b.const(64 - width));
}

/** The same in up to nine bytes; above the `width` bits stands anything. */
function loadPackedBits(
  f: FuncContext,
  struct: Location,
  offset: number,
  low: number,
  width: number,
): ValueId {
  const { b } = f;
  // The verifier lets only whole bitfields be loaded from a struct it knows.
  const bytes: Location =
    struct.kind === 'trusted' ? { ...struct, kind: 'foreign', space: 'kernel' } : struct;
  let bits = b.const(0);
  for (let index = 0; index * 8 < low + width; index++) {
    const byte = loadFrom(f, shift(f, bytes, offset + index), uint8);
    const place = index * 8 - low;
    const moved = b.binary(place < 0 ? 'lshr' : 'shl', byte, b.const(Math.abs(place)));
    bits = b.binary('or', bits, moved);
  }
  return bits;
}

/** Copies a value that is not by-value. `room`: bytes at `to`, where there are more than the type takes; those are zeros already. */
export function copyFrom(
  f: FuncContext,
  location: Location,
  type: Type,
  to: Place,
  fill: Fill,
  room?: number,
): void {
  const { b } = f;
  const bytes = sizeOf(type, f.prog.program.structs);
  if (bytes === 0) return;
  switch (location.kind) {
    case 'place':
      copyPlace(b, to, location.place, bytes);
      return;
    case 'ctx':
      if (type.kind === 'string' && fill === 'exact') break;
      copyPlace(b, to, { base: f.ctx(), off: location.off, align: alignmentAt(8, location.off) }, bytes);
      return;
    case 'trusted':
    case 'foreign':
      break;
  }
  const space = location.kind === 'foreign' ? location.space : 'kernel';
  const address = addressOfLocation(f, location);
  if (type.kind === 'string' && fill === 'exact') {
    // What stands behind the NUL there is no part of the text.
    zeroPlace(b, to, bytes);
    readText(f, space, to, b.const(room === undefined ? bytes : Math.min(room, bytes + 1)), address);
  } else readMemory(f, space, to, b.const(bytes), address);
}

/** A by-value argument in a u64 of ctx: its low bytes. */
export function loadSlotArg(f: FuncContext, index: number, type: Type): ValueId {
  const word = f.b.load(8, f.ctx(), index * 8);
  return extend(f.b, word, storedSize(type, f.prog.program.structs), isSigned(type));
}
