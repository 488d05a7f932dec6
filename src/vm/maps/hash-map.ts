import { alignUp, errnos } from '../../base/index.ts';
import { mapFlags, updateFlags } from '../../bpf/index.ts';
import type { BpfMapSpec } from '../../program/index.ts';
import type { Memory, Space } from '../memory.ts';
import type { KeyedMap } from './map.ts';
import { RecencyList } from './recency-list.ts';
import { Values, valuesSpace } from './values.ts';

export function hashSpace(spec: BpfMapSpec, rows: number): Space {
  const values = valuesSpace(spec.maxEntries, rows, spec.valueSize);
  return { bytes: values.bytes + (spec.maxEntries + 1) * alignUp(spec.keySize, 8), regions: values.regions };
}

/**
 * The four hash types: one row or one per CPU; when it is full, a hash refuses (E2BIG) and an LRU hash forgets what was looked up or changed
 * longest ago.
 *
 * Keys and values stand in slots of the machine's memory; buckets chain slots. As in the kernel's preallocated hashes, the slot of a deleted
 * entry is used again while old pointers to its value still read it. Source: kernel/bpf/hashtab.c.
 */
export function createHash(
  spec: BpfMapSpec,
  memory: Memory,
  rows: number,
  whenFull: 'refuse' | 'forget-oldest',
): KeyedMap {
  return new HashMap(spec, memory, rows, whenFull);
}

const NONE = -1;

class HashMap implements KeyedMap {
  readonly kind = 'keyed';
  readonly spec: BpfMapSpec;
  readonly isWritable: boolean;
  readonly rows: number;
  readonly #memory: Memory;
  readonly #values: Values;
  readonly #keySize: number;
  readonly #keyStride: number;
  readonly #keysStart: number;
  /** Where user space's keys are put while they are looked up. */
  readonly #scratchKey: number;
  /** First slot of each chain. */
  readonly #buckets: Int32Array;
  /** By slot: the next of its chain, or of the free list. */
  #next: Int32Array;
  /** By slot: the key's hash; and whether the slot is in use. */
  #hashes: Int32Array;
  #inUse: Uint8Array;
  /** Slots from here on were never used. */
  #fresh = 0;
  #free = NONE;
  #size = 0;
  readonly #recency: RecencyList | undefined;

