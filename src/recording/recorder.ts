import { viewOf } from '../base/index.ts';
import {
  type Backend,
  type Host,
  isNote,
  type Loaded,
  type LoadOptions,
  type LoadResult,
  type MapAccess,
  type Program,
  type Rejection,
} from '../program/index.ts';
import type { RunControl } from '../tracer/index.ts';
import { compactNote } from './notes.ts';
import type { RecordingItem } from './recording.ts';

/** A program whose progs tell what they run for, in place of the one that is run. */
export interface NotedLoad {
  readonly program: Program;
  /** The map that counts notes which found no room. */
  readonly losses: number;
  readonly onRefused: (rejection: Rejection) => void;
}

/** Notes taken before the rest of the process gets a turn. */
const MAX_NOTES = 100_000;

/** Where the items of a recording go. Bytes are those of the ring buffer itself: whoever keeps them copies them. */
export type ItemSink = (item: RecordingItem) => void;

/**
 * Stands between a run and everything outside of it, and notes what passes: what the kernel side hands over, what maps hold when they are
 * looked at, what the Host answers, when the run is told to end. Nothing else can change what a run prints, so whoever gives the same
 * answers in the same order gets the same output.
 */
export class Recorder {
  readonly #sink: ItemSink;

  constructor(sink: ItemSink) {
    this.#sink = sink;
  }

