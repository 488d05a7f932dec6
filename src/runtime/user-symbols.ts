import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { BoundedCache } from '../base/index.ts';
import { DwarfError, type DwarfFrame } from '../dwarf/index.ts';
import type { SymbolFrame } from '../program/index.ts';
import type { DebugInfo } from './debug-info.ts';
import type { ElfFiles } from './elf-files.ts';
import type { NotedMappings } from './noted-mappings.ts';
import { findPerfMapEntry, type PerfMap, readPerfMap } from './perf-map.ts';
import { isFileMapping, type Mapping, pathOfMapped, readMaps } from './process-maps.ts';

/** Processes whose mappings are remembered, also after their end. */
const MAX_PROCESSES = 1024;
/** In the place of an executable: the process was gone when it was first asked about. */
const NOBODY = '';
/** Addresses remembered per process. */
const MAX_FRAMES = 65_536;
/**
 * Mappings that were read again in vain are not read for this many times as long as that took: stacks without frame pointers have many words in
 * them that are no addresses, and each would ask for another look.
 */
const REREAD_REST = 10;
/** No system maps what is below, or at and above: 48 bits of addresses, 57 where pages have five levels, half of them the kernel's. */
const lowestMapped = 0x1000n;
const pastMapped = 1n << 56n;

interface UserSymbolOptions {
  readonly elfFiles: ElfFiles;
  /** PER_PID: mappings are read per process; NONE: nothing is remembered between two questions. */
  readonly cache: 'PER_PID' | 'PER_PROGRAM' | 'NONE';
  /** Where lines and inlined functions are looked up; without it, names are those of symbol tables alone. */
  readonly debugInfo?: DebugInfo;
  /** What processes have mapped that are gone when they are asked about. */
  readonly noted?: NotedMappings;
  /** Turns a mangled name into what is shown. */
  readonly demangle: (name: string) => string;
}

/** How an address is to be understood. */
interface AddressContext {
  /** The binary whose probe captured the address, for processes that are gone: right when it has fixed addresses. */
  readonly fallback?: string | undefined;
  /** It is where a call returns to: function and line are those of the call in front of it. */
  readonly isCaller?: boolean;
}

interface ProcessView {
  readonly mappings: readonly Mapping[];
  /** What ran when the mappings were read: after an exec they are read again. */
  readonly executable: string;
  /** Answers given before: stacks repeat their addresses. Those for callers are under the address of the call. */
  readonly frames: Map<bigint, readonly SymbolFrame[]>;
  readonly callerFrames: Map<bigint, readonly SymbolFrame[]>;
  perfMap: PerfMap | undefined;
  /** Until then, by performance.now(), they are not read again for an address that lies in none of them. */
  restMs: number;
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

  /** Reads the mappings of a process as they are now, for names after its end. */
  remember(pid: number): void {
    if (this.#options.cache !== 'NONE') this.#readView(pid);
  }

  /** Mappings that were read, of a process that may be gone. */
  mappingsOf(pid: number): readonly Mapping[] | undefined {
    return this.#processes.get(pid)?.mappings;
  }

  /** Frames at an address of a process; [] when unknown. */
  at(pid: number, address: bigint, context: AddressContext = {}): readonly SymbolFrame[] {
    if (this.#options.cache === 'NONE') this.#processes.delete(pid);
    const cacheOf = (view: ProcessView | undefined) => (context.isCaller ? view?.callerFrames : view?.frames);
    const known = cacheOf(this.#view(pid))?.get(address);
    if (known) return known;
    const frames = this.#lookUp(pid, address, context);
    const cache = cacheOf(this.#processes.get(pid));
    if (cache && cache.size >= MAX_FRAMES) cache.clear();
    // What is unknown now may get a name: a compiler at run time writes its list late.
    if (frames.length > 0) cache?.set(address, frames);
    return frames;
  }

  #lookUp(pid: number, address: bigint, context: AddressContext): readonly SymbolFrame[] {
    const { fallback } = context;
    let view = this.#view(pid);
    let mapping = view && findMapping(view.mappings, address);
    const asked = performance.now();
    if (view && !mapping && canBeMapped(address) && asked >= view.restMs) {
      // The list may be older than the library.
      const isNoted = view.executable === NOBODY;
      view = this.#readView(pid) ?? (isNoted ? undefined : this.#notedView(pid)) ?? view;
      mapping = findMapping(view.mappings, address);
      const now = performance.now();
      if (!mapping) view.restMs = now + (now - asked) * REREAD_REST;
    }
    if (!view) return fallback === undefined ? [] : this.#atFixedAddress(fallback, address, context);
    if (mapping && isFileMapping(mapping)) return this.#inFile(pid, mapping, address, context);
    if (mapping?.path === '[vdso]')
      return [{ name: '[vdso]', offset: address - mapping.start, module: '[vdso]' }];
    return this.#inPerfMap(pid, view, address);
  }

  #view(pid: number): ProcessView | undefined {
    const known = this.#processes.get(pid);
    const executable = executableOf(pid);
    // A process that ended keeps its last view; one that runs something else now has a new one.
    if (known && (executable === undefined || executable === known.executable)) return known;
    return this.#readView(pid) ?? this.#notedView(pid);
  }

  #readView(pid: number): ProcessView | undefined {
    const mappings = readMaps(pid);
    const executable = executableOf(pid);
    if (!mappings || mappings.length === 0 || executable === undefined) return undefined;
    return this.#keepView(pid, mappings, executable);
  }

  /** A process that is gone, as it was noted. */
  #notedView(pid: number): ProcessView | undefined {
    const { noted } = this.#options;
    if (!noted || executableOf(pid) !== undefined) return undefined;
    noted.look();
    const mappings = noted.of(pid);
    if (!mappings || mappings.length === 0) return undefined;
    return this.#keepView(pid, mappings, NOBODY);
  }