  constructor(spec: BpfMapSpec, memory: Memory, rows: number, whenFull: 'refuse' | 'forget-oldest') {
    this.spec = spec;
    this.isWritable = (spec.flags & mapFlags.BPF_F_RDONLY_PROG) === 0;
    this.rows = rows;
    this.#memory = memory;
    this.#keySize = spec.keySize;
    this.#keyStride = alignUp(spec.keySize, 8);
    this.#keysStart = memory.allocate(spec.maxEntries * this.#keyStride);
    this.#scratchKey = memory.allocate(this.#keyStride);
    this.#values = new Values(memory, {
      name: spec.name,
      slots: spec.maxEntries,
      rows,
      valueSize: spec.valueSize,
      isWritable: this.isWritable,
    });
    this.#buckets = new Int32Array(powerOfTwoFrom(spec.maxEntries)).fill(NONE);
    const slots = Math.min(spec.maxEntries, 64);
    this.#next = new Int32Array(slots);
    this.#hashes = new Int32Array(slots);
    this.#inUse = new Uint8Array(slots);
    this.#recency = whenFull === 'refuse' ? undefined : new RecencyList(spec.maxEntries);
  }

  get size(): number {
    return this.#size;
  }

  get visitCost(): number {
    return this.#fresh >>> 3;
  }

  lookup(keyAt: number, cpu: number): number {
    const slot = this.#find(keyAt, this.#hash(keyAt));
    if (slot === NONE) return 0;
    this.#recency?.touch(slot);
    return this.#values.region(slot, this.rows === 1 ? 0 : cpu);
  }

  update(keyAt: number, valueAt: number, flags: number, cpu: number): number {
    const row = this.rows === 1 ? 0 : cpu;
    return this.#put(keyAt, flags, (slot, isNew) => {
      if (isNew && this.rows > 1) this.#values.clear(slot);
      this.#values.set(slot, row, valueAt);
    });
  }

  delete(keyAt: number): number {
    const hash = this.#hash(keyAt);
    const slot = this.#find(keyAt, hash);
    if (slot === NONE) return -errnos.ENOENT.number;
    this.#release(slot);
    return 0;
  }

  forEach(cpu: number, _scratchAt: number, visit: (keyAt: number, region: number) => boolean): void {
    const row = this.rows === 1 ? 0 : cpu;
    for (let slot = 0; slot < this.#fresh; slot++) {
      if (this.#inUse[slot] === 1 && visit(this.#keyAt(slot), this.#values.region(slot, row))) return;
    }
  }

  entries(): { readonly key: Uint8Array; readonly values: readonly Uint8Array[] }[] {
    const entries: { readonly key: Uint8Array; readonly values: readonly Uint8Array[] }[] = [];
    for (let slot = 0; slot < this.#fresh; slot++) {
      if (this.#inUse[slot] !== 1) continue;
      const at = this.#keyAt(slot);
      entries.push({
        key: this.#memory.bytes.slice(at, at + this.#keySize),
        values: this.#values.copyRows(slot),
      });
    }
    return entries;
  }

  read(key: Uint8Array): readonly Uint8Array[] | undefined {
    const at = this.#scratch(key);
    const slot = this.#find(at, this.#hash(at));
    return slot === NONE ? undefined : this.#values.copyRows(slot);
  }

  write(key: Uint8Array, rows: readonly Uint8Array[], flags: number): number {
    return this.#put(this.#scratch(key), flags, (slot) => this.#values.setRows(slot, rows));
  }

  remove(key: Uint8Array): number {
    return this.delete(this.#scratch(key));
  }

  #put(keyAt: number, flags: number, setValue: (slot: number, isNew: boolean) => void): number {
    if ((flags & ~updateFlags.BPF_F_LOCK) >>> 0 > updateFlags.BPF_EXIST) return -errnos.EINVAL.number;
    const hash = this.#hash(keyAt);
    const found = this.#find(keyAt, hash);
    if (found !== NONE) {
      if ((flags & updateFlags.BPF_NOEXIST) !== 0) return -errnos.EEXIST.number;
      this.#recency?.touch(found);
      setValue(found, false);
      return 0;
    }
    if ((flags & updateFlags.BPF_EXIST) !== 0) return -errnos.ENOENT.number;
    const slot = this.#take(hash);
    if (slot === NONE) return -errnos.E2BIG.number;
    this.#memory.bytes.copyWithin(this.#keyAt(slot), keyAt, keyAt + this.#keySize);
    setValue(slot, true);
    return 0;
  }

  /** A slot for a new entry, linked into its chain. */
  #take(hash: number): number {
    if (this.#size === this.spec.maxEntries) {
      const oldest = this.#recency?.oldest() ?? NONE;
      if (oldest === NONE) return NONE;
      this.#release(oldest);
    }
    let slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.#next[slot]!;
    } else {
      slot = this.#fresh++;
      if (slot === this.#next.length) this.#growSlots();
    }
    const bucket = hash & (this.#buckets.length - 1);
    this.#next[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
    this.#hashes[slot] = hash;
    this.#inUse[slot] = 1;
    this.#size++;
    this.#recency?.touch(slot);
    return slot;
  }

  #release(slot: number): void {
    const bucket = this.#hashes[slot]! & (this.#buckets.length - 1);
    if (this.#buckets[bucket] === slot) {
      this.#buckets[bucket] = this.#next[slot]!;
    } else {
      let before = this.#buckets[bucket]!;
      while (this.#next[before] !== slot) before = this.#next[before]!;
      this.#next[before] = this.#next[slot]!;
    }
    this.#recency?.remove(slot);
    this.#inUse[slot] = 0;
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  #find(keyAt: number, hash: number): number {
    let slot = this.#buckets[hash & (this.#buckets.length - 1)]!;
    while (slot !== NONE && (this.#hashes[slot] !== hash || !this.#isKey(slot, keyAt)))
      slot = this.#next[slot]!;
    return slot;
  }

  #isKey(slot: number, keyAt: number): boolean {
    const { view, bytes } = this.#memory;
    const at = this.#keyAt(slot);
    let offset = 0;
    for (; offset + 4 <= this.#keySize; offset += 4)
      if (view.getInt32(at + offset, true) !== view.getInt32(keyAt + offset, true)) return false;
    for (; offset < this.#keySize; offset++) if (bytes[at + offset] !== bytes[keyAt + offset]) return false;
    return true;
  }

  /** Mixes the key's bytes, four at a time, into 32 bits (multiply and rotate, as in MurmurHash3). */
  #hash(keyAt: number): number {
    const { view, bytes } = this.#memory;
    let hash = this.#keySize;
    let offset = 0;
    for (; offset + 4 <= this.#keySize; offset += 4) hash = mix(hash, view.getInt32(keyAt + offset, true));
    let rest = 0;
    for (; offset < this.#keySize; offset++) rest = (rest << 8) | bytes[keyAt + offset]!;
    hash = mix(hash, rest);
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #keyAt(slot: number): number {
    return this.#keysStart + slot * this.#keyStride;
  }

  #scratch(key: Uint8Array): number {
    if (key.length !== this.#keySize)
      throw new RangeError(
        `a key of ${key.length} bytes, where map ${this.spec.name} has keys of ${this.#keySize}`,
      );
    this.#memory.bytes.set(key, this.#scratchKey);
    return this.#scratchKey;
  }

  #growSlots(): void {
    const length = Math.min(this.#next.length * 2, this.spec.maxEntries);
    this.#next = grown(this.#next, new Int32Array(length));
    this.#hashes = grown(this.#hashes, new Int32Array(length));
    this.#inUse = grown(this.#inUse, new Uint8Array(length));
  }
}

function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function grown<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function powerOfTwoFrom(count: number): number {
  let size = 1;
  while (size < count) size *= 2;
  return size;
}
