import { closeSync, openSync, readSync } from 'node:fs';
import { DwarfError, type UnwindTable } from '../../dwarf/index.ts';
import { ElfError, ElfFile } from '../../elf/index.ts';
import {
  type MapAccess,
  RANGE_SEARCH_STEPS,
  ROW_SEARCH_STEPS,
  type UnwindMaps,
  unwindProcess,
  unwindRange,
} from '../../program/index.ts';
import type { ElfFiles } from '../elf-files.ts';
import { isFileMapping, type Mapping, pathOfMapped, readMaps } from '../process-maps.ts';
import { isUnwindable, tableOf } from './frame-section.ts';
import { type TablePlace, TableStore } from './table-store.ts';

/** What is there is searched in so many steps at most. */
const MAX_RANGES_OF_PROCESS = 2 ** RANGE_SEARCH_STEPS - 1;
const MAX_ROWS_OF_FILE = 2 ** ROW_SEARCH_STEPS - 1;

/** Room for what processes map while they are traced: 4 MB of rows (ten C libraries), and some hundred changes of mappings. */
const SPARE_ROWS = 524_288;
const SPARE_RULES = 4096;
const SPARE_RANGES = 16_384;

/** How often mappings are looked at again, at most: at first, and for a process where that showed nothing new. */
const REFRESH_MS = 20;
const MAX_REFRESH_MS = 2000;

interface Followed {
  readonly pid: number;
  /** Its mappings when its ranges were made, as text to compare. */
  mappings: string;
  misses: bigint;
  /** Not before this time again, and then how much later. */
  nextMs: number;
  waitMs: number;
}

export interface UnwindTablesOptions {
  /** Says what will not be unwound by tables, and why. */
  readonly warn: (text: string) => void;
  /** A clock in milliseconds. */
  readonly now?: () => number;
  /** The bytes of a mapping; fewer where they cannot be read. */
  readonly readMapped?: (pid: number, mapping: Mapping) => Uint8Array;
}

/**
 * Tables for unwinding the user stacks of chosen processes (dw_ustack): made from .eh_frame of what they have mapped, put into the program's maps,
 * and added to when they map more. Code that was met without a table is the sign to look at the mappings again, so what a process maps later
 * (dlopen, exec) is missed for some milliseconds.
 */
export class UnwindTables {
  readonly #warn: UnwindTablesOptions['warn'];
  readonly #elfFiles: ElfFiles;
  readonly #now: () => number;
  readonly #readMapped: (pid: number, mapping: Mapping) => Uint8Array;
  readonly #store = new TableStore();
  readonly #byFile = new Map<ElfFile, TablePlace>();
  readonly #processes = new Map<number, Followed>();
  /** Ranges that are used, of all processes; old ones of a process are not used again. */
  #rangeCount = 0;
  readonly #ranges: Uint8Array[] = [];
  readonly #entries = new Map<number, Uint8Array>();
  /** Of the vdso, which is the same in all processes: once one of them has shown it. */
  #vdso: TablePlace | undefined;
  #sink: Sink | undefined;

  constructor(
    elfFiles: ElfFiles,
    { warn, now = () => performance.now(), readMapped = readMemory }: UnwindTablesOptions,
  ) {
    this.#elfFiles = elfFiles;
    this.#warn = warn;
    this.#now = now;
    this.#readMapped = readMapped;
  }

  /** Makes tables for a file that will be mapped, so that there is room for them. */
  expectFile(path: string): void {
    const elf = this.#elfFiles.open(path);
    if (elf) this.#placeOf(elf, path);
  }