  #note<T>(call: string, asked: readonly unknown[], given: T): T {
    this.#sink({ kind: 'answer', call, asked, given });
    return given;
  }

  /** @param noted what to load in place of the program; where it is refused, the program is loaded, and nobody tells of events. */
  backend(inner: Backend, noted?: NotedLoad): Backend {
    return {
      name: inner.name,
      load: (program: Program, options: LoadOptions): LoadResult => {
        const withNotes = noted && inner.load(noted.program, options);
        if (withNotes?.ok === false) noted?.onRefused(withNotes.rejection);
        const notes = withNotes?.ok === true ? noted : undefined;
        const result = withNotes?.ok === true ? withNotes : inner.load(program, options);
        this.#note('load', [], result.ok ? { ok: true } : { ok: false, rejection: result.rejection });
        if (!result.ok) return result;
        const loaded = notes === undefined ? result.loaded : this.#withNotes(result.loaded, program, notes);
        return { ok: true, loaded: this.#loaded(loaded) };
      },
    };
  }

  /** Takes the notes out of the records. */
  #withNotes(inner: Loaded, program: Program, noted: NotedLoad): Loaded {
    let lost = 0n;
    let isDetached = false;
    return {
      maps: inner.maps,
      attach: (probe) => inner.attach(probe),
      detach: () => {
        isDetached = true;
        return inner.detach();
      },
      run: (prog, repeat) => {
        // Progs that are equal but for their notes are one in the program.
        const probe = program.probes.findIndex((each) => each.prog === prog);
        return inner.run(noted.program.probes[probe]?.prog ?? prog, repeat);
      },
      drain: (onRecord) => {
        let notes = 0;
        let records = 0;
        inner.drain((record) => {
          if (isNote(record)) {
            this.#sink({ kind: 'note', bytes: compactNote(record) });
            // They may come as fast as they are taken, and the rest of the process wants its turn.
            return ++notes < MAX_NOTES || isDetached;
          }
          records++;
          return onRecord(record);
        });
        return records;
      },
      lost: () => {
        const now = viewOf(inner.maps.readArray(noted.losses)).getBigUint64(0, true);
        if (now !== lost) this.#sink({ kind: 'gap', lost: now });
        lost = now;
        return inner.lost();
      },
      // Probes stand at the same index in both programs.
      ...(inner.missed === undefined ? {} : { missed: inner.missed.bind(inner) }),
      wait: (timeoutMs) => inner.wait(timeoutMs),
      ...(inner.readIterator === undefined ? {} : { readIterator: inner.readIterator.bind(inner) }),
      [Symbol.dispose]: () => inner[Symbol.dispose](),
    };
  }

  #loaded(inner: Loaded): Loaded {
    const read = inner.readIterator?.bind(inner);
    return {
      maps: this.#maps(inner.maps),
      attach: (probe) => this.#note('attach', [probe], inner.attach(probe)),
      detach: () => inner.detach(),
      run: (prog, repeat) => {
        const result = repeat === undefined ? inner.run(prog) : inner.run(prog, repeat);
        return this.#note('run', [prog, repeat], result);
      },
      drain: (onRecord) => {
        this.#sink({ kind: 'drain' });
        const count = inner.drain((record) => {
          this.#sink({ kind: 'record', bytes: record });
          return onRecord(record);
        });
        this.#sink({ kind: 'drained' });
        return count;
      },
      lost: () => this.#note('lost', [], inner.lost()),
      missed: () => {
        const misses = inner.missed?.() ?? [];
        // A recording of a run that missed nothing is silent about it.
        return misses.length === 0 ? misses : this.#note('missed', [], misses);
      },
      wait: (timeoutMs) => inner.wait(timeoutMs),
      ...(read === undefined ? {} : { readIterator: (probe: number) => this.#pieces(probe, read(probe)) }),
      [Symbol.dispose]: () => inner[Symbol.dispose](),
    };
  }

  *#pieces(probe: number, pieces: Iterable<Uint8Array>): Iterable<Uint8Array> {
    for (const piece of pieces) yield this.#note('iterator', [probe], piece.slice());
    this.#note('iterator', [probe], undefined);
  }

  #maps(inner: MapAccess): MapAccess {
    return {
      entries: (map) => this.#note('entries', [map], inner.entries(map)),
      readArray: (map) => this.#note('readArray', [map], inner.readArray(map)),
      writeArray: (map, offset, bytes) => {
        inner.writeArray(map, offset, bytes);
        this.#note('writeArray', [map, offset, bytes], undefined);
      },
      update: (map, key, values) => {
        inner.update(map, key, values);
        this.#note('update', [map, key, values], undefined);
      },
      delete: (map, key) => {
        inner.delete(map, key);
        this.#note('delete', [map, key], undefined);
      },
    };
  }

  host(inner: Host): Host {
    return {
      kernelSymbol: (address) => this.#note('kernelSymbol', [address], inner.kernelSymbol(address)),
      userSymbol: (pid, address, probe, isCaller = false) =>
        this.#note(
          'userSymbol',
          [pid, address, probe, isCaller],
          inner.userSymbol(pid, address, probe, isCaller),
        ),
      userName: (uid) => this.#note('userName', [uid], inner.userName(uid)),
      cgroupPath: (id, filter) => this.#note('cgroupPath', [id, filter], inner.cgroupPath(id, filter)),
      localTime: (unixNs) => this.#note('localTime', [unixNs], inner.localTime(unixNs)),
      now: () => this.#note('now', [], inner.now()),
      bootToWallNs: () => this.#note('bootToWallNs', [], inner.bootToWallNs()),
      ...(inner.stackMode === undefined ? {} : { stackMode: inner.stackMode }),
      stdout: (text) => inner.stdout(text),
      stderr: (text) => inner.stderr(text),
      system: (command) => this.#note('system', [command], inner.system(command)),
      cat: (path, limit) => this.#note('cat', [path, limit], inner.cat(path, limit)),
      packet: (path, unixNs, data, originalLength) => inner.packet(path, unixNs, data, originalLength),
    };
  }

  control(inner: RunControl): RunControl {
    const note = <T>(call: string, given: T): T => this.#note(call, [], given);
    return {
      get isEnding() {
        return note('isEnding', inner.isEnding);
      },
      get isInterrupted() {
        return note('isInterrupted', inner.isInterrupted);
      },
      takeSignals: () => note('takeSignals', inner.takeSignals()),
      changed: () => inner.changed(),
      started: () => inner.started(),
      flush: () => inner.flush(),
    };
  }
}
