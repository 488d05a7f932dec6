import type { Btf } from '../../btf/index.ts';
import {
  type Clock,
  EmbeddedBackend,
  type EventSource,
  embeddedTarget,
  isMachineError,
  KernelModel,
  kernelModelBtf,
  type MachineFacts,
  processTracepoints,
  ranByTracer,
  sourceOf,
  type Tap,
  Timers,
  type World,
} from '../../embedded/index.ts';
import { Kallsyms } from '../../kernel/index.ts';
import type { Arch, Backend, Program, RuntimeConstant, Target } from '../../program/index.ts';
import type { HeldProgram } from '../binary-lookup.ts';
import { BtfSources } from '../btf-sources.ts';
import { DebugInfo } from '../debug-info.ts';
import { Demangler } from '../demangler.ts';
import { ElfFiles } from '../elf-files.ts';
import { LiveHost } from '../live-host.ts';
import { LiveTarget } from '../live-target.ts';
import type { OutputStream } from '../output-stream.ts';
import { wallNs } from '../wall-clock.ts';
import { liveWorld } from './live-world.ts';
import { PtraceSource, type TracedRoot } from './ptrace-source.ts';
import { taskFacts } from './task-facts.ts';
import { TerminalKeys } from './terminal-keys.ts';

/** What a run begins with: see MachineFacts. */
export type Moment = Pick<MachineFacts, 'startNs' | 'clockOffsets' | 'tracer'>;

interface EmbeddedMachineOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly includeDirs: readonly string[];
  readonly debugInfoDirs: readonly string[];
  readonly unsafe: boolean;
  readonly held?: HeldProgram;
  /** The process whose events are traced; without one there are none of processes. */
  readonly traced?: TracedRoot;
}

/** The embedded machine on this host: its Target, its Backend with what event sources there are here, the Host of a run. */
export class EmbeddedMachine {
  readonly kind = 'embedded';
  readonly target: Target;
  readonly #world: World = liveWorld();
  readonly #elfFiles: ElfFiles;
  readonly #demangler = new Demangler();
  readonly #sources: readonly EventSource[];
  /** Of the run: there is one at a time. */
  #host: LiveHost | undefined;

  constructor(options: EmbeddedMachineOptions) {
    this.#elfFiles = new ElfFiles(options.debugInfoDirs.length > 0 ? options.debugInfoDirs : undefined);
    const host = new LiveTarget({
      hasFeature: () => false,
      allowsKfunc: () => false,
      kallsyms: new Kallsyms(),
      btf: new BtfSources(undefined),
      elfFiles: this.#elfFiles,
      debugInfo: new DebugInfo(this.#elfFiles),
      demangler: this.#demangler,
      bootToWallNs: () => this.#bootToWallNs(),
      includeDirs: options.includeDirs,
      unsafe: options.unsafe,
      environment: options.environment,
      ...(options.held === undefined ? {} : { held: options.held }),
    });
    const { arch, onlineCpus } = host;
    const { traced } = options;
    const keys = this.#terminalKeys(arch);
    const onExiting = (): void => {
      if (traced !== undefined) this.#host?.rememberProcess(traced.pid, true);
    };
    this.#sources = [
      new Timers({ world: this.#world, arch, onlineCpus }),
      ...(keys === undefined ? [] : [keys]),
      ...(traced === undefined ? [] : [new PtraceSource({ ...traced, onExiting }, arch)]),
    ];
    let btf: Btf | undefined;
    this.target = embeddedTarget(host, {
      tracepoints: traced === undefined ? new Map() : processTracepoints(arch),
      functions: keys === undefined ? [] : [{ name: 'pty_write' }],
      btf: () => {
        btf ??= kernelModelBtf();
        return btf;
      },
    });
  }

  /** The keys of the terminal that this process was started from; undefined when there is none. */
  #terminalKeys(arch: Arch): TerminalKeys | undefined {
    const terminal = taskFacts(process.pid)?.terminal ?? 0;
    if (!process.stdin.isTTY || terminal === 0) return undefined;
    return new TerminalKeys({ input: process.stdin, arch, terminal, ownTask: () => this.#world.ownTask() });
  }

  /** See `isMachineError`: for who has not loaded the module that knows. */
  isFault(error: unknown): error is Error {
    return isMachineError(error);
  }

  /** Whether there is a source for every probe of the program. */
  servesAll(program: Program): boolean {
    return program.probes.every(
      (probe) => ranByTracer.has(probe.kind) || sourceOf(probe, this.#sources) !== undefined,
    );
  }

  /** Nothing is left to the end of the process here. */
  backend(tap?: Tap): Backend {
    const { possibleCpus } = this.target;
    const model = new KernelModel(taskFacts);
    return new EmbeddedBackend({
      world: this.#world,
      cpus: possibleCpus,
      sources: this.#sources,
      kernelMemory: (address, into) => model.read(address, into),
      ...(tap === undefined ? {} : { tap }),
    });
  }

  host(
    program: Program,
    streams: { readonly stdout: OutputStream; readonly stderr: OutputStream },
  ): LiveHost {
    this.#host = new LiveHost({
      ...streams,
      program,
      openKernelSymbols: () => new Kallsyms(),
      elfFiles: this.#elfFiles,
      demangle: (name) => this.#demangler.demangle(name),
      bootToWallNs: () => this.#bootToWallNs(),
    });
    return this.#host;
  }

  /** What a program may ask to find in its constants map, as it is now. `pid`: of -p or of the child. */
  facts(processes: {
    readonly pid?: number;
    readonly childPid?: number;
  }): Record<RuntimeConstant['what'], bigint> {
    const bootNs = this.#world.now('boot');
    return {
      'start-boot-ns': bootNs,
      'sw-tai-offset-ns': this.#world.now('tai') - bootNs,
      'child-pid': BigInt(processes.childPid ?? 0),
      'pid-filter': BigInt(processes.pid ?? 0),
      'pidns-dev': 0n,
      'pidns-ino': 0n,
      'self-pid': BigInt(process.pid),
    };
  }

  /** Where the clocks stand, and the task that timers and the tracer's own progs run in. */
  moment(): Moment {
    const bootNs = this.#world.now('boot');
    const offset = (clock: Clock): bigint => this.#world.now(clock) - bootNs;
    return {
      startNs: bootNs,
      clockOffsets: {
        boot: 0n,
        monotonic: offset('monotonic'),
        coarse: offset('coarse'),
        tai: offset('tai'),
      },
      tracer: this.#world.ownTask(),
    };
  }

  #bootToWallNs(): bigint {
    return wallNs() - this.#world.now('boot');
  }
}