  /** Makes the tables of a process as it is now; false when there is no such process. */
  addProcess(pid: number): boolean {
    const mappings = readMaps(pid);
    if (!mappings) return false;
    const text = shape(mappings);
    const known = this.#processes.get(pid);
    if (known?.mappings === text) return true;
    this.#setRanges(pid, this.#rangesOf(pid, mappings));
    this.#processes.set(pid, {
      pid,
      mappings: text,
      misses: known?.misses ?? 0n,
      nextMs: this.#now() + REFRESH_MS,
      waitMs: REFRESH_MS,
    });
    this.#sink?.write();
    return true;
  }

  /** How many entries the maps have to have, by index. */
  sizes(maps: UnwindMaps): ReadonlyMap<number, number> {
    return new Map([
      [maps.ranges, this.#rangeCount + SPARE_RANGES],
      [maps.rows, this.#store.rowCount + SPARE_ROWS],
      [maps.rules, this.#store.ruleCount + SPARE_RULES],
    ]);
  }

  /** From now on tables go into these maps, beginning with those that are there. */
  connect(access: MapAccess, maps: UnwindMaps): void {
    const room = {
      rows: this.#store.rowCount + SPARE_ROWS,
      rules: this.#store.ruleCount + SPARE_RULES,
      ranges: this.#rangeCount + SPARE_RANGES,
    };
    let rowBytes = 0;
    let ruleBytes = 0;
    let ranges = 0;
    this.#sink = {
      room,
      misses: () => missesOf(access, maps.processes),
      write: () => {
        // What is pointed to comes before what points to it.
        const { rows, rules } = this.#store;
        access.writeArray(maps.rules, ruleBytes, rules.since(ruleBytes));
        access.writeArray(maps.rows, rowBytes, rows.since(rowBytes));
        ruleBytes = rules.length;
        rowBytes = rows.length;
        for (const bytes of this.#ranges.splice(0)) {
          access.writeArray(maps.ranges, ranges * unwindRange.size, bytes);
          ranges += bytes.length / unwindRange.size;
        }
        for (const [pid, entry] of this.#entries) access.update(maps.processes, keyOf(pid), [entry]);
        this.#entries.clear();
      },
    };
    this.#sink.write();
  }

  /** To be called now and then: looks at the mappings of processes again whose code was met without a table. */
  refresh(): void {
    const now = this.#now();
    const due = [...this.#processes.values()].filter(({ nextMs }) => nextMs <= now);
    if (due.length === 0 || !this.#sink) return;
    const misses = this.#sink.misses();
    for (const process of due) {
      const count = misses.get(process.pid) ?? process.misses;
      if (count === process.misses) {
        process.nextMs = now + REFRESH_MS;
        continue;
      }
      const before = process.mappings;
      this.addProcess(process.pid);
      const after = this.#processes.get(process.pid) ?? process;
      after.misses = count;
      // Code made at run time is met again and again, and has no table.
      after.waitMs = after.mappings === before ? Math.min(process.waitMs * 2, MAX_REFRESH_MS) : REFRESH_MS;
      after.nextMs = now + after.waitMs;
    }
  }

  #setRanges(pid: number, ranges: readonly Uint8Array[]): void {
    const firstRange = this.#rangeCount;
    if (this.#sink && firstRange + ranges.length > this.#sink.room.ranges) {
      this.#warn(
        `no room for the mappings that process ${pid} has now: it is unwound by those it had before`,
      );
      return;
    }
    this.#ranges.push(...ranges);
    this.#rangeCount += ranges.length;
    const misses = this.#processes.get(pid)?.misses ?? 0n;
    this.#entries.set(pid, unwindProcess.encode({ firstRange, ranges: ranges.length, misses }));
  }

  #rangesOf(pid: number, mappings: readonly Mapping[]): Uint8Array[] {
    return mappings
      .filter((mapping) => mapping.executable)
      .slice(0, MAX_RANGES_OF_PROCESS)
      .map((mapping) => this.#rangeOf(pid, mapping));
  }

  #rangeOf(pid: number, mapping: Mapping): Uint8Array {
    const { bias, place } = this.#tableAt(pid, mapping);
    // In front of its first entry a table says nothing.
    const start = mapping.start > bias || place.rows === 1 ? mapping.start : bias;
    return unwindRange.encode({
      start,
      size: start < mapping.end ? mapping.end - start : 0n,
      bias: BigInt.asUintN(64, bias),
      firstRow: place.firstRow,
      rows: place.rows,
    });
  }

  /** The table of a mapping, and what to subtract from addresses to search it. */
  #tableAt(pid: number, mapping: Mapping): { readonly bias: bigint; readonly place: TablePlace } {
    if (mapping.path === '[uprobes]') return { bias: mapping.start, place: this.#store.deadEnd };
    if (mapping.path === '[vdso]') {
      const place = this.#vdsoOf(pid, mapping);
      return { bias: mapping.start + place.base, place };
    }
    const elf = isFileMapping(mapping) ? this.#fileOf(pid, mapping) : undefined;
    const address = elf?.addressOfOffset(mapping.offset + elf.start);
    const place = elf && address !== undefined ? this.#placeOf(elf, mapping.path) : undefined;
    if (!place || address === undefined) return { bias: mapping.start, place: this.#store.byPointer };
    return { bias: mapping.start - address + place.base, place };
  }

  #fileOf(pid: number, mapping: Mapping): ElfFile | undefined {
    const path = pathOfMapped(pid, mapping);
    return path === undefined ? undefined : this.#elfFiles.open(path);
  }

  /** The table of a file; that of no file where it has none, or there is no room for it. */
  #placeOf(elf: ElfFile, path: string): TablePlace {
    let place = this.#byFile.get(elf);
    if (!place) {
      place = this.#newPlace(elf, path);
      this.#byFile.set(elf, place);
    }
    return place;
  }

  #newPlace(elf: ElfFile, path: string): TablePlace {
    const { byPointer } = this.#store;
    const refuse = (why: string): TablePlace => {
      this.#warn(`${path} is unwound by frame pointers: ${why}`);
      return byPointer;
    };
    try {
      const table = tableOf(elf);
      if (!table) return byPointer;
      return this.#hasRoomFor(table) ? this.#store.add(table) : refuse('there is no room for its table');
    } catch (error) {
      if (error instanceof ElfError || error instanceof DwarfError) return refuse(error.message);
      throw error;
    }
  }

  #hasRoomFor({ starts, rules }: UnwindTable): boolean {
    if (starts.length > MAX_ROWS_OF_FILE) return false;
    if (!this.#sink) return true;
    const { room } = this.#sink;
    return (
      this.#store.rowCount + starts.length <= room.rows && this.#store.ruleCount + rules.length <= room.rules
    );
  }

  /** What the kernel maps into every process is a binary without a file. A process that does not show it says nothing of the others. */
  #vdsoOf(pid: number, mapping: Mapping): TablePlace {
    if (this.#vdso) return this.#vdso;
    const elf = this.#imageOf(pid, mapping);
    if (!elf) return this.#store.byPointer;
    this.#vdso = this.#newPlace(elf, mapping.path);
    return this.#vdso;
  }

  /** Undefined when the process is gone, has unmapped a part, or is one of 32 bits, which has another. */
  #imageOf(pid: number, mapping: Mapping): ElfFile | undefined {
    const bytes = this.#readMapped(pid, mapping);
    if (bytes.length < mapping.end - mapping.start) return undefined;
    try {
      const elf = new ElfFile(bytes);
      return isUnwindable(elf) ? elf : undefined;
    } catch (error) {
      if (error instanceof ElfError) return undefined;
      throw error;
    }
  }
}

