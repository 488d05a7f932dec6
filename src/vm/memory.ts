import { alignUp, invariant, present } from '../base/index.ts';
import { MAX_CALL_FRAMES, MAX_TAIL_CALLS, REGISTER_COUNT, STACK_SIZE } from '../bpf/index.ts';
import { type Access, type FaultCause, FaultError } from './fault.ts';

/**
 * The machine's memory: one block of bytes that holds the registers, the table of regions, the stack and all that progs can point to.
 * It is made once, in its full size, and never grows, so that views of it stay valid; bytes that nobody touches cost nothing.
 *
 *     0          256          table                      data
 *     ┌──────────┬────────────┬──────────────────────────┬─────────────────────────────────────────┐
 *     │registers │ table head │ 16 bytes per region      │ stack frames, ctx, map values, rings, …  │
 *     └──────────┴────────────┴──────────────────────────┴─────────────────────────────────────────┘
 *
 * A prog never sees an address in here. Its pointers name a region and an offset in it:
 *
 *      63 62 61    56 55                 32 31                              0
 *     ┌─────┬────────┬─────────────────────┬─────────────────────────────────┐
 *     │ 0 1 │ nonce  │   region index      │   offset from the region's start │
 *     └─────┴────────┴─────────────────────┴─────────────────────────────────┘
 *
 * The high half is the region's handle. Handles lie outside the addresses that a process or kernel of any supported architecture has (these begin
 * with 16 equal bits), so no address read elsewhere is one. A region's row in the table:
 *
 *     word 0  handle; 0 while the region is not in use
 *     word 1  where its bytes start in the block
 *     word 2  bytes that may be read
 *     word 3  bytes that may be written
 *
 * An access compares the pointer's high half with the handle of the row it names, then its offset with the row's limit. Whatever
 * number a prog makes up, the access ends inside a region in use or in a fault.
 */
