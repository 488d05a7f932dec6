import type { AddressSpace, Clock, Environment } from '../vm/index.ts';
import type { Scene } from './event-source.ts';
import type { World } from './world.ts';

/** Memory of a kernel that there is none of: reads as Environment.read does. */
export type KernelMemory = (address: bigint, into: Uint8Array) => number;

/** Answers progs from the scene of the event they run for, and from the world where a scene has no say. */
export class SceneEnvironment implements Environment {
  readonly #world: World;
  readonly #kernel: KernelMemory;
  #scene: Scene | undefined;

  constructor(world: World, kernel: KernelMemory = () => 0) {
    this.#world = world;
    this.#kernel = kernel;
  }

  /** Runs `work` with this scene around it. */
  within<T>(scene: Scene, work: () => T): T {
    const outer = this.#scene;
    this.#scene = scene;
    try {
      return work();
    } finally {
      this.#scene = outer;
    }
  }

  now(clock: Clock): bigint {
    return this.#world.now(clock);
  }
  random(): number {
    return this.#world.random();
  }
  task(): Scene['task'] {
    return this.#scene?.task ?? this.#world.ownTask();
  }
  read(space: AddressSpace, address: bigint, into: Uint8Array): number {
    const length = this.#scene?.read?.(space, address, into) ?? 0;
    return length === 0 && space === 'kernel' ? this.#kernel(address, into) : length;
  }
  write(address: bigint, bytes: Uint8Array): boolean {
    return this.#scene?.write?.(address, bytes) ?? false;
  }
  stack(space: AddressSpace): readonly bigint[] {
    return this.#scene?.stack?.(space) ?? [];
  }
  functionIp(): bigint {
    return this.#scene?.functionIp?.() ?? 0n;
  }
  signal(signal: number, scope: 'process' | 'thread'): number {
    return this.#scene?.signal?.(signal, scope) ?? -1; // EPERM
  }
}
