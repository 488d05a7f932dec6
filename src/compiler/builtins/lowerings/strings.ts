import type { ValueId } from '../../ir/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { CallExpr, Fill, Lower, Lowering } from './lowering.ts';
import { addressOf, copyPlace, type Place, placeAfter, zeroPlace } from './place.ts';

/** Where the bytes of an argument are: the address a pointer or number holds, or that of a value. */
interface Source {
  readonly address: ValueId;
  readonly space: ReturnType<Lower['spaceOf']>;
}

function sourceOf(lower: Lower, expr: TypedExpr): Source {
  switch (expr.type.kind) {
    case 'int':
    case 'enum':
    case 'pointer':
      return { address: lower.scalar(expr), space: lower.spaceOf(expr) };
    default:
      return { address: addressOf(lower.b, lower.memory(expr)), space: 'kernel' };
  }
}

/** The smaller of a number and a constant, in a form whose bound the verifier sees. */
function atMost(lower: Lower, value: ValueId, limit: number): ValueId {
  const { b } = lower;
  return lower.choose(
    b.compare('ult', value, b.const(limit)),
    () => value,
    () => b.const(limit),
  );
}

/**
 * str(p) reads `attrs.length` bytes, its NUL among them. Where that is more than the type has room for, the text is one that shows
 * when it was cut: what does not fit is left out, and with it the NUL.
 */
function lowerStr(lower: Lower, call: CallExpr, to: Place, fill: Fill): void {
  const { b } = lower;
  const [pointer, length] = call.args;
  const size = lower.sizeOf(call.type);
  const limit = call.attrs.length ?? size;
  const { address, space } = sourceOf(lower, pointer!);
  if (limit > size) {
    const longer = lower.temporary(limit);
    if (fill === 'exact') zeroPlace(b, longer, limit);
    lower.readString(space, longer, b.const(limit), address);
    copyPlace(b, to, longer, size);
    return;
  }
  const bytes = length === undefined ? b.const(limit) : atMost(lower, lower.scalar(length), limit);
  if (fill === 'exact') zeroPlace(b, to, size);
  // A length of 0 writes nothing, not even a NUL.
  else if (length !== undefined || limit === 0) b.store(1, to.base, b.const(0), to.off);
  if (limit > 0) lower.readString(space, to, bytes, address);
}

/** A u32 length, then the bytes; what follows them is cleared for keys. */
function lowerBuf(lower: Lower, call: CallExpr, to: Place, fill: Fill): void {
  const { b } = lower;
  const [source, length] = call.args;
  const capacity = lower.sizeOf(call.type) - 4;
  const data = placeAfter(to, 4);
  const bytes = length === undefined ? b.const(capacity) : atMost(lower, lower.scalar(length), capacity);
  b.store(4, to.base, bytes, to.off);
  const isValue = source!.type.kind === 'array' || source!.type.kind === 'string';
  if (isValue && length === undefined && lower.sizeOf(source!.type) === capacity) {
    lower.into(source!, data, fill);
    return;
  }
  if (fill === 'exact' && length !== undefined) zeroPlace(b, data, capacity);
  const { address, space } = sourceOf(lower, source!);
  lower.read(space, data, bytes, address);
}

/** bpf_d_path makes the text at the end of the buffer and moves it to the front, so it is copied where the rest must be clear. */
function lowerPath(lower: Lower, call: CallExpr, to: Place, fill: Fill): void {
  const { b } = lower;
  const size = lower.sizeOf(call.type);
  const made = fill === 'exact' ? lower.temporary(size) : to;
  b.store(1, made.base, b.const(0), made.off);
  lower.withAddress(call.args[0]!, (address) => {
    const result = b.call('d_path', [address, addressOf(b, made), b.const(size)]);
    lower.checkHelper('d_path', result, 'default');
  });
  if (fill === 'loose') return;
  zeroPlace(b, to, size);
  lower.readString('kernel', to, b.const(size), addressOf(b, made));
}

/** A string-like value in memory of the prog, with a NUL behind it whatever it holds. */
interface Text {
  readonly place: Place;
  /** Bytes without that NUL. */
  readonly capacity: number;
}

