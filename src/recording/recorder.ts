import type { Backend, Host, Loaded, LoadOptions, LoadResult, MapAccess, Program } from '../program/index.ts';
import type { RunControl } from '../tracer/index.ts';
import type { RecordingItem } from './recording.ts';

/** Where the items of a recording go. */
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

  backend(inner: Backend): Backend {
    return {
      name: inner.name,
      load: (program: Program, options: LoadOptions): LoadResult => {
        const result = inner.load(program, options);
        this.#note('load', [], result.ok ? { ok: true } : { ok: false, rejection: result.rejection });
        return result.ok ? { ok: true, loaded: this.#loaded(result.loaded) } : result;
      },
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
          this.#sink({ kind: 'record', bytes: record.slice() });
          return onRecord(record);
        });
        this.#sink({ kind: 'drained' });
        return count;
      },
      lost: () => this.#note('lost', [], inner.lost()),
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
      userSymbol: (pid, address, probe) =>
        this.#note('userSymbol', [pid, address, probe], inner.userSymbol(pid, address, probe)),
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
