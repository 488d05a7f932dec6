import type { Backend, LoadOptions, LoadResult, Program } from '../program/index.ts';
import { createMachine, type Engine } from '../vm/index.ts';
import { EmbeddedProgram } from './embedded-program.ts';
import type { EventSource } from './event-source.ts';
import { type KernelMemory, SceneEnvironment } from './scene-environment.ts';
import type { Tap } from './tap.ts';
import type { World } from './world.ts';

export interface EmbeddedBackendOptions {
  readonly world: World;
  /** Virtual CPUs; the program was compiled for so many. */
  readonly cpus: number;
  readonly sources: readonly EventSource[];
  /** What progs find at addresses of the kernel, besides what an event's scene has there; nothing by default. */
  readonly kernelMemory?: KernelMemory;
  /** See MachineOptions; default `adaptive`. */
  readonly engine?: Engine;
  readonly seed?: number;
  readonly insnLimit?: number;
  readonly tap?: Tap;
}

/** The Backend that needs no kernel: Programs run on the machine of `vm`, for events of the given sources. */
export class EmbeddedBackend implements Backend {
  readonly name = 'embedded';
  readonly #options: EmbeddedBackendOptions;

  constructor(options: EmbeddedBackendOptions) {
    this.#options = options;
  }

  /**
   * Makes the maps and decodes the progs. Nothing runs yet.
   *
   * @throws MemoryLimitError when the maps are too large for the machine.
   */
  load(program: Program, options: LoadOptions): LoadResult {
    const { world, cpus, sources, kernelMemory, engine = 'adaptive', seed, insnLimit, tap } = this.#options;
    const scenes = new SceneEnvironment(world, kernelMemory);
    const made = createMachine(program, {
      environment: tap?.environment?.(scenes) ?? scenes,
      cpus,
      constants: options.constants,
      engine,
      ...(seed === undefined ? {} : { seed }),
      ...(insnLimit === undefined ? {} : { insnLimit }),
    });
    if (!made.ok) {
      options.verifierLog?.(made.rejection.prog, made.rejection.log);
      return made;
    }
    const { machine } = made;
    return {
      ok: true,
      loaded: new EmbeddedProgram({ program, machine, scenes, world, sources, pid: options.pid, tap }),
    };
  }
}
