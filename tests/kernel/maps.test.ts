import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapFlags } from '../../src/bpf/index.ts';
import { createMap, isKernelError, possibleCpuCount } from '../../src/kernel/index.ts';
import { requireRoot } from '../support/requirements.ts';

const u32 = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);
const u64 = (value: bigint) => new Uint8Array(new BigUint64Array([value]).buffer);
const readU64 = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
const readU32 = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

test('a hash keeps, finds, lists and forgets', (t) => {
  if (!requireRoot(t)) return;
  const cpus = possibleCpuCount();
  using map = createMap(
    { name: 'counts', type: 'BPF_MAP_TYPE_HASH', keySize: 4, valueSize: 8, maxEntries: 4096 },
    cpus,
  );
  for (let key = 0; key < 3000; key++) map.update(u32(key), u64(BigInt(key) * 3n));
  assert.equal(readU64(map.lookup(u32(7)) ?? new Uint8Array(8)), 21n);
  assert.equal(map.lookup(u32(9999)), undefined);
  const entries = map.entries();
  assert.equal(entries.length, 3000);
  assert.ok(entries.every(({ key, value }) => readU64(value) === BigInt(readU32(key)) * 3n));
  assert.equal(new Set(entries.map(({ key }) => readU32(key))).size, 3000);
  assert.equal(map.keys().length, 3000);
  assert.equal(map.delete(u32(7)), true);
  assert.equal(map.delete(u32(7)), false);
  assert.throws(
    () => map.update(u32(1), u64(1n), 'BPF_NOEXIST'),
    (error) => isKernelError(error, 'EEXIST'),
  );
  map.clear();
  assert.deepEqual(map.entries(), []);
  assert.throws(() => map.lookup(new Uint8Array(3)), RangeError);
});

test('a full hash says so', (t) => {
  if (!requireRoot(t)) return;
  using map = createMap(
    { type: 'BPF_MAP_TYPE_HASH', keySize: 4, valueSize: 8, maxEntries: 2 },
    possibleCpuCount(),
  );
  map.update(u32(1), u64(1n));
  map.update(u32(2), u64(1n));
  assert.throws(
    () => map.update(u32(3), u64(1n)),
    (error) => isKernelError(error, 'E2BIG'),
  );
});

test('per-CPU values have a row per possible CPU', (t) => {
  if (!requireRoot(t)) return;
  const cpus = possibleCpuCount();
  using map = createMap({ type: 'BPF_MAP_TYPE_PERCPU_HASH', keySize: 4, valueSize: 4, maxEntries: 16 }, cpus);
  assert.equal(map.valueBytes, 8 * cpus);
  map.update(u32(1), u32(5));
  const value = map.lookup(u32(1));
  assert.ok(value !== undefined);
  assert.deepEqual(map.rows(value).map(readU32), Array<number>(cpus).fill(5));
  const [entry] = map.entries();
  assert.ok(entry !== undefined);
  assert.deepEqual(map.rows(entry.value).map(readU32), Array<number>(cpus).fill(5));
});

test('arrays: entries, mapping and freezing', (t) => {
  if (!requireRoot(t)) return;
  using map = createMap(
    {
      type: 'BPF_MAP_TYPE_ARRAY',
      keySize: 4,
      valueSize: 16,
      maxEntries: 1,
      flags: mapFlags.BPF_F_MMAPABLE,
    },
    possibleCpuCount(),
  );
  using mapping = map.map();
  const bytes = new Uint8Array(mapping.buffer);
  bytes[3] = 9;
  assert.equal(map.lookup(u32(0))?.[3], 9);
  map.update(u32(0), new Uint8Array(16).fill(7));
  assert.equal(bytes[15], 7);
  assert.equal(map.entries().length, 1);

  using frozen = createMap(
    {
      type: 'BPF_MAP_TYPE_ARRAY',
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
      flags: mapFlags.BPF_F_RDONLY_PROG,
    },
    possibleCpuCount(),
  );
  frozen.update(u32(0), u64(1n));
  frozen.freeze();
  assert.throws(
    () => frozen.update(u32(0), u64(2n)),
    (error) => isKernelError(error, 'EPERM'),
  );
});

test('a map that the kernel refuses is named with its sizes', (t) => {
  if (!requireRoot(t)) return;
  const create = (keySize: number, valueSize: number) => () =>
    createMap(
      { name: 'big', type: 'BPF_MAP_TYPE_HASH', keySize, valueSize, maxEntries: 9 },
      possibleCpuCount(),
    );
  assert.throws(
    create(4, 0x7fff_ffff),
    /map big, BPF_MAP_TYPE_HASH, 9 entries with keys of 4 bytes and values of 2147483647\)$/,
  );
  assert.throws(
    create(0x7fff_ffff, 4),
    /with keys of 2147483647 bytes and values of 4; old kernels take keys of 512 bytes at most\)$/,
  );
});
