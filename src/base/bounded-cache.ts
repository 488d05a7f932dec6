/** A map that holds at most `limit` entries and forgets the least recently used one first. */
export class BoundedCache<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #limit: number;

  constructor(limit: number) {
    if (!(limit >= 1)) throw new RangeError(`a cache holds at least one entry, not ${limit}`);
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined || this.#entries.has(key)) {
      // A Map iterates in insertion order, so inserting again makes the entry the youngest.
      this.#entries.delete(key);
      this.#entries.set(key, value as V);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
  }

  /** The cached value, or the one `make` returns, which is then cached. */
  getOrMake(key: K, make: (key: K) => V): V {
    if (this.#entries.has(key)) return this.get(key) as V;
    const value = make(key);
    this.set(key, value);
    return value;
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }
  clear(): void {
    this.#entries.clear();
  }
}
