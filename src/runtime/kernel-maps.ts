import { alignUp, errnos, invariant, present } from '../base/index.ts';
import { mapFlags } from '../bpf/index.ts';
import { type BpfMap, KernelError, type Mapping } from '../kernel/index.ts';
import type { MapAccess, MapEntry } from '../program/index.ts';

/** The key of the only entry of a one-entry array. */
const ONLY_KEY = new Uint8Array(4);

/** The BPF maps of a loaded program, by their index in `Program.bpfMaps`. Arrays that can be mapped are read and written in place. */
export class KernelMaps implements MapAccess, Disposable {
  readonly #maps: readonly BpfMap[];
  readonly #mapped = new Map<number, { readonly mapping: Mapping; readonly value: Uint8Array }>();

  constructor(maps: readonly BpfMap[]) {
    this.#maps = maps;
  }

  entries(map: number): MapEntry[] {
    const bpfMap = this.#map(map);
    return bpfMap.entries().map(({ key, value }) => ({ key, values: bpfMap.rows(value) }));
  }

  /** A copy: the value goes on changing. */
  readArray(map: number): Uint8Array {
    const view = this.#view(map);
    if (view) return view.slice();
    return present(this.#map(map).lookup(ONLY_KEY), 'an array always has its entries');
  }

  writeArray(map: number, offset: number, bytes: Uint8Array): void {
    const view = this.#view(map);
    if (view) {
      invariant(offset + bytes.length <= view.length, 'a write lies inside the value of its array');
      view.set(bytes, offset);
      return;
    }
    // Arrays that progs write too are made so that they can be mapped; here nobody writes meanwhile.
    const value = this.readArray(map);
    value.set(bytes, offset);
    this.#map(map).update(ONLY_KEY, value);
  }

  update(map: number, key: Uint8Array, values: readonly Uint8Array[]): void {
    const bpfMap = this.#map(map);
    const whole = new Uint8Array(bpfMap.valueBytes);
    for (const [row, bytes] of values.entries()) whole.set(bytes, row * bpfMap.rowSize);
    bpfMap.update(key, whole);
  }

  delete(map: number, key: Uint8Array): void {
    this.#map(map).delete(key);
  }

  [Symbol.dispose](): void {
    for (const { mapping } of this.#mapped.values()) mapping[Symbol.dispose]();
    this.#mapped.clear();
  }

  #map(index: number): BpfMap {
    const map = this.#maps[index];
    if (!map)
      throw new KernelError(`map ${index}`, errnos.EBADF.number, { detail: 'the program has no such map' });
    return map;
  }

  /** The values of an array in place, one behind the other; undefined for a map that cannot be mapped. */
  #view(index: number): Uint8Array | undefined {
    const known = this.#mapped.get(index);
    if (known) return known.value;
    const map = this.#map(index);
    const { flags = 0, valueSize, maxEntries } = map.spec;
    if ((flags & mapFlags.BPF_F_MMAPABLE) === 0 || (flags & mapFlags.BPF_F_RDONLY_PROG) !== 0)
      return undefined;
    const mapping = map.map();
    const length = maxEntries === 1 ? valueSize : alignUp(valueSize, 8) * maxEntries;
    const value = new Uint8Array(mapping.buffer, 0, length);
    this.#mapped.set(index, { mapping, value });
    return value;
  }
}
