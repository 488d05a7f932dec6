import { present } from '../base/index.ts';
import type { AttachOutcome, Loaded, MapAccess, Program } from '../program/index.ts';
import type { Machine } from '../vm/index.ts';
import { type EventSource, type ProbeEvent, sourceOf } from './event-source.ts';
import { MachineFaultError } from './fault-error.ts';
import type { SceneEnvironment } from './scene-environment.ts';
import type { RunStart, Tap } from './tap.ts';
import type { World } from './world.ts';

/** As many u64 arguments as a raw tracepoint can have: what a begin or end prog finds as its context. Source: MAX_BPF_FUNC_ARGS. */
const TRACER_CTX = new Uint8Array(12 * 8);
/** How long a source handles events before timers, signals and the report have their turn. */
const WORK_MS = 5;

export interface EmbeddedProgramParts {
  readonly program: Program;
  readonly machine: Machine;
  readonly scenes: SceneEnvironment;
  readonly world: World;
  readonly sources: readonly EventSource[];
  readonly pid: number | undefined;
  readonly tap: Tap | undefined;
}

/** A Program in the machine. */
export class EmbeddedProgram implements Loaded {
  readonly maps: MapAccess;
  readonly #parts: EmbeddedProgramParts;
  readonly #attached = new Set<EventSource>();
  /** Ends the latest wait. */
  #wake: () => void = () => undefined;
  /** What a prog did wrong in a callback, for the next call of the run to throw. */
  #fault: MachineFaultError | undefined;

  constructor(parts: EmbeddedProgramParts) {
    this.#parts = parts;
    this.maps = parts.tap?.maps?.(parts.machine.maps) ?? parts.machine.maps;
  }

  attach(index: number): AttachOutcome {
    const { program, sources, pid } = this.#parts;
    const probe = present(program.probes[index], 'a probe that is attached is one of the program');
    const source = sourceOf(probe, sources);
    if (source === undefined)
      return { ok: false, message: `the embedded backend has no source for ${probe.name}` };
    const outcome = source.attach({
      probe,
      index,
      pid,
      fire: (event) => this.#fire(index, probe.prog, event),
      isAwaited: () => this.#isAwaited,
    });
    if (outcome.ok) this.#attached.add(source);
    return outcome;
  }

  async detach(): Promise<void> {
    for (const source of this.#attached) await source.detach();
    this.#attached.clear();
  }

  run(prog: number, repeat = 1): { readonly retval: number; readonly durationNs: bigint } {
    const { program, machine, scenes, world } = this.#parts;
    // What is measured is measured as it runs after a while.
    if (program.probes.some((probe) => probe.kind === 'bench' && probe.prog === prog))
      machine.translate(prog);
    const scene = { task: world.ownTask() };
    const start = { prog, probe: undefined, cpu: 0, ctx: TRACER_CTX };
    return scenes.within(scene, () => {
      const begin = world.now('monotonic');
      let retval = 0;
      for (let round = 0; round < repeat; round++) retval = this.#runOnce(start);
      return { retval, durationNs: (world.now('monotonic') - begin) / BigInt(Math.max(repeat, 1)) };
    });
  }

  drain(onRecord: (record: Uint8Array) => boolean | undefined): number {
    const { machine, tap } = this.#parts;
    tap?.drain?.();
    const count = machine.drain(onRecord);
    // What was sent before the fault is shown before it.
    this.#throwFault();
    return count;
  }

  lost(): bigint {
    return this.#parts.machine.lost();
  }

  /** Lets the sources work; resolves when there may be records, when a source wants to go on, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    const { world } = this.#parts;
    return new Promise((resolve) => {
      let isOver = false;
      let takeBack: () => void = () => undefined;
      const wake = (): void => {
        isOver = true;
        takeBack();
        resolve();
      };
      this.#wake = wake;
      let hasMore = timeoutMs <= 0;
      for (const source of this.#attached)
        hasMore = source.work?.(WORK_MS, () => this.#wake()) === 'more' || hasMore;
      if (isOver || hasMore || this.#isAwaited) world.soon(wake);
      else takeBack = world.after(timeoutMs, wake);
    });
  }

  [Symbol.dispose](): void {
    for (const source of this.#parts.sources) source[Symbol.dispose]();
    this.#attached.clear();
  }

  /** Runs the prog of a probe for an event. A fault is kept: an event has nobody to throw to. */
  #fire(probe: number, prog: number, event: ProbeEvent): number {
    if (this.#fault !== undefined) return 0;
    const { scenes } = this.#parts;
    const start = { prog, probe, cpu: event.cpu, ctx: event.ctx };
    try {
      return scenes.within(event.scene, () => this.#runOnce(start));
    } catch (error) {
      if (!(error instanceof MachineFaultError)) throw error;
      this.#fault = error;
      return 0;
    } finally {
      if (this.#isAwaited) this.#wake();
    }
  }

  get #isAwaited(): boolean {
    return this.#parts.machine.hasRecords || this.#fault !== undefined;
  }

  #runOnce(start: RunStart): number {
    const { machine, tap } = this.#parts;
    tap?.start?.(start);
    const result = machine.run(start.prog, { ctx: start.ctx, cpu: start.cpu });
    if (!result.ok) throw new MachineFaultError(machine.describe(result.fault));
    tap?.end?.(start, result.retval);
    return result.retval;
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }
}
