import { alignUp, errnos } from '../base/index.ts';
import { type MapType, mapTypes, updateFlags } from '../bpf/index.ts';
import { bpfCall, bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import { attr, checked, Mapping, pageSize, pin, pinZeros } from './sys/index.ts';

/** A map to create. Sizes are bytes. */
interface MapSpec {
  /** The kernel keeps 15 characters of letters, digits, `_` and `.`; others become `_`. */
  readonly name?: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* bits, as `mapFlags`. */
  readonly flags?: number;
  /** BTF of key and value, for values that hold timers, locks or kernel pointers. */
  readonly btf?: { readonly fd: Fd; readonly keyTypeId: number; readonly valueTypeId: number };
}

/** One entry. `value` is all of it: in a per-CPU map the rows of all possible CPUs. */
interface MapEntryBytes {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const perCpuTypes: ReadonlySet<MapType> = new Set<MapType>([
  'BPF_MAP_TYPE_PERCPU_HASH',
  'BPF_MAP_TYPE_PERCPU_ARRAY',
  'BPF_MAP_TYPE_LRU_PERCPU_HASH',
  'BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE',
]);

/** Bytes that a key may have before Linux 5.11: as many as a stack, MAX_BPF_STACK. */
const OLD_KEY_LIMIT = 512;

/** Keys asked for in the first batch; it doubles when a bucket does not fit. */
const FIRST_BATCH = 1024;

/** @throws KernelError when the kernel refuses. @param possibleCpus rows of a value in a per-CPU map. */
export function createMap(spec: MapSpec, possibleCpus: number): BpfMap {
  const encoded = attr.mapCreateAttr.encode({
    map_type: mapTypes[spec.type],
    key_size: spec.keySize,
    value_size: spec.valueSize,
    max_entries: spec.maxEntries,
    map_flags: spec.flags ?? 0,
    map_name: objectName(spec.name ?? ''),
    ...(spec.btf === undefined
      ? {}
      : {
          btf_fd: spec.btf.fd.raw,
          btf_key_type_id: spec.btf.keyTypeId,
          btf_value_type_id: spec.btf.valueTypeId,
        }),
  });
  const created = checked('bpf(BPF_MAP_CREATE)', bpfResult('BPF_MAP_CREATE', encoded), describeMap(spec));
  return new BpfMap(new Fd(created), spec, possibleCpus);
}

/** What a refusal is about. Source of the limit: kernel/bpf/hashtab.c of Linux 5.10, htab_map_alloc_check. */
function describeMap({ name, type, keySize, valueSize, maxEntries }: MapSpec): string {
  const shape = `map ${name ?? 'without name'}, ${type}, ${maxEntries} entries with keys of ${keySize} bytes and values of ${valueSize}`;
  return keySize > OLD_KEY_LIMIT
    ? `${shape}; old kernels take keys of ${OLD_KEY_LIMIT} bytes at most`
    : shape;
}

/** A name as bpf(2) takes it for maps and progs: 15 characters of letters, digits, `_` and `.`. */
export function objectName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.]/g, '_').slice(0, 15);
}

/** A BPF map and the descriptor that keeps it. */
export class BpfMap implements Disposable {
  readonly fd: Fd;
  readonly spec: MapSpec;
  readonly isPerCpu: boolean;
  /** Bytes of one row: in a per-CPU map `valueSize` rounded up to 8. */
  readonly rowSize: number;
  readonly rowCount: number;
  /** Bytes of a whole value as bpf(2) copies it. */
  readonly valueBytes: number;

  constructor(fd: Fd, spec: MapSpec, possibleCpus: number) {
    this.fd = fd;
    this.spec = spec;
    this.isPerCpu = perCpuTypes.has(spec.type);
    this.rowSize = this.isPerCpu ? alignUp(spec.valueSize, 8) : spec.valueSize;
    this.rowCount = this.isPerCpu ? possibleCpus : 1;
    this.valueBytes = this.rowSize * this.rowCount;
  }

