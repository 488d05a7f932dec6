import { present } from '../../base/index.ts';
import type { AttachOutcome, Backend, Program } from '../../program/index.ts';
import { EmbeddedBackend } from '../backend.ts';
import { type Attaching, type EventSource, type Fire, ranByTracer, type Worked } from '../event-source.ts';
import type { RunStart } from '../tap.ts';
import { Timers } from '../timers.ts';
import type { World } from '../world.ts';
import { FedEnvironment, type Otherwise } from './fed-environment.ts';
import { FedWorld } from './fed-world.ts';
import type { Happening } from './happening.ts';
import type { MachineFacts } from './machine-facts.ts';
import { namesOfPlaces } from './names-of-places.ts';

/** Events after which the rest of the process gets a turn. */
const MAX_EVENTS = 200;

export interface EventFeedOptions {
  readonly program: Program;
  readonly facts: MachineFacts;
  /** In the order of time; those of begin, end and self are what is told to the progs that the tracer runs itself. */
  readonly happenings: readonly Happening[];
  /** How far time goes on behind the last of them. */
  readonly endNs?: bigint;
  readonly otherwise: Otherwise;
  /** Why a probe that nothing happened to cannot be attached; undefined: it can, and stays silent. */
  readonly unknownProbe: (name: string) => string | undefined;
  readonly soon: World['soon'];
  /** Everything has happened. */
  readonly onEnd: () => void;
}

/**
 * Runs progs for what happened elsewhere: at another time, on another machine, or in a scenario only. Time is that of the events. `interval` ticks
 * in it unless its own ticks are among the events.
 */
export class EventFeed implements EventSource {
  readonly name = 'events';
  readonly served: readonly string[];
  readonly #options: EventFeedOptions;
  readonly #world: FedWorld;
  readonly #environment: FedEnvironment;
  readonly #timers: Timers;
  readonly #events: readonly Happening[];
  /** What the tracer ran itself, by probe, the first first. */
  readonly #ran = new Map<string, Happening[]>();
  readonly #listeners = new Map<string, Fire[]>();
  #isAwaited: () => boolean = () => false;
  #next = 0;
  #isOver = false;
  /** Set while progs run for an event. */
  #happening: Happening | undefined;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    const { facts, happenings, otherwise, soon } = options;
    this.#world = new FedWorld(facts, soon);
    this.#environment = new FedEnvironment(facts, otherwise);
    this.#timers = new Timers({ world: this.#world, arch: facts.arch, onlineCpus: facts.onlineCpus });
    const events: Happening[] = [];
    for (const happening of happenings) {
      if (!isRanByTracer(happening.probe)) events.push(happening);
      else this.#ran.set(happening.probe, [...(this.#ran.get(happening.probe) ?? []), happening]);
    }
    this.#events = events;
    this.served = [...new Set(events.map(({ probe }) => probe))];
  }

  /** Where the program runs. */
  backend(): Backend {
    return new EmbeddedBackend({
      world: this.#world,
      cpus: this.#options.facts.possibleCpus,
      sources: [this],
      tap: { environment: () => this.#environment, start: (run) => this.#started(run) },
    });
  }

  /** The boot clock of what happens. */
  get nowNs(): bigint {
    return this.#world.nowNs;
  }

  /** Of every probe it can be said whether it happened. */
  serves(): boolean {
    return true;
  }

  attach(attaching: Attaching): AttachOutcome {
    const { name, kind } = attaching.probe;
    this.#isAwaited = attaching.isAwaited;
    const isServed = this.served.includes(name);
    if (!isServed && kind === 'interval') return this.#timers.attach(attaching);
    const problem = isServed ? undefined : this.#options.unknownProbe(name);
    if (problem !== undefined) return { ok: false, message: problem };
    // Where a pattern is among the events, they are all of its events.
    const names = isServed
      ? [name]
      : namesOfPlaces(attaching.probe).filter((place) => this.served.includes(place));
    for (const each of names)
      this.#listeners.set(each, [...(this.#listeners.get(each) ?? []), attaching.fire]);
    return { ok: true, functions: 1 };
  }

  /** Ticks and events, until user space has something to take: it sees to that before the next one happens. */
  work(): Worked {
    for (let events = 0; events < MAX_EVENTS && !this.#isAwaited(); ) {
      const happening = this.#events[this.#next];
      const untilNs = happening?.timeNs ?? this.#options.endNs ?? this.#world.nowNs;
      if (this.#world.step(untilNs)) {
        events++;
        continue;
      }
      if (happening === undefined) {
        if (!this.#isOver) this.#options.onEnd();
        this.#isOver = true;
        break;
      }
      this.#next++;
      const listeners = this.#listeners.get(happening.probe) ?? [];
      if (listeners.length === 0) continue;
      events++;
      this.#happening = happening;
      const { ctx, cpu, task } = happening;
      for (const fire of listeners) fire({ ctx, cpu, scene: { task } });
      this.#happening = undefined;
    }
    return 'more';
  }

  detach(): void {
    this.#listeners.clear();
    this.#timers.detach();
  }
  [Symbol.dispose](): void {
    this.detach();
  }

  #started({ prog, probe, cpu, ctx }: RunStart): void {
    this.#environment.begin(this.#happening ?? this.#ownRun(prog, probe, cpu, ctx));
  }

  /** A tick, or a prog that the tracer runs. */
  #ownRun(prog: number, probe: number | undefined, cpu: number, ctx: Uint8Array): Happening {
    const { probes } = this.#options.program;
    const { name } = present(
      probe === undefined ? probes.find((each) => each.prog === prog) : probes[probe],
      'a prog that runs belongs to a probe',
    );
    const recorded = this.#ran.get(name);
    const happening = recorded !== undefined && recorded.length > 1 ? recorded.shift() : recorded?.[0];
    if (happening !== undefined) return happening;
    const { tracer } = this.#options.facts;
    return { probe: name, cpu, timeNs: this.#world.nowNs, ctx, task: tracer, told: [] };
  }
}

/** Names begin with the probe's kind. */
function isRanByTracer(name: string): boolean {
  const kinds: ReadonlySet<string> = ranByTracer;
  return kinds.has(name.split(':', 1)[0] ?? '');
}
