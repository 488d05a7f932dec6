import { endSignals } from '../runtime/index.ts';
import type { RunControl } from '../tracer/index.ts';

/** Signals that self probes can stand on. */
const selfSignals = ['SIGUSR1'] as const;

/**
 * Signals and the end of the traced process, as the tracer wants them told.
 *
 * The first of the signals that end a run does; a second one finds the default action again and ends the process at once.
 */
export class LiveControl implements RunControl, Disposable {
  readonly #onStarted: () => void;
  readonly #onFlush: () => boolean;
  readonly #handlers: readonly (readonly [NodeJS.Signals, () => void])[];
  #isEnding = false;
  #isInterrupted = false;
  #signals: string[] = [];
  #wake: () => void = () => undefined;
  #changed: Promise<void>;

  /** @param onFlush sends out what was written; false when nobody reads it any more. */
  constructor(options: { readonly onStarted: () => void; readonly onFlush: () => boolean }) {
    this.#onStarted = options.onStarted;
    this.#onFlush = options.onFlush;
    this.#changed = this.#nextChange();
    const endingHandlers = endSignals.map((signal) => [signal, () => this.#endBySignal()] as const);
    const selfHandlers = selfSignals.map((signal) => [signal, () => this.#addSignal(signal)] as const);
    this.#handlers = [...endingHandlers, ...selfHandlers];
    for (const [signal, handler] of this.#handlers) process.on(signal, handler);
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  takeSignals(): readonly string[] {
    const taken = this.#signals;
    this.#signals = [];
    return taken;
  }

  changed(): Promise<void> {
    return this.#changed;
  }

  started(): void {
    this.#onStarted();
  }

  flush(): void {
    if (!this.#onFlush()) this.end();
  }

  /** Ends the run: the traced process is gone, or nobody reads the output. */
  end(): void {
    this.#isEnding = true;
    this.#tell();
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #endBySignal(): void {
    for (const [signal, handler] of this.#handlers) {
      if ((endSignals as readonly string[]).includes(signal)) process.off(signal, handler);
    }
    this.#isInterrupted = true;
    this.end();
  }

  #addSignal(signal: string): void {
    this.#signals.push(signal);
    this.#tell();
  }

  #tell(): void {
    const wake = this.#wake;
    this.#changed = this.#nextChange();
    wake();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
