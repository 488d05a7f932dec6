import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { test } from 'node:test';
import type { UnwindTable } from '../../dwarf/index.ts';
import {
  INNERMOST_ONLY,
  type MapAccess,
  SIGNAL_FRAME,
  UNCHANGED,
  type UnwindMaps,
  unwindKinds,
  unwindProcess,
  unwindRange,
  unwindRow,
  unwindRule,
} from '../../program/index.ts';
import { ElfFiles } from '../elf-files.ts';
import { type Mapping, readMaps } from '../process-maps.ts';
import { TableStore } from './table-store.ts';
import { UnwindTables } from './unwind-tables.ts';

const maps: UnwindMaps = { processes: 0, ranges: 1, rows: 2, rules: 3 };
const RULE_STRIDE = 32;

/** Maps in memory. */
class Maps implements MapAccess {
  readonly arrays = new Map<number, Uint8Array>();
  readonly processes = new Map<number, Uint8Array>();

  entries() {
    return [...this.processes].map(([pid, value]) => {
      return { key: new Uint8Array(Uint32Array.of(pid).buffer), values: [value] };
    });
  }
  readArray(map: number): Uint8Array {
    return this.arrays.get(map) ?? new Uint8Array(0);
  }
  writeArray(map: number, offset: number, bytes: Uint8Array): void {
    const old = this.readArray(map);
    const whole = new Uint8Array(Math.max(old.length, offset + bytes.length));
    whole.set(old);
    whole.set(bytes, offset);
    this.arrays.set(map, whole);
  }
  update(_map: number, key: Uint8Array, [value]: readonly Uint8Array[]): void {
    assert.ok(value);
    this.processes.set(new DataView(key.buffer).getUint32(0, true), value.slice());
  }
  delete(): void {}

  rangesOf(pid: number) {
    const { firstRange, ranges } = unwindProcess.decode(this.processes.get(pid) ?? new Uint8Array(0));
    return Array.from({ length: ranges }, (_unused, index) =>
      unwindRange.decode(this.readArray(maps.ranges), (firstRange + index) * unwindRange.size),
    );
  }
}

test('rows and rules of files lie behind each other, and equal rules are one', () => {
  const store = new TableStore();
  const table: UnwindTable = {
    starts: Uint32Array.of(0, 16),
    ruleOf: Uint32Array.of(1, 0),
    base: 0x1000,
    rules: [
      { kind: 'none' },
      {
        kind: 'step',
        frame: { kind: 'loaded', base: 10, offset: -8, add: 3 },
        returnAddress: { base: 16, offset: -8 },
        bp: { base: 6, offset: 0 },
        bx: undefined,
        isSignalFrame: true,
      },
    ],
  };
  const rulesBefore = store.ruleCount;
  const first = store.add(table);
  const second = store.add(table);
  assert.deepEqual(second, { firstRow: first.firstRow + 2, rows: 2, base: 0x1000n });
  assert.equal(store.ruleCount, rulesBefore + 1, 'none was there already');
  const row = unwindRow.decode(store.rows.since(0), second.firstRow * unwindRow.size);
  assert.deepEqual(unwindRule.decode(store.rules.since(0), row.rule * RULE_STRIDE), {
    kind: unwindKinds.loaded,
    frameBase: 10,
    frameOffset: -8,
    frameExtra: 3,
    returnBase: 16,
    returnOffset: -8,
    bpBase: 6,
    bpOffset: 0,
    bxBase: UNCHANGED,
    bxOffset: 0,
    flags: SIGNAL_FRAME | INNERMOST_ONLY,
  });
});

test('the mappings of a process become ranges, ascending, and are looked at again only when code was missed', async (t) => {
  const child = spawn('cat');
  t.after(() => child.kill());
  // When it answers, it has everything mapped.
  child.stdin.write('here\n');
  await once(child.stdout, 'data');
  const { pid = 0 } = child;
  let time = 0;
  const tables = new UnwindTables(new ElfFiles(), { warn: (text) => assert.fail(text), now: () => time });
  assert.equal(tables.addProcess(0x3fffff), false);
  assert.equal(tables.addProcess(pid), true);
  const sizes = tables.sizes(maps);
  const memory = new Maps();
  tables.connect(memory, maps);
  const ranges = memory.rangesOf(pid);
  assert.ok(ranges.length > 3);
  assert.ok(ranges.every(({ start }, index) => index === 0 || start > (ranges[index - 1]?.start ?? 0n)));
  // The C library has a table of many rows.
  assert.ok(ranges.some(({ rows }) => rows > 10_000));
  for (const { firstRow, rows } of ranges) {
    assert.ok((firstRow + rows) * unwindRow.size <= memory.readArray(maps.rows).length);
    assert.ok(firstRow + rows <= (sizes.get(maps.rows) ?? 0));
  }
  const before = memory.processes.get(pid);
  let looks = 0;
  const entries = memory.entries.bind(memory);
  memory.entries = () => {
    looks++;
    return entries();
  };
  const wait = (milliseconds: number): number => {
    time += milliseconds;
    tables.refresh();
    return looks;
  };
  assert.equal(wait(1), 0);
  assert.equal(wait(20), 1);
  assert.equal(memory.processes.get(pid), before, 'nothing was missed');
  // Code that is missed again and again, with nothing new mapped, is asked about less and less often.
  const miss = (misses: bigint): void => {
    const entry = unwindProcess.decode(before ?? new Uint8Array(0));
    memory.processes.set(pid, unwindProcess.encode({ ...entry, misses }));
  };
  miss(1n);
  assert.equal(wait(20), 2);
  miss(2n);
  assert.equal(wait(20), 2);
  assert.equal(wait(20), 3);
});

test('a process whose vdso cannot be read says nothing of the vdso of others', async (t) => {
  const children = [spawn('cat'), spawn('cat')];
  t.after(() => {
    for (const child of children) child.kill();
  });
  for (const { stdin, stdout } of children) {
    stdin.write('here\n');
    await once(stdout, 'data');
  }
  const [first = 0, second = 0] = children.map(({ pid }) => pid);
  // What one that has unmapped the first page of it shows, then all of it.
  for (const shown of [(whole: Uint8Array) => whole.fill(0, 0, 4096), () => new Uint8Array(0)]) {
    const tables = new UnwindTables(new ElfFiles(), {
      warn: (text) => assert.fail(text),
      readMapped: (pid) => (pid === first ? shown(ownVdso()) : ownVdso()),
    });
    assert.ok(tables.addProcess(first));
    assert.ok(tables.addProcess(second));
    const memory = new Maps();
    tables.connect(memory, maps);
    assert.equal(vdsoRows(memory, first), 1, 'unwound by frame pointers');
    assert.ok(vdsoRows(memory, second) > 1);
  }
});

function ownVdso(): Uint8Array {
  const { start, end } = vdsoOf(process.pid);
  const bytes = new Uint8Array(Number(end - start));
  const fd = openSync('/proc/self/mem', 'r');
  readSync(fd, bytes, 0, bytes.length, start);
  closeSync(fd);
  return bytes;
}

/** How many rows the table has that the vdso of a process is unwound by. */
function vdsoRows(memory: Maps, pid: number): number {
  const { end } = vdsoOf(pid);
  const range = memory.rangesOf(pid).find(({ start, size }) => start + size === end);
  assert.ok(range);
  return range.rows;
}

function vdsoOf(pid: number): Mapping {
  const mapping = readMaps(pid)?.find(({ path }) => path === '[vdso]');
  assert.ok(mapping);
  return mapping;
}
