import {
  clockNs,
  type FeatureAnswer,
  FeatureProbe,
  Kallsyms,
  type KernelFeature,
  SymbolNames,
} from '../kernel/index.ts';
import type { Backend, Feature, Program, RuntimeConstant } from '../program/index.ts';
import type { HeldProgram } from './binary-lookup.ts';
import { BtfSources } from './btf-sources.ts';
import { DebugInfo } from './debug-info.ts';
import { Demangler } from './demangler.ts';
import { ElfFiles } from './elf-files.ts';
import type { Moment } from './embedded/index.ts';
import { KernelBackend } from './kernel-backend.ts';
import { LiveHost } from './live-host.ts';
import { LiveTarget } from './live-target.ts';
import { loadEmbedded } from './load-embedded.ts';
import type { OutputStream } from './output-stream.ts';
import { filesOfProgram } from './program-files.ts';
import { steadyOffset } from './steady-offset.ts';
import { openTables, type UnwindTables } from './unwind/index.ts';

interface LiveMachineOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly includeDirs: readonly string[];
  /** Where separate debug files are searched; none: the usual places. */
  readonly debugInfoDirs: readonly string[];
  /** Features to do without, whatever the kernel can do. */
  readonly disabledFeatures: ReadonlySet<Feature>;
  readonly traceableFunctions?: string;
  readonly unsafe: boolean;
  /** The child of -c, for questions about its files before it runs. */
  readonly held?: HeldProgram;
}

/** This machine with its three sides: the Target that a script is compiled for, the Backend that runs it, the Host of its run. */
export class LiveMachine {
  readonly kind = 'kernel';
  readonly target: LiveTarget;
  readonly #btf: BtfSources;
  readonly #kallsyms = new Kallsyms();
  readonly #elfFiles: ElfFiles;
  readonly #debugInfo: DebugInfo;
  readonly #demangler = new Demangler();
  readonly #features: FeatureProbe;
  readonly #disabled: ReadonlySet<string>;
  readonly #environment: LiveMachineOptions['environment'];

  constructor(options: LiveMachineOptions) {
    this.#elfFiles = new ElfFiles(options.debugInfoDirs.length > 0 ? options.debugInfoDirs : undefined);
    this.#debugInfo = new DebugInfo(this.#elfFiles);
    this.#btf = new BtfSources(options.environment['BPFTRACE_BTF']);
    this.#features = new FeatureProbe(() => this.#btf.running());
    this.#disabled = options.disabledFeatures;
    this.#environment = options.environment;
    this.target = new LiveTarget({
      hasFeature: (feature) => this.askFeature(feature).kind === 'yes',
      allowsKfunc: (name, progType) => this.#features.allowsKfunc(name, progType),
      kallsyms: this.#kallsyms,
      btf: this.#btf,
      elfFiles: this.#elfFiles,
      debugInfo: this.#debugInfo,
      demangler: this.#demangler,
      bootToWallNs,
      includeDirs: options.includeDirs,
      unsafe: options.unsafe,
      environment: options.environment,
      ...(options.held === undefined ? {} : { held: options.held }),
      ...(options.traceableFunctions === undefined ? {} : { traceableFunctions: options.traceableFunctions }),
    });
  }

  /** Whether the kernel has a feature, and why not; one to do without is not there. */
  askFeature(feature: KernelFeature): FeatureAnswer {
    if (this.#disabled.has(feature)) return { kind: 'no', why: 'switched off on the command line' };
    return this.#features.ask(feature);
  }

  /** @param processEnds the process ends with the run (see KernelBackendOptions). */
  backend(processEnds: boolean): Backend {
    return new KernelBackend({
      btf: this.#btf,
      hasFeature: (feature) => this.askFeature(feature).kind === 'yes',
      processEnds,
    });
  }

  /** Tables to unwind user stacks with, of no process yet. */
  unwindTables(warn: (text: string) => void): UnwindTables {
    return openTables(this.#elfFiles, { warn });
  }

  /** The files that a program will have mapped once it runs. */
  filesOfProgram(path: string): readonly string[] {
    return filesOfProgram(path, {
      arch: this.target.arch,
      elfFiles: this.#elfFiles,
      environment: this.#environment,
    });
  }

  host(
    program: Program,
    streams: { readonly stdout: OutputStream; readonly stderr: OutputStream },
  ): LiveHost {
    return new LiveHost({
      ...streams,
      program,
      openKernelSymbols: () =>
        this.askFeature('symbol-names').kind === 'yes' ? new SymbolNames() : this.#kallsyms,
      elfFiles: this.#elfFiles,
      debugInfo: this.#debugInfo,
      notesMappings: true,
      demangle: (name) => this.#demangler.demangle(name),
      bootToWallNs: steadyOffset(bootToWallNs),
    });
  }

  /** What a program may ask to find in its constants map, as it is now. `pid`: of -p or of the child. */
  facts(processes: {
    readonly pid?: number;
    readonly childPid?: number;
  }): Record<RuntimeConstant['what'], bigint> {
    const bootNs = clockNs('CLOCK_BOOTTIME');
    const { pidNamespace } = this.target;
    return {
      'start-boot-ns': bootNs,
      'sw-tai-offset-ns': clockNs('CLOCK_TAI') - bootNs,
      'child-pid': BigInt(processes.childPid ?? 0),
      'pid-filter': BigInt(processes.pid ?? 0),
      'pidns-dev': pidNamespace?.dev ?? 0n,
      'pidns-ino': pidNamespace?.ino ?? 0n,
      'self-pid': BigInt(process.pid),
    };
  }

  /** Where the clocks stand, and the task of this process. */
  async moment(): Promise<Moment> {
    const { ownTask } = await loadEmbedded();
    const bootNs = clockNs('CLOCK_BOOTTIME');
    const monotonic = clockNs('CLOCK_MONOTONIC') - bootNs;
    return {
      startNs: bootNs,
      clockOffsets: { boot: 0n, monotonic, coarse: monotonic, tai: clockNs('CLOCK_TAI') - bootNs },
      tracer: ownTask(),
    };
  }
}

function bootToWallNs(): bigint {
  return clockNs('CLOCK_REALTIME') - clockNs('CLOCK_BOOTTIME');
}
