import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BoundedCache } from '../base/index.ts';
import type { ElfFile } from '../elf/index.ts';
import type { SymbolFrame } from '../program/index.ts';
import type { ElfFiles } from './elf-files.ts';
import { findPerfMapEntry, type PerfMapEntry, parsePerfMap } from './perf-map.ts';
import { isFileMapping, type Mapping, readMaps } from './process-maps.ts';

/** Processes whose mappings are remembered, also after their end. */
const MAX_PROCESSES = 1024;

export interface UserSymbolOptions {
  readonly elfFiles: ElfFiles;
  /** PER_PID: mappings are read per process; NONE: nothing is remembered between two questions. */
  readonly cache: 'PER_PID' | 'PER_PROGRAM' | 'NONE';
  /** Turns a mangled name into what is shown. */
  readonly demangle: (name: string) => string;
}

interface ProcessView {
  readonly mappings: readonly Mapping[];
  /** What ran when the mappings were read: after an exec they are read again. */
  readonly executable: string;
  perfMap?: { readonly entries: readonly PerfMapEntry[]; readonly stamp: string };
}

/**
 * Names for addresses of processes: the mapping an address lies in, then the symbols of its file; for anonymous memory the
 * compiler's own list in /tmp/perf-PID.map.
 *
 * A process's mappings are read when it is first asked about, and again when an address lies in none of them (a library was loaded).
 * They are kept when it ends, so addresses captured before can still be named.
 */
export class UserSymbols {
  readonly #options: UserSymbolOptions;
  readonly #processes = new BoundedCache<number, ProcessView>(MAX_PROCESSES);

  constructor(options: UserSymbolOptions) {
    this.#options = options;
  }

  /** Reads the mappings of a process now, for names after its end. */
  remember(pid: number): void {
    if (this.#options.cache !== 'NONE') this.#view(pid);
  }

  /**
   * Frames at an address of a process; [] when unknown.
   *
   * @param fallback the binary whose probe captured the address, for processes that are gone: right when it has fixed addresses.
   */
  at(pid: number, address: bigint, fallback?: string): readonly SymbolFrame[] {
    if (this.#options.cache === 'NONE') this.#processes.delete(pid);
    let view = this.#view(pid);
    let mapping = view && findMapping(view.mappings, address);
    if (view && !mapping) {
      // The list may be older than the library.
      view = this.#readView(pid) ?? view;
      mapping = findMapping(view.mappings, address);
    }
    if (!view) return fallback === undefined ? [] : this.#atFixedAddress(fallback, address);
    if (mapping && isFileMapping(mapping)) return this.#inFile(pid, mapping, address);
    if (mapping?.path === '[vdso]')
      return [{ name: '[vdso]', offset: address - mapping.start, module: '[vdso]' }];
    return this.#inPerfMap(pid, view, address);
  }

  #view(pid: number): ProcessView | undefined {
    const known = this.#processes.get(pid);
    const executable = executableOf(pid);
    // A process that ended keeps its last view; one that runs something else now has a new one.
    if (known && (executable === undefined || executable === known.executable)) return known;
    return this.#readView(pid);
  }

  #readView(pid: number): ProcessView | undefined {
    const mappings = readMaps(pid);
    const executable = executableOf(pid);
    if (!mappings || mappings.length === 0 || executable === undefined) return undefined;
    const view: ProcessView = { mappings, executable };
    this.#processes.set(pid, view);
    return view;
  }

  #inFile(pid: number, mapping: Mapping, address: bigint): readonly SymbolFrame[] {
    // Through the process's root, so that containers' files are found; the plain path serves when the process is gone.
    const elf =
      this.#options.elfFiles.open(`/proc/${pid}/root${mapping.path}`) ??
      this.#options.elfFiles.open(mapping.path);
    if (!elf) return [];
    const fileAddress = elf.addressOfOffset(address - mapping.start + mapping.offset);
    return fileAddress === undefined ? [] : this.#frames(elf, fileAddress, mapping.path);
  }

  #atFixedAddress(path: string, address: bigint): readonly SymbolFrame[] {
    const elf = this.#options.elfFiles.open(path);
    return elf && !elf.isPositionIndependent ? this.#frames(elf, address, path) : [];
  }

  #frames(elf: ElfFile, fileAddress: bigint, path: string): readonly SymbolFrame[] {
    const symbol = elf.functionAt(fileAddress);
    if (!symbol) return [];
    return [
      { name: this.#options.demangle(symbol.name), offset: fileAddress - symbol.address, module: path },
    ];
  }

  #inPerfMap(pid: number, view: ProcessView, address: bigint): readonly SymbolFrame[] {
    const path = perfMapPath(pid);
    const stamp = stampOf(path);
    if (stamp !== undefined && view.perfMap?.stamp !== stamp) {
      try {
        view.perfMap = { entries: parsePerfMap(readFileSync(path, 'utf8')), stamp };
      } catch {
        // Removed between the two looks: the entries read before still hold.
      }
    }
    const entry = view.perfMap && findPerfMapEntry(view.perfMap.entries, address);
    return entry ? [{ name: entry.name, offset: address - entry.start, module: basename(path) }] : [];
  }
}

function findMapping(mappings: readonly Mapping[], address: bigint): Mapping | undefined {
  return mappings.find((mapping) => address >= mapping.start && address < mapping.end);
}

function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

/** Inside a container the file is named after the pid there, in the container's /tmp. */
function perfMapPath(pid: number): string {
  let innerPid = pid;
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    innerPid = Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1] ?? pid);
  } catch {
    return `/tmp/perf-${pid}.map`;
  }
  return `/proc/${pid}/root/tmp/perf-${innerPid}.map`;
}

function stampOf(path: string): string | undefined {
  try {
    const stat = statSync(path);
    // Anyone can write to /tmp: only a plain file of a sensible size is read.
    return stat.isFile() && stat.size < MAX_PERF_MAP_BYTES
      ? `${stat.ino}:${stat.size}:${stat.mtimeMs}`
      : undefined;
  } catch {
    return undefined;
  }
}

const MAX_PERF_MAP_BYTES = 256 * 1024 * 1024;