  #keepView(pid: number, mappings: readonly Mapping[], executable: string): ProcessView {
    const known = this.#processes.get(pid);
    const view: ProcessView = {
      mappings,
      executable,
      frames: new Map(),
      callerFrames: new Map(),
      perfMap: known?.perfMap,
      restMs: known?.restMs ?? 0,
    };
    this.#processes.set(pid, view);
    return view;
  }

  #inFile(pid: number, mapping: Mapping, address: bigint, context: AddressContext): readonly SymbolFrame[] {
    const path = pathOfMapped(pid, mapping);
    if (path === undefined) return [];
    const fileAddress = this.#options.elfFiles
      .open(path)
      ?.addressOfOffset(address - mapping.start + mapping.offset);
    return fileAddress === undefined ? [] : this.#frames(path, fileAddress, mapping.path, context);
  }

  #atFixedAddress(path: string, address: bigint, context: AddressContext): readonly SymbolFrame[] {
    const elf = this.#options.elfFiles.open(path);
    // What lies elsewhere is a library's, of which nothing is left to say.
    return elf && !elf.isPositionIndependent && elf.fileOffset(address) !== undefined
      ? this.#frames(path, address, path, context)
      : [];
  }

  /** @param shown the binary's path in the process. */
  #frames(
    path: string,
    fileAddress: bigint,
    shown: string,
    { isCaller = false }: AddressContext,
  ): readonly SymbolFrame[] {
    // Behind a call that never returns another function may begin, or none.
    const at = isCaller ? fileAddress - 1n : fileAddress;
    for (const elf of this.#options.elfFiles.withSymbols(path)) {
      // What a signal's handler returns to was never called: nothing need be in front of it.
      const symbol = elf.functionAt(at) ?? elf.functionAt(fileAddress);
      if (symbol) {
        const { inlined, own } = this.#sources(path, at);
        const name = this.#options.demangle(symbol.name);
        return [...inlined, { name, offset: fileAddress - symbol.address, module: shown, ...own }];
      }
    }
    return [];
  }

  /** The inlined functions an address lies in, and the place in the source of the function that contains them. */
  #sources(
    path: string,
    fileAddress: bigint,
  ): { readonly inlined: readonly SymbolFrame[]; readonly own: Pick<SymbolFrame, 'file' | 'line'> } {
    const frames = framesAt(this.#options.debugInfo, path, fileAddress);
    const inlined = frames
      .filter((frame) => frame.inlined)
      .map((frame): SymbolFrame => {
        return { name: this.#options.demangle(frame.name), offset: 0n, inlined: true, ...placeOf(frame) };
      });
    const own = frames.find((frame) => !frame.inlined);
    return { inlined, own: own ? placeOf(own) : {} };
  }

  #inPerfMap(pid: number, view: ProcessView, address: bigint): readonly SymbolFrame[] {
    view.perfMap = readPerfMap(pid, view.perfMap);
    const { perfMap } = view;
    const entry = perfMap && findPerfMapEntry(perfMap.entries, address);
    return entry ? [{ name: entry.name, offset: address - entry.start, module: basename(perfMap.path) }] : [];
  }
}

function placeOf({ place }: DwarfFrame): Pick<SymbolFrame, 'file' | 'line'> {
  return place ? { file: place.file, line: place.line } : {};
}

/** Damaged debug information says nothing. */
function framesAt(debugInfo: DebugInfo | undefined, path: string, address: bigint): readonly DwarfFrame[] {
  try {
    return debugInfo?.of(path)?.framesAt(Number(address)) ?? [];
  } catch (error) {
    if (error instanceof DwarfError) return [];
    throw error;
  }
}

function canBeMapped(address: bigint): boolean {
  return address >= lowestMapped && address < pastMapped;
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
