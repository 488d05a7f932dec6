import { errnos } from '../../base/index.ts';
import { mapFlags, updateFlags } from '../../bpf/index.ts';
import type { BpfMapSpec } from '../../program/index.ts';
import type { Memory, Space } from '../memory.ts';
import type { KeyedMap } from './map.ts';
import { Values, valuesSpace } from './values.ts';

export function arraySpace(spec: BpfMapSpec, rows: number): Space {
  return valuesSpace(spec.maxEntries, rows, spec.valueSize);
}

/** BPF_MAP_TYPE_ARRAY and, with a row per CPU, BPF_MAP_TYPE_PERCPU_ARRAY. Source: kernel/bpf/arraymap.c. */
export function createArray(spec: BpfMapSpec, memory: Memory, rows: number): KeyedMap {
  return new ArrayMap(spec, memory, rows);
}

class ArrayMap implements KeyedMap {
  readonly kind = 'keyed';
  readonly spec: BpfMapSpec;
  readonly isWritable: boolean;
  readonly rows: number;
  readonly size: number;
  readonly visitCost = 0;
  readonly direct?: { readonly region: number; readonly at: number };
  readonly #memory: Memory;
  readonly #values: Values;

  constructor(spec: BpfMapSpec, memory: Memory, rows: number) {
    this.spec = spec;
    this.isWritable = (spec.flags & mapFlags.BPF_F_RDONLY_PROG) === 0;
    this.rows = rows;
    this.size = spec.maxEntries;
    this.#memory = memory;
    this.#values = new Values(memory, {
      name: spec.name,
      slots: spec.maxEntries,
      rows,
      valueSize: spec.valueSize,
      isWritable: this.isWritable,
    });
    if (rows === 1 && spec.type === 'BPF_MAP_TYPE_ARRAY' && spec.maxEntries === 1)
      this.direct = { region: this.#values.region(0, 0), at: this.#values.at(0, 0) };
  }

  lookup(keyAt: number, cpu: number): number {
    const index = this.#memory.view.getUint32(keyAt, true);
    return index < this.size ? this.#values.region(index, this.rows === 1 ? 0 : cpu) : 0;
  }

  update(keyAt: number, valueAt: number, flags: number, cpu: number): number {
    const index = this.#memory.view.getUint32(keyAt, true);
    const refusal = this.#refusal(index, flags);
    if (refusal !== 0) return refusal;
    this.#values.set(index, this.rows === 1 ? 0 : cpu, valueAt);
    return 0;
  }

  delete(): number {
    return -errnos.EINVAL.number;
  }

  forEach(cpu: number, scratchAt: number, visit: (keyAt: number, region: number) => boolean): void {
    for (let index = 0; index < this.size; index++) {
      this.#memory.view.setUint32(scratchAt, index, true);
      if (visit(scratchAt, this.#values.region(index, this.rows === 1 ? 0 : cpu))) return;
    }
  }

  entries(): { readonly key: Uint8Array; readonly values: readonly Uint8Array[] }[] {
    return Array.from({ length: this.size }, (_unused, index) => ({
      key: keyOf(index),
      values: this.#values.copyRows(index),
    }));
  }

  read(key: Uint8Array): readonly Uint8Array[] | undefined {
    const index = indexOf(key);
    return index < this.size ? this.#values.copyRows(index) : undefined;
  }

  write(key: Uint8Array, rows: readonly Uint8Array[], flags: number): number {
    const index = indexOf(key);
    const refusal = this.#refusal(index, flags);
    if (refusal !== 0) return refusal;
    this.#values.setRows(index, rows);
    return 0;
  }

  remove(): number {
    return -errnos.EINVAL.number;
  }

  #refusal(index: number, flags: number): number {
    if ((flags & ~updateFlags.BPF_F_LOCK) >>> 0 > updateFlags.BPF_EXIST) return -errnos.EINVAL.number;
    if (index >= this.size) return -errnos.E2BIG.number;
    return (flags & updateFlags.BPF_NOEXIST) !== 0 ? -errnos.EEXIST.number : 0;
  }
}

function keyOf(index: number): Uint8Array {
  return new Uint8Array([index, index >> 8, index >> 16, index >> 24]);
}

function indexOf(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0, true);
}