export class Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** The block as 32-bit words: registers (register r at words 2r and 2r+1, low half first) and the table. */
  readonly words: Int32Array<ArrayBuffer>;
  /** Set when a WebAssembly module can share the block. */
  readonly wasm: WebAssembly.Memory | undefined;
  /** Word at which the table starts. */
  readonly table: number;
  /** Rows of the table less one; the number of rows is a power of two. */
  readonly rowMask: number;

  readonly #kinds: { readonly first: number; readonly count: number; readonly name: string }[] = [];
  #nextByte: number;
  #nextRegion = 1;
  #nonce: number;

  /** @throws MemoryLimitError when the machine cannot have so much. */
  constructor(space: Space, options: { readonly seed: number; readonly sharing: Sharing }) {
    const rows = powerOfTwoFrom(space.regions + 1);
    const tableStart = TABLE_START;
    const dataStart = tableStart + rows * ROW_BYTES;
    const size = alignUp(dataStart + space.bytes, PAGE);
    if (rows > MAX_REGIONS || size > MAX_BYTES) throw new MemoryLimitError(space);
    this.wasm = sharedBlock(size / PAGE, options.sharing);
    const buffer = this.wasm?.buffer ?? new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words = new Int32Array(buffer);
    this.table = tableStart >> 2;
    this.rowMask = rows - 1;
    this.#nextByte = dataStart;
    this.#nonce = options.seed | 0 || 1;
    // Row 0 belongs to numbers whose high half is 0: this handle names another row, so nothing matches it.
    this.words[this.table] = 1;
  }

  /** Takes bytes from the block, aligned to 8. They are zero. */
  allocate(size: number): number {
    const at = this.#nextByte;
    this.#nextByte = alignUp(at + size, 8);
    invariant(this.#nextByte <= this.bytes.length, 'the space of every part was counted before');
    return at;
  }

  /** Takes `count` rows, not in use yet; the first one's index. `name` says in messages what they are. */
  reserveRegions(count: number, name: string): number {
    const first = this.#nextRegion;
    this.#nextRegion += count;
    invariant(this.#nextRegion - 1 <= this.rowMask, 'the regions of every part were counted before');
    this.#kinds.push({ first, count, name });
    return first;
  }

  /** Reserves one region and puts it in use. */
  addRegion(name: string, at: number, readable: number, writable: number): number {
    const region = this.reserveRegions(1, name);
    this.open(region, at, readable, writable);
    return region;
  }

  /** Puts a region in use; pointers to it made before are no longer valid. */
  open(region: number, at: number, readable: number, writable: number): void {
    const row = this.table + region * ROW_WORDS;
    this.words[row] = HANDLE_TAG | (this.#nextNonce() << NONCE_SHIFT) | region;
    this.words[row + 1] = at;
    this.words[row + 2] = readable;
    this.words[row + 3] = writable;
  }

  /** Changes what may be accessed of a region in use; pointers to it stay valid. */
  setLimits(region: number, readable: number, writable: number): void {
    const row = this.table + region * ROW_WORDS;
    this.words[row + 2] = readable;
    this.words[row + 3] = writable;
  }

  close(region: number): void {
    this.words.fill(0, this.table + region * ROW_WORDS, this.table + (region + 1) * ROW_WORDS);
  }

  isOpen(region: number): boolean {
    return this.words[this.table + region * ROW_WORDS] !== 0;
  }

  /** High half of pointers to a region in use. */
  handle(region: number): number {
    return this.words[this.table + region * ROW_WORDS]!;
  }

  /** Where a region's bytes start in the block. */
  start(region: number): number {
    return this.words[this.table + region * ROW_WORDS + 1]!;
  }

  /** The region a pointer's high half names; 0 when it is no handle in use. */
  regionOf(high: number): number {
    const region = high & this.rowMask;
    return this.words[this.table + region * ROW_WORDS] === high ? region : 0;
  }

  /** Where in the block the pointer's bytes are. @throws FaultError unless `size` bytes may be accessed there. */
  locate(low: number, high: number, size: number, access: Access): number {
    const at = this.find(low, high, size, access);
    if (at < 0) throw new FaultError(this.explain(low, high, size, access));
    return at;
  }

  /** As `locate`; -1 instead of a fault. */
  find(low: number, high: number, size: number, access: Access): number {
    const row = this.table + (high & this.rowMask) * ROW_WORDS;
    const limit = this.words[row + (access === 'read' ? 2 : 3)]!;
    if (this.words[row] !== high || low >>> 0 > limit - size) return -1;
    return this.words[row + 1]! + (low >>> 0);
  }

  /** Readable bytes of a region in use from an offset on; 0 when the offset lies outside. */
  availableFrom(region: number, offset: number): number {
    const readable = this.words[this.table + region * ROW_WORDS + 2]!;
    return Math.max(0, readable - (offset >>> 0));
  }

  /** What is wrong with an access that was refused. */
  explain(low: number, high: number, size: number, access: Access): FaultCause {
    const region = this.regionOf(high);
    if (region === 0) {
      const address = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      return { kind: 'bad-address', access, address, size, near: this.#describeAddress(high, low) };
    }
    const row = this.table + region * ROW_WORDS;
    const readable = this.words[row + 2]!;
    const limit = access === 'read' ? readable : this.words[row + 3]!;
    const name = this.nameOf(region);
    if (access !== 'read' && limit === 0 && readable > 0) return { kind: 'read-only', region: name };
    return { kind: 'out-of-bounds', access, region: name, offset: low, size, limit };
  }

  /** As `explain`, for a pointer and an offset to be added to it. */
  explainAt(low: number, high: number, off: number, size: number, access: Access): FaultCause {
    const address = ((BigInt(high) << 32n) | BigInt(low >>> 0)) + BigInt(off);
    const sumLow = Number(BigInt.asIntN(32, address));
    const sumHigh = Number(BigInt.asIntN(32, address >> 32n));
    // A sum below the region's start borrows from the handle; the pointer's own region is what the message is about.
    if (this.regionOf(high) !== 0 && sumHigh !== high)
      return this.explain((low + off) | 0, high, size, access);
    return this.explain(sumLow, sumHigh, size, access);
  }

  nameOf(region: number): string {
    const kind = this.#kinds.find(({ first, count }) => region >= first && region < first + count);
    return present(kind, 'every region in use was reserved').name;
  }

  #describeAddress(high: number, low: number): string {
    if (high === 0 && low >>> 0 < PAGE) return 'the null pointer';
    if (high >>> HANDLE_SHIFT === HANDLE_TAG >>> HANDLE_SHIFT) {
      const region = high & INDEX_MASK;
      const isKnown = region < this.#nextRegion;
      return isKnown ? 'a pointer that is no longer valid, or was changed' : 'a pointer that was changed';
    }
    return 'no memory of the prog';
  }

  /** A number from 0 to 63 that a prog cannot foresee without the seed (xorshift32). */
  #nextNonce(): number {
    let x = this.#nonce;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#nonce = x;
    return x & 0x3f;
  }
}

/** What parts of a machine need of its memory, counted before it is made. */
export interface Space {
  readonly bytes: number;
  readonly regions: number;
}

/** The space of several parts together. */
export function sumSpace(parts: readonly Space[]): Space {
  let bytes = 0;
  let regions = 0;
  for (const part of parts) {
    bytes += alignUp(part.bytes, 8);
    regions += part.regions;
  }
  return { bytes, regions };
}

/** The maps of a script together are larger than the machine's memory can be. */
export class MemoryLimitError extends Error {
  override readonly name = 'MemoryLimitError';

  constructor(space: Space) {
    super(
      `the maps need ${Math.ceil(space.bytes / 1048576)} MB and ${space.regions} values; the machine has at most ` +
        `${MAX_BYTES / 1048576} MB and ${MAX_REGIONS} values: lower max_map_keys or the size of the maps`,
    );
  }
}

/** Whether a WebAssembly module is to share the block; `wanted`: if that can be. */
export type Sharing = 'none' | 'wanted' | 'needed';

/** Engines reserve gigabytes of addresses for such a block, whatever its size, which a limit (`ulimit -v`) may forbid. */
function sharedBlock(pages: number, sharing: Sharing): WebAssembly.Memory | undefined {
  if (sharing === 'none') return undefined;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    if (sharing === 'wanted' && error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Bytes of a WebAssembly page. */
const PAGE = 65536;
/** Offsets in the block are signed 32-bit numbers. */
const MAX_BYTES = 0x7fff_0000;
const INDEX_MASK = 0xff_ffff;
const MAX_REGIONS = INDEX_MASK + 1;
const NONCE_SHIFT = 24;
/** Bits 31 and 30 of a handle. */
const HANDLE_SHIFT = 30;
const HANDLE_TAG = 0x4000_0000;

export const ROW_WORDS = 4;
export const ROW_BYTES = ROW_WORDS * 4;
/** Registers take 8 bytes each; the rest up to the table is kept for whoever shares the block. */
const TABLE_START = 256;

invariant(REGISTER_COUNT * 8 <= TABLE_START, 'the registers end before the table');

function powerOfTwoFrom(count: number): number {
  let size = 16;
  while (size < count) size *= 2;
  return size;
}

/**
 * Frames that one run can have: a prog that is called at the tail takes the frame of the function that called it, and may go as deep from there as
 * any prog.
 */
export const MAX_FRAMES = MAX_CALL_FRAMES + MAX_TAIL_CALLS * (MAX_CALL_FRAMES - 1);

/** The stack: a region of 512 bytes per frame, so that no function reaches another's frame but by a pointer it was given. */
export const stackSpace: Space = { bytes: MAX_FRAMES * STACK_SIZE, regions: MAX_FRAMES };

/** Adds the frames; the region of the outermost one, the others follow. */
export function addStack(memory: Memory): number {
  const start = memory.allocate(MAX_FRAMES * STACK_SIZE);
  const first = memory.reserveRegions(MAX_FRAMES, 'the stack frame');
  for (let frame = 0; frame < MAX_FRAMES; frame++)
    memory.open(first + frame, start + frame * STACK_SIZE, STACK_SIZE, STACK_SIZE);
  return first;
}
