/** Types chained by the offset of their name, so that the types called `x` are found without decoding any name. */
export class NameChains {
  /** Head of the chain in each bucket, and the next type in it: index + 1, or 0. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #words: Uint32Array;
  readonly #offsets: Uint32Array;

  constructor(words: Uint32Array, offsets: Uint32Array) {
    let buckets = 16;
    while (buckets < offsets.length) buckets *= 2;
    this.#heads = new Int32Array(buckets);
    this.#next = new Int32Array(offsets.length);
    this.#words = words;
    this.#offsets = offsets;
    // From the last to the first, so that chains ascend.
    for (let index = offsets.length - 1; index >= 0; index--) {
      const name = words[offsets[index]!]!;
      if (name === 0) continue;
      const bucket = this.#bucketOf(name);
      this.#next[index] = this.#heads[bucket]!;
      this.#heads[bucket] = index + 1;
    }
  }

  indexesAt(name: number): number[] {
    const found: number[] = [];
    for (let link = this.#heads[this.#bucketOf(name)]!; link !== 0; link = this.#next[link - 1]!) {
      if (this.#words[this.#offsets[link - 1]!] === name) found.push(link - 1);
    }
    return found;
  }

  #bucketOf(name: number): number {
    return (Math.imul(name, 0x9e3779b1) >>> 7) & (this.#heads.length - 1);
  }
}
