import type { RecordSpec } from '../../program/index.ts';

/** Kinds whose place in the script is never shown: equal ones from different places are one. */
const placeless: ReadonlySet<RecordSpec['kind']> = new Set(['printf', 'cat', 'system']);

/** The descriptions of the ring buffer records a script can send; equal ones share an index. */
export class RecordTable {
  readonly #specs: RecordSpec[] = [];
  readonly #indexByKey = new Map<string, number>();

  get specs(): readonly RecordSpec[] {
    return this.#specs;
  }

  /** The index of a description, which becomes the first u64 of its records. */
  indexOf(spec: RecordSpec): number {
    const key = JSON.stringify(spec, (name, value: unknown) => {
      if (name === 'trail' && placeless.has(spec.kind)) return undefined;
      return typeof value === 'bigint' ? `${value}n` : value;
    });
    const known = this.#indexByKey.get(key);
    if (known !== undefined) return known;
    const index = this.#specs.push(spec) - 1;
    this.#indexByKey.set(key, index);
    return index;
  }
}
