/** A run without a kernel and without a machine: what the tracer asks for, and in which order. */
import type {
  AttachOutcome,
  Host,
  Loaded,
  Missed,
  ProbeSpec,
  Program,
  Rejection,
} from '../../src/program/index.ts';
import type { TextOutcome } from '../../src/report/index.ts';
import { type RunControl, type TraceRun, trace, usualRunOptions } from '../../src/tracer/index.ts';

const none = { kind: 'none' } as const;
function shown(text: string): TextOutcome {
  return { kind: 'text', stream: 'stdout', text };
}

/** A backend of lists: progs put letters into a queue when they are run, and everything that happens is logged. */
interface Scene {
  readonly probes: readonly ProbeSpec[];
  /** Records that a prog emits when it is run; `!7` is an exit record with code 7. */
  readonly emits?: Readonly<Record<number, readonly string[]>>;
  /** What a prog returns and how long it takes at its n-th run; 0 and a millisecond when it is not said. */
  readonly runs?: (prog: number, repeat: number) => { readonly retval: number; readonly durationNs: bigint };
  readonly missingProbes?: 'error' | 'warn' | 'ignore';
  readonly failing?: ReadonlySet<number>;
  /** Why they fail. */
  readonly errno?: number;
  readonly options?: Partial<TraceRun['options']>;
  readonly lost?: bigint;
  readonly missed?: readonly Missed[];
  readonly rejection?: Rejection;
  /** Ends the run as a signal would, at the n-th wait. */
  readonly endsAtWait?: number;
  readonly signals?: readonly string[];
  /** What the control says of changes; by default none ever comes. */
  readonly changed?: () => Promise<void>;
  /** The kernel has nothing, however long it is waited for. */
  readonly isNeverReady?: boolean;
}

export function begin(prog: number): ProbeSpec {
  return { kind: 'begin', name: 'begin', prog };
}
export function end(prog: number): ProbeSpec {
  return { kind: 'end', name: 'end', prog };
}
export function tracepoint(event: string, prog: number): ProbeSpec {
  return { kind: 'tracepoint', name: `tracepoint:a:${event}`, category: 'a', event, id: 1, prog };
}
export function kprobe(name: string, prog: number): ProbeSpec {
  return { kind: 'kprobe', name: `kprobe:${name}`, locations: [{ function: name }], via: 'perf', prog };
}

/** Traces a scene: the exit code, and all that happened, in order. */
export async function play(
  scene: Scene,
): Promise<{ readonly code: number; readonly log: readonly string[] }> {
  const log: string[] = [];
  const queue: string[] = [];
  const control = { isEnding: false };
  let waits = 0;
  let signals = scene.signals ?? [];
  const loaded = {
    attach: (probe: number): AttachOutcome => {
      log.push(`attach ${probe}`);
      if (scene.failing?.has(probe) !== true) return { ok: true, functions: 1 };
      return {
        ok: false,
        message: 'no such thing',
        ...(scene.errno === undefined ? {} : { errno: scene.errno }),
      };
    },
    detach: () => void log.push('detach'),
    run: (prog: number, repeat?: number) => {
      log.push(repeat === undefined ? `run ${prog}` : `run ${prog} ${repeat} times`);
      queue.push(...(scene.emits?.[prog] ?? []));
      return scene.runs?.(prog, repeat ?? 1) ?? { retval: 0, durationNs: 1_000_000n };
    },
    drain: (onRecord: (record: Uint8Array) => boolean | undefined) => {
      let count = 0;
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        count++;
        if (onRecord(new TextEncoder().encode(next)) === false) break;
      }
      return count;
    },
    lost: () => scene.lost ?? 0n,
    ...(scene.missed === undefined ? {} : { missed: () => scene.missed }),
    wait: () => {
      waits++;
      if (waits === (scene.endsAtWait ?? 3)) control.isEnding = true;
      return scene.isNeverReady ? new Promise<void>(() => undefined) : Promise.resolve();
    },
    [Symbol.dispose]: () => void log.push('dispose'),
  };
  const runControl: RunControl = {
    get isEnding() {
      return control.isEnding;
    },
    get isInterrupted() {
      return control.isEnding && scene.endsAtWait !== undefined;
    },
    takeSignals: () => {
      const taken = signals;
      signals = [];
      return taken;
    },
    changed: scene.changed ?? (() => new Promise(() => undefined)),
    started: () => void log.push('started'),
    flush: () => undefined,
  };
  const say = (text: string): void => void log.push(text);
  const code = await trace({
    program: {
      probes: scene.probes,
      progs: scene.probes.map(({ name }) => ({ name, lines: [] })),
      sources: [],
      settings: { missingProbes: scene.missingProbes ?? 'error', maxProbes: 8, printMapsOnExit: true },
    } as unknown as Program, // what the tracer reads of it
    backend: {
      name: 'embedded',
      load: () =>
        scene.rejection
          ? { ok: false, rejection: scene.rejection }
          : { ok: true, loaded: loaded as unknown as Loaded }, // maps are for the report
    },
    load: { constants: [] },
    host: {
      stdout: (text: string) => say(text.trim()),
      system: (command: string) => {
        say(`system ${command}`);
        return { stdout: '', status: 0 };
      },
      cat: (path: string) =>
        path === 'here' ? { text: 'contents' } : { refused: 'No such file or directory' },
    } as unknown as Host,
    makeReport: () => ({
      handle: (bytes) => {
        const text = new TextDecoder().decode(bytes);
        say(`record ${text}`);
        if (text.startsWith('!')) return { kind: 'exit', code: Number(text.slice(1)) };
        if (text === 'sh') return { kind: 'system', command: text };
        if (text.startsWith('cat ')) return { kind: 'cat', path: text.slice(4), limit: 10 };
        return none;
      },
      isError: (bytes) => new TextDecoder().decode(bytes) === 'error',
      finishSystem: () => none,
      systemFailed: () => none,
      finishCat: (effect, answer) =>
        shown(`${effect.path}: ${'text' in answer ? answer.text : answer.refused}`),
      attached: (count) => shown(`attached ${count}`),
      lost: (count) => shown(`lost ${count}`),
      lostInAll: (count) => (count > 0n ? shown(`lost in all ${count}`) : none),
      missed: (misses) =>
        misses.length > 0 ? shown(`missed ${misses.map(({ events }) => events).join(', ')}`) : none,
      ended: () => shown('end'),
      printAllMaps: () => [shown('maps')],
    }),
    control: runControl,
    messages: { error: say, warning: say, hint: say, plain: say },
    options: {
      ...usualRunOptions,
      ...scene.options,
    },
  });
  return { code, log };
}
