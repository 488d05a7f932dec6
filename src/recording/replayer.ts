import { plainToText, unreachable } from '../base/index.ts';
import type {
  AttachOutcome,
  Backend,
  ClockFields,
  Host,
  Loaded,
  LoadResult,
  MapAccess,
  MapEntry,
  Missed,
  Rejection,
  SymbolFrame,
} from '../program/index.ts';
import type { RunControl } from '../tracer/index.ts';
import type { Recording, RecordingItem } from './recording.ts';

/** A replay asks for something else than the recording goes on with. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/** Where the text of a replay goes. */
export interface ReplayStreams {
  stdout(text: string): void;
  stderr(text: string): void;
  /** A batch of records was handled. */
  flush(): void;
}

/** Gives a run the answers of a recording, in their order. Nothing of this machine is asked and nothing is done to it. */
export class Replayer {
  readonly #recording: Recording;
  #next = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** The item that is next; what only progs were told is not asked for again. */
  #peek(): RecordingItem | undefined {
    const { items } = this.#recording;
    for (;;) {
      const item = items[this.#next];
      if (item === undefined || !ofProgs.has(item.kind)) return item;
      this.#next++;
    }
  }

  #take<K extends RecordingItem['kind']>(kind: K): Extract<RecordingItem, { kind: K }> {
    const item = this.#peek();
    if (item?.kind !== kind)
      throw new ReplayError(`the replay comes to "${kind}" where the recording has ${describe(item)}`);
    this.#next++;
    return item as Extract<RecordingItem, { kind: K }>; // as just compared
  }

  #answer(call: string, asked: readonly unknown[]): unknown {
    const item = this.#peek();
    const isSame = item?.kind === 'answer' && item.call === call && isEqual(item.asked, asked);
    if (!isSame) {
      throw new ReplayError(
        `the replay asks for ${describe({ kind: 'answer', call, asked, given: undefined })} where the recording has ${describe(item)}`,
      );
    }
    this.#next++;
    return item.given;
  }

  /** How the recorded command ended. */
  get exitCode(): number {
    const last = this.#recording.items.at(-1);
    if (last?.kind !== 'answer' || last.call !== 'end')
      throw new ReplayError('the recording does not say how the run ended');
    return Number(last.given);
  }

  /** The replay is over. @throws ReplayError when the recording is not. */
  end(): void {
    this.#answer('end', []);
  }

  backend(): Backend {
    return {
      name: this.#recording.header.backend,
      load: (): LoadResult => {
        // The form of answers is that of the calls they were noted for.
        const result = this.#answer('load', []) as { ok: true } | { ok: false; rejection: Rejection };
        return result.ok ? { ok: true, loaded: this.#loaded() } : result;
      },
    };
  }

  #loaded(): Loaded {
    return {
      maps: this.#maps(),
      attach: (probe) => this.#answer('attach', [probe]) as AttachOutcome,
      detach: () => undefined,
      run: (prog, repeat) => this.#answer('run', [prog, repeat]) as ReturnType<Loaded['run']>,
      drain: (onRecord) => {
        this.#take('drain');
        let count = 0;
        while (this.#peek()?.kind === 'record') {
          count++;
          if (onRecord(this.#take('record').bytes) === false) break;
        }
        this.#take('drained');
        return count;
      },
      lost: () => this.#answer('lost', []) as bigint,
      missed: () => {
        const item = this.#peek();
        const isNoted = item?.kind === 'answer' && item.call === 'missed';
        return isNoted ? (this.#answer('missed', []) as readonly Missed[]) : [];
      },
      wait: () => Promise.resolve(),
      readIterator: (probe) => this.#pieces(probe),
      [Symbol.dispose]: () => undefined,
    };
  }

  *#pieces(probe: number): Iterable<Uint8Array> {
    for (;;) {
      const piece = this.#answer('iterator', [probe]) as Uint8Array | undefined;
      if (piece === undefined) return;
      yield piece;
    }
  }

  #maps(): MapAccess {
    return {
      entries: (map) => this.#answer('entries', [map]) as MapEntry[],
      readArray: (map) => this.#answer('readArray', [map]) as Uint8Array,
      writeArray: (map, offset, bytes) => void this.#answer('writeArray', [map, offset, bytes]),
      update: (map, key, values) => void this.#answer('update', [map, key, values]),
      delete: (map, key) => void this.#answer('delete', [map, key]),
    };
  }

  /** Commands are not run again and no file is read or written: what they gave then is given now. */
  host(streams: ReplayStreams): Host {
    return {
      kernelSymbol: (address) => this.#answer('kernelSymbol', [address]) as SymbolFrame[],
      userSymbol: (pid, address, probe, isCaller = false) =>
        this.#answer('userSymbol', [pid, address, probe, isCaller]) as SymbolFrame[],
      userName: (uid) => this.#answer('userName', [uid]) as string | undefined,
      cgroupPath: (id, filter) => this.#answer('cgroupPath', [id, filter]) as string,
      localTime: (unixNs) => this.#answer('localTime', [unixNs]) as ClockFields,
      now: () => this.#answer('now', []) as bigint,
      bootToWallNs: () => this.#answer('bootToWallNs', []) as bigint,
      stdout: (text) => streams.stdout(text),
      stderr: (text) => streams.stderr(text),
      system: (command) => this.#answer('system', [command]) as ReturnType<Host['system']>,
      cat: (path, limit) => this.#answer('cat', [path, limit]) as ReturnType<Host['cat']>,
      packet: () => undefined,
    };
  }

  control(streams: ReplayStreams): RunControl {
    const answer = (call: string): unknown => this.#answer(call, []);
    return {
      get isEnding() {
        return answer('isEnding') as boolean;
      },
      get isInterrupted() {
        return answer('isInterrupted') as boolean;
      },
      takeSignals: () => answer('takeSignals') as string[],
      changed: () => Promise.resolve(),
      started: () => undefined,
      flush: () => streams.flush(),
    };
  }
}

/** What another script runs on. */
const ofProgs: ReadonlySet<RecordingItem['kind']> = new Set(['event', 'told', 'note', 'gap']);

function isEqual(a: unknown, b: unknown): boolean {
  return plainToText(a) === plainToText(b);
}

function describe(item: RecordingItem | undefined): string {
  if (item === undefined) return 'its end';
  switch (item.kind) {
    case 'answer':
    case 'told':
      return `${item.call}(${item.asked.map((each) => (each instanceof Uint8Array ? `${each.length} bytes` : `${each}`)).join(', ')})`;
    case 'event':
      return `an event for prog ${item.prog}`;
    case 'drain':
    case 'record':
    case 'drained':
    case 'note':
    case 'gap':
      return `"${item.kind}"`;
    default:
      return unreachable(item);
  }
}
