import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KernelSymbols } from '../kernel/index.ts';
import type { ClockFields, Host, Program, SymbolFrame } from '../program/index.ts';
import { Cgroups } from './cgroups.ts';
import type { DebugInfo } from './debug-info.ts';
import type { ElfFiles } from './elf-files.ts';
import { LocalTime } from './local-time.ts';
import { NotedMappings } from './noted-mappings.ts';
import type { OutputStream } from './output-stream.ts';
import { PcapFile } from './pcap-file.ts';
import { readMaps } from './process-maps.ts';
import { systemErrorText } from './system-error.ts';
import { UserNames } from './user-names.ts';
import { UserSymbols } from './user-symbols.ts';
import { wallNs } from './wall-clock.ts';

/** The most a command of `system()` may print at once. */
const MAX_COMMAND_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Time between two looks at a traced process's mappings; a look takes 0.1 ms. */
const REMEMBER_EVERY_MS = 20;

interface LiveHostOptions {
  readonly program: Program;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Called at the first question; what it gives is closed with the host. */
  readonly openKernelSymbols: () => KernelSymbols;
  readonly elfFiles: ElfFiles;
  readonly debugInfo?: DebugInfo;
  /** Whether the kernel is asked to tell what processes map, so that those that end have names: with a script that shows addresses of any process. */
  readonly notesMappings?: boolean;
  readonly demangle: (name: string) => string;
  /** Wall clock minus boot clock, ns. */
  readonly bootToWallNs: () => bigint;
}

/** The Host of this machine: every answer is looked up when it is first needed. */
export class LiveHost implements Host, Disposable {
  readonly #options: LiveHostOptions;
  #kernelSymbols: KernelSymbols | undefined;
  readonly #userSymbols: UserSymbols;
  readonly #noted: NotedMappings | undefined;
  readonly #userNames = new UserNames();
  readonly #cgroups = new Cgroups();
  readonly #localTime = new LocalTime();
  #showsUserAddresses: boolean | undefined;
  #rememberedMs = Number.NEGATIVE_INFINITY;
  readonly #captures = new Map<string, PcapFile>();

  constructor(options: LiveHostOptions) {
    this.#options = options;
    const { settings } = options.program;
    if (options.notesMappings && this.showsUserAddresses && settings.cacheUserSymbols !== 'NONE') {
      this.#noted = new NotedMappings((pid) => readMaps(pid) ?? this.#userSymbols.mappingsOf(pid));
    }
    this.#userSymbols = new UserSymbols({
      elfFiles: options.elfFiles,
      cache: settings.cacheUserSymbols,
      ...(settings.showDebugInfo && options.debugInfo ? { debugInfo: options.debugInfo } : {}),
      demangle: settings.cppDemangle ? options.demangle : (name) => name,
      ...(this.#noted ? { noted: this.#noted } : {}),
    });
  }

  kernelSymbol(address: bigint): readonly SymbolFrame[] {
    this.#kernelSymbols ??= this.#options.openKernelSymbols();
    const found = this.#kernelSymbols.byAddress(address);
    return found ? [found] : [];
  }
  userSymbol(pid: number, address: bigint, probe: number, isCaller = false): readonly SymbolFrame[] {
    return this.#userSymbols.at(pid, address, { fallback: this.#binaryOfProbe(probe), isCaller });
  }
  /**
   * To be called now and then while a process is traced: reads its mappings when the script shows addresses of processes, so that they
   * still have names when it has ended. `isStopped`: now is the time, as it stands still.
   */
  rememberProcess(pid: number, isStopped = false): void {
    const now = performance.now();
    if (!this.showsUserAddresses || (!isStopped && now - this.#rememberedMs < REMEMBER_EVERY_MS)) return;
    this.#rememberedMs = now;
    this.#userSymbols.remember(pid);
  }
  /** To be called now and then: reads what was told of processes' mappings. */
  noteMappings(): void {
    this.#noted?.look();
  }
  /** Whether the script shows addresses of processes, so that mappings matter. */
  get showsUserAddresses(): boolean {
    this.#showsUserAddresses ??= showsUserAddresses(this.#options.program);
    return this.#showsUserAddresses;
  }
  userName(uid: bigint): string | undefined {
    return this.#userNames.name(uid);
  }
  cgroupPath(id: bigint, filter: string): string {
    return this.#cgroups.path(id, filter);
  }
  localTime(unixNs: bigint): ClockFields {
    return this.#localTime.at(unixNs);
  }
  now(): bigint {
    return wallNs();
  }
  bootToWallNs(): bigint {
    return this.#options.bootToWallNs();
  }

  stdout(text: string): void {
    this.#options.stdout.write(text);
  }
  stderr(text: string): void {
    // Messages go out at once, and behind what was written to stdout before.
    this.#options.stdout.flush();
    this.#options.stderr.write(text);
    this.#options.stderr.flush();
  }

  system(command: string): { readonly stdout: string; readonly status: number } {
    this.#options.stdout.flush();
    const result = spawnSync('/bin/sh', ['-c', Buffer.from(command, 'latin1').toString('utf8')], {
      stdio: ['inherit', 'pipe', 'inherit'],
      encoding: 'latin1',
      maxBuffer: MAX_COMMAND_OUTPUT_BYTES,
    });
    return { stdout: result.stdout ?? '', status: result.status ?? 255 };
  }

  cat(path: string, limit: number): { readonly text: string } | { readonly refused: string } {
    let fd: number;
    try {
      fd = openSync(Buffer.from(path, 'latin1'), 'r');
    } catch (error) {
      return { refused: systemErrorText(error) };
    }
    try {
      const bytes = Buffer.alloc(limit);
      let length = 0;
      while (length < limit) {
        const got = readSync(fd, bytes, length, limit - length, null);
        if (got === 0) break;
        length += got;
      }
      return { text: bytes.toString('latin1', 0, length) };
    } catch (error) {
      return { refused: systemErrorText(error) };
    } finally {
      closeSync(fd);
    }
  }

  packet(path: string, unixNs: bigint, data: Uint8Array, originalLength: number): void {
    const key = resolve(path);
    let file = this.#captures.get(key);
    if (!file) {
      file = new PcapFile(key);
      this.#captures.set(key, file);
    }
    file.append(unixNs, data, originalLength);
  }

  [Symbol.dispose](): void {
    for (const file of this.#captures.values()) file[Symbol.dispose]();
    this.#captures.clear();
    this.#noted?.[Symbol.dispose]();
    this.#kernelSymbols?.[Symbol.dispose]?.();
    this.#kernelSymbols = undefined;
  }

  /** The one binary that a probe stands in, when it is one. */
  #binaryOfProbe(index: number): string | undefined {
    const probe = this.#options.program.probes[index];
    if (probe?.kind !== 'uprobe' && probe?.kind !== 'uretprobe' && probe?.kind !== 'usdt') return undefined;
    const paths = new Set(probe.locations.map((location) => location.path));
    const [path] = paths;
    return paths.size === 1 && path !== undefined && statSync(path, { throwIfNoEntry: false })
      ? path
      : undefined;
  }
}

/** Whether a map or record of the program holds a user stack or symbol, at any depth. */
function showsUserAddresses({ maps, records }: Program): boolean {
  const text = JSON.stringify([maps, records], (_name, value: unknown) =>
    typeof value === 'bigint' ? 0 : value,
  );
  return /"kind":"(?:ustack|usym)"/.test(text);
}