  /** A copy of the value; undefined when there is no such key. @throws KernelError */
  lookup(key: Uint8Array): Uint8Array | undefined {
    const pinnedKey = pin(this.#checkedKey(key));
    const value = pinZeros(this.valueBytes);
    const encoded = attr.mapElemAttr.encode({
      map_fd: this.fd.raw,
      key: pinnedKey.address,
      value: value.address,
    });
    const result = bpfResult('BPF_MAP_LOOKUP_ELEM', encoded, [pinnedKey, value]);
    if (result === -errnos.ENOENT.number) return undefined;
    checked('bpf(BPF_MAP_LOOKUP_ELEM)', result);
    return value.bytes;
  }

  /**
   * Sets a value. For a per-CPU map, `value` holds the rows of all possible CPUs, or one row that all get.
   *
   * @throws KernelError: E2BIG when the map is full, EEXIST and ENOENT as `flag` asks.
   */
  update(key: Uint8Array, value: Uint8Array, flag: keyof typeof updateFlags = 'BPF_ANY'): void {
    const pinnedKey = pin(this.#checkedKey(key));
    const pinnedValue = pin(this.#wholeValue(value));
    const encoded = attr.mapElemAttr.encode({
      map_fd: this.fd.raw,
      key: pinnedKey.address,
      value: pinnedValue.address,
      flags: BigInt(updateFlags[flag]),
    });
    bpfCall('BPF_MAP_UPDATE_ELEM', encoded, [pinnedKey, pinnedValue]);
  }

  /** Whether there was such a key. @throws KernelError */
  delete(key: Uint8Array): boolean {
    const pinnedKey = pin(this.#checkedKey(key));
    const encoded = attr.mapElemAttr.encode({ map_fd: this.fd.raw, key: pinnedKey.address });
    const result = bpfResult('BPF_MAP_DELETE_ELEM', encoded, pinnedKey);
    if (result === -errnos.ENOENT.number) return false;
    checked('bpf(BPF_MAP_DELETE_ELEM)', result);
    return true;
  }

  /** The key after `key` in the map's own order, the first one after undefined; undefined at the end. @throws KernelError */
  nextKey(key: Uint8Array | undefined): Uint8Array | undefined {
    const from = key === undefined ? undefined : pin(this.#checkedKey(key));
    const next = pinZeros(this.spec.keySize);
    const encoded = attr.mapElemAttr.encode({
      map_fd: this.fd.raw,
      key: from?.address ?? 0n,
      next_key: next.address,
    });
    const result = bpfResult('BPF_MAP_GET_NEXT_KEY', encoded, [from, next]);
    if (result === -errnos.ENOENT.number) return undefined;
    checked('bpf(BPF_MAP_GET_NEXT_KEY)', result);
    return next.bytes;
  }

  /**
   * All entries, copied, in no particular order: in batches where the kernel has them (Linux 5.6), else key by key. Entries that come or go
   * meanwhile may be missed; none is given twice.
   *
   * @throws KernelError
   */
  entries(): MapEntryBytes[] {
    return this.#batches() ?? this.#keyByKey();
  }

  /** All keys, without their values. @throws KernelError */
  keys(): Uint8Array[] {
    const keys: Uint8Array[] = [];
    const seen = new Set<string>();
    // A key that is deleted while it is the cursor sends the walk back to the start; what was seen is skipped then.
    for (let key = this.nextKey(undefined); key !== undefined; key = this.nextKey(key)) {
      const text = String.fromCharCode(...key);
      if (seen.has(text)) {
        if (seen.size >= this.spec.maxEntries) break;
        continue;
      }
      seen.add(text);
      keys.push(key);
    }
    return keys;
  }

  /** Deletes all entries. @throws KernelError */
  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  /** The rows of a value by possible CPU, each `valueSize` bytes, as views; one row for a map that is not per-CPU. */
  rows(value: Uint8Array): Uint8Array[] {
    return Array.from({ length: this.rowCount }, (_unused, cpu) =>
      value.subarray(cpu * this.rowSize, cpu * this.rowSize + this.spec.valueSize),
    );
  }

  /** Forbids writes from user space for good; with BPF_F_RDONLY_PROG the verifier then takes the bytes as constants. Linux 5.2. @throws KernelError */
  freeze(): void {
    bpfCall('BPF_MAP_FREEZE', attr.mapElemAttr.encode({ map_fd: this.fd.raw }));
  }

  /** Maps the values of an array made with BPF_F_MMAPABLE: live and writable. Linux 5.5. @throws KernelError */
  map(): Mapping {
    const length = alignUp(alignUp(this.spec.valueSize, 8) * this.spec.maxEntries, pageSize());
    return new Mapping(this.fd.raw, length, { writable: true });
  }

  [Symbol.dispose](): void {
    this.fd[Symbol.dispose]();
  }

  #checkedKey(key: Uint8Array): Uint8Array {
    if (key.length !== this.spec.keySize) {
      throw new RangeError(
        `a key of ${key.length} bytes, where ${this.#describe()} has keys of ${this.spec.keySize}`,
      );
    }
    return key;
  }

  #wholeValue(value: Uint8Array): Uint8Array {
    if (value.length === this.valueBytes) return value;
    if (this.isPerCpu && value.length === this.spec.valueSize) {
      const whole = new Uint8Array(this.valueBytes);
      for (let cpu = 0; cpu < this.rowCount; cpu++) whole.set(value, cpu * this.rowSize);
      return whole;
    }
    throw new RangeError(
      `a value of ${value.length} bytes, where ${this.#describe()} has ${this.valueBytes}`,
    );
  }

  #describe(): string {
    return `map ${this.spec.name ?? ''} (${this.spec.type})`;
  }

  /** undefined when this kernel or this kind of map has no batches. */
  #batches(): MapEntryBytes[] | undefined {
    const { keySize } = this.spec;
    const entries: MapEntryBytes[] = [];
    // A hash's cursor is a bucket number, an array's an index: 4 bytes; others keep a key there.
    const cursorIn = pinZeros(Math.max(keySize, 8));
    const cursorOut = pinZeros(Math.max(keySize, 8));
    let capacity = Math.min(FIRST_BATCH, Math.max(this.spec.maxEntries, 1));
    let isFirst = true;
    for (;;) {
      const keys = pinZeros(capacity * keySize);
      const values = pinZeros(capacity * this.valueBytes);
      const encoded = attr.mapBatchAttr.encode({
        in_batch: isFirst ? 0n : cursorIn.address,
        out_batch: cursorOut.address,
        keys: keys.address,
        values: values.address,
        count: capacity,
        map_fd: this.fd.raw,
      });
      const result = bpfResult('BPF_MAP_LOOKUP_BATCH', encoded, [keys, values, cursorIn, cursorOut]);
      if (result === -errnos.ENOSPC.number) {
        // A bucket holds more than fits.
        capacity *= 2;
        continue;
      }
      const isDone = result === -errnos.ENOENT.number;
      if (!isDone) {
        const isMissing = result === -errnos.EINVAL.number || result === -errnos.ENOTSUPP.number;
        if (isMissing && isFirst) return undefined;
        checked('bpf(BPF_MAP_LOOKUP_BATCH)', result);
      }
      const { count } = attr.mapBatchAttr.decode(encoded);
      for (let index = 0; index < count; index++) {
        entries.push({
          key: keys.bytes.subarray(index * keySize, (index + 1) * keySize),
          value: values.bytes.subarray(index * this.valueBytes, (index + 1) * this.valueBytes),
        });
      }
      if (isDone) return entries;
      cursorIn.bytes.set(cursorOut.bytes);
      isFirst = false;
    }
  }

  #keyByKey(): MapEntryBytes[] {
    const entries: MapEntryBytes[] = [];
    for (const key of this.keys()) {
      const value = this.lookup(key);
      if (value !== undefined) entries.push({ key, value });
    }
    return entries;
  }
}