interface Sink {
  /** Entries that the maps have. */
  readonly room: { readonly rows: number; readonly rules: number; readonly ranges: number };
  /** Sends what is new. */
  write(): void;
  /** By pid. */
  misses(): ReadonlyMap<number, bigint>;
}

function missesOf(access: MapAccess, map: number): ReadonlyMap<number, bigint> {
  return new Map(
    access.entries(map).map(({ key, values }) => {
      const pid = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
      return [pid, values[0] ? unwindProcess.decode(values[0]).misses : 0n];
    }),
  );
}

function keyOf(pid: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, pid, true);
  return key;
}

/** What matters of mappings, to see whether they changed. */
function shape(mappings: readonly Mapping[]): string {
  return mappings
    .filter(({ executable }) => executable)
    .map(({ start, end, offset, file, path }) => `${start}-${end} ${offset} ${file} ${path}`)
    .join('\n');
}

/** Bytes of a process's memory; none where they cannot be read. */
function readMemory(pid: number, mapping: Mapping): Uint8Array {
  const bytes = new Uint8Array(Number(mapping.end - mapping.start));
  try {
    const fd = openSync(`/proc/${pid}/mem`, 'r');
    try {
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, mapping.start));
    } finally {
      closeSync(fd);
    }
  } catch {
    return new Uint8Array(0); // the process is gone, or not ours to see
  }
}