/** Bytes of a string-like value without a NUL of ours. */
function capacityOf(lower: Lower, { type }: TypedExpr): number {
  return type.kind === 'pointer' ? lower.options.maxStrlen - 1 : lower.sizeOf(type);
}

/** @param room bytes of memory to put it into; what it does not fill is zero */
function textOf(lower: Lower, expr: TypedExpr, room = capacityOf(lower, expr) + 1): Text {
  const { b } = lower;
  const capacity = capacityOf(lower, expr);
  const place = lower.temporary(room);
  if (expr.type.kind === 'pointer') {
    zeroPlace(b, place, room);
    lower.readString(lower.spaceOf(expr), place, b.const(capacity + 1), lower.scalar(expr));
    return { place, capacity };
  }
  if (room > capacity + 1) zeroPlace(b, place, room);
  lower.into(expr, place, 'exact');
  b.store(1, place.base, b.const(0), place.off + capacity);
  return { place, capacity };
}

/** Bytes before the NUL: the kernel counts them while it copies. */
function lengthOf(lower: Lower, { place, capacity }: Text): ValueId {
  const { b } = lower;
  const copy = lower.temporary(capacity + 1);
  const count = lower.readString('kernel', copy, b.const(capacity + 1), addressOf(b, place));
  // Never negative or 0 for memory of our own; the verifier does not know.
  return lower.choose(
    b.compare('sgt', count, b.const(0)),
    () => atMost(lower, b.addConst(count, -1), capacity),
    () => b.const(0),
  );
}

function lowerStrlen(lower: Lower, call: CallExpr): ValueId {
  return lengthOf(lower, textOf(lower, call.args[0]!));
}

/** The first string, then the second behind it: a buffer with room for both, of which the result keeps its own size. */
function lowerConcat(lower: Lower, call: CallExpr, to: Place): void {
  const { b } = lower;
  const first = textOf(lower, call.args[0]!);
  const second = textOf(lower, call.args[1]!);
  const size = lower.sizeOf(call.type);
  const total = Math.max(size, first.capacity + second.capacity + 1);
  const both = lower.temporary(total);
  zeroPlace(b, both, total);
  copyPlace(b, both, first.place, first.capacity);
  const end = lengthOf(lower, first);
  const rest = b.binary('add', addressOf(b, both), end);
  lower.readString(
    'kernel',
    { base: rest, off: 0, align: 1 },
    b.const(second.capacity + 1),
    addressOf(b, second.place),
  );
  copyPlace(b, to, both, size);
  b.store(1, to.base, b.const(0), to.off + size - 1);
}

/** Most words that a search may compare: the verifier goes through all of them, at eleven instructions each. */
const MAX_SEARCH_WORDS = 40_000;
const WORD = 8;

/**
 * Where the needle first occurs in the haystack, -1 if it does not.
 *
 * At every place of the haystack all words of the needle are compared without a branch, so that the verifier has two ways to remember per
 * place and not several per byte (it gives up at 8192). A word of the haystack that starts anywhere is made of the two aligned ones around
 * it; a mask leaves out what lies behind the needle's end.
 */
function lowerStrstr(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  const [haystackExpr, needleExpr] = [call.args[0]!, call.args[1]!];
  const [length, needleLength] = [capacityOf(lower, haystackExpr), capacityOf(lower, needleExpr)];
  const words = Math.max(1, Math.ceil(needleLength / WORD));
  if (length * words > MAX_SEARCH_WORDS) {
    lower.refuse(
      call.at,
      `${call.builtin}() of strings of ${length} and ${needleLength} bytes takes more steps than the kernel's verifier follows`,
      'shorten one of them, for example with str(p, 64)',
    );
  }
  const wide = words * WORD;
  const haystack = textOf(lower, haystackExpr, Math.ceil((length + 1) / WORD) * WORD + wide + WORD);
  const needle = textOf(lower, needleExpr, wide + WORD);
  const mask = maskOf(lower, lengthOf(lower, needle), wide);
  const result = b.declareVariable(b.const(-1));
  lower.repeat(length, ({ index: start, leaveWhen }) => {
    const aligned = b.binary('add', haystack.place.base, b.binary('and', start, b.const(-WORD)));
    const shift = b.binary('shl', b.binary('and', start, b.const(WORD - 1)), b.const(3));
    const rest = b.binary('sub', b.const(63), shift);
    let low = b.load(8, aligned, haystack.place.off);
    let differs = b.const(0);
    for (let at = 0; at < wide; at += WORD) {
      const high = b.load(8, aligned, haystack.place.off + at + WORD);
      // Shifted in two steps: by 64 it would not be shifted at all.
      const upper = b.binary('shl', b.binary('shl', high, b.const(1)), rest);
      const word = b.binary('or', b.binary('lshr', low, shift), upper);
      const wanted = b.load(8, needle.place.base, needle.place.off + at);
      const difference = b.binary('and', b.binary('xor', word, wanted), b.load(8, mask.base, mask.off + at));
      differs = b.binary('or', differs, difference);
      low = high;
    }
    const isFound = b.compare('eq', differs, b.const(0));
    lower.branch(isFound, () => b.writeVariable(result, start));
    leaveWhen(isFound);
    const here = b.load(1, b.binary('add', haystack.place.base, start), haystack.place.off);
    leaveWhen(b.compare('eq', here, b.const(0)));
  });
  return b.readVariable(result);
}

/** Ones in the first `length` bytes, zeros in the rest. */
function maskOf(lower: Lower, length: ValueId, bytes: number): Place {
  const { b } = lower;
  const mask = lower.temporary(bytes);
  const table = lower.constantText('\xff'.repeat(bytes) + '\0'.repeat(bytes));
  const from = b.binary('sub', b.addConst(addressOf(b, table), bytes), length);
  lower.read('kernel', mask, b.const(bytes), from);
  return mask;
}

function lowerContains(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  return b.compare('ne', lowerStrstr(lower, call), b.const(-1));
}

/** 1 if the first bytes differ; text ends at its NUL, and behind that nothing counts. */
function lowerStrncmp(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  const left = textOf(lower, call.args[0]!);
  const right = textOf(lower, call.args[1]!);
  const count = Math.min(call.attrs.length ?? 0, left.capacity + 1, right.capacity + 1);
  const differs = b.declareVariable(b.const(0));
  lower.repeat(count, ({ index, leaveWhen }) => {
    const a = b.load(1, b.binary('add', left.place.base, index), left.place.off);
    const c = b.load(1, b.binary('add', right.place.base, index), right.place.off);
    b.writeVariable(differs, b.compare('ne', a, c));
    leaveWhen(b.readVariable(differs));
    leaveWhen(b.compare('eq', a, b.const(0)));
  });
  return b.readVariable(differs);
}

/** The difference of the first two bytes that differ, taken as signed ones; 0 if all are equal. */
function lowerMemcmp(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  const [left, right] = call.args;
  const count = Math.min(call.attrs.length ?? 0, lower.sizeOf(left!.type), lower.sizeOf(right!.type));
  const a = lower.memory(left!);
  const c = lower.memory(right!);
  const byteAt = (place: Place, index: ValueId): ValueId =>
    b.load(1, b.binary('add', place.base, index), place.off, true);
  const difference = b.declareVariable(b.const(0));
  lower.repeat(count, ({ index, leaveWhen }) => {
    b.writeVariable(difference, b.binary('sub', byteAt(a, index), byteAt(c, index)));
    leaveWhen(b.compare('ne', b.readVariable(difference), b.const(0)));
  });
  return b.readVariable(difference);
}

export const stringLowerings = {
  str: { gives: 'memory', lower: lowerStr },
  buf: { gives: 'memory', lower: lowerBuf },
  path: { gives: 'memory', lower: lowerPath },
  strlen: { gives: 'scalar', lower: lowerStrlen },
  strstr: { gives: 'scalar', lower: lowerStrstr },
  strcontains: { gives: 'scalar', lower: lowerContains },
  str_concat: { gives: 'memory', lower: lowerConcat },
  strncmp: { gives: 'scalar', lower: lowerStrncmp },
  memcmp: { gives: 'scalar', lower: lowerMemcmp },
} as const satisfies Record<string, Lowering>;
