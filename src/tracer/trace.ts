import { binaryString, errnos } from '../base/index.ts';
import type { Backend, Host, Loaded, LoadOptions, Program } from '../program/index.ts';
import type { Outcome, Report } from '../report/index.ts';
import { attachOrder } from './attach-order.ts';
import { runBenchmarks } from './benchmarks.ts';
import { performOutcome } from './effects.ts';
import { describeRejection } from './rejection.ts';
import { runTests } from './tests.ts';

/** What a run asks of the report. */
export type RunReport = Pick<
  Report,
  | 'handle'
  | 'isError'
  | 'finishSystem'
  | 'systemFailed'
  | 'finishCat'
  | 'attached'
  | 'lost'
  | 'lostInAll'
  | 'missed'
  | 'ended'
  | 'printAllMaps'
>;

/** Where the run's own messages go. */
export interface RunMessages {
  error(text: string): void;
  warning(text: string): void;
  hint(text: string): void;
  /** A line as it is. */
  plain(text: string): void;
}

/** What happens around a run: signals, the traced process, the flushing of streams. */
export interface RunControl {
  /** Set once the run has to end: a signal, the traced process is gone, nobody reads the output any more. */
  readonly isEnding: boolean;
  /** Set when it was a signal: somebody wants it to end now. */
  readonly isInterrupted: boolean;
  /** Self signals (`SIGUSR1`) received since the last call. */
  takeSignals(): readonly string[];
  /** Resolves when `isEnding` or the signals change. */
  changed(): Promise<void>;
  /** Everything is attached: a child that waits may run. */
  started(): void;
  /** A batch of records was handled: what was written may go out. */
  flush(): void;
}

export interface RunOptions {
  /** What runs: everything but test and bench probes, or these alone, between begin and end. */
  readonly mode: 'run' | 'test' | 'bench';
  /** How results of tests and benchmarks are shown. */
  readonly format: 'text' | 'json';
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Say on stdout when everything is attached (for test runners). */
  readonly notifyAttached: boolean;
}

/** What a command line without options asks for. */
export const usualRunOptions: RunOptions = {
  mode: 'run',
  format: 'text',
  dryRun: false,
  quiet: false,
  verbose: false,
  notifyAttached: false,
};

export interface TraceRun {
  readonly program: Program;
  readonly backend: Backend;
  readonly load: LoadOptions;
  readonly host: Host;
  /** Made once the maps exist. `format` is that of the run unless it says otherwise. */
  readonly makeReport: (loaded: Loaded, format?: 'text' | 'json') => RunReport;
  readonly control: RunControl;
  readonly messages: RunMessages;
  readonly options: RunOptions;
}

/** Ends of a run as exit codes; `exit(n)` in a script gives n. Source: bpftrace 0.27. */
const EXIT_REFUSED = 1;
const EXIT_FAILED = 255;
/** What EILSEQ says of a kprobe. Source: arch/x86/kernel/kprobes/core.c, arch_prepare_kprobe(); the text is bpftrace's. */
const INSIDE_INSN = 'Possible attachment attempt in the middle of an instruction, try a different offset.';

/** The longest a run sleeps before it looks at signals and losses again. */
const WAIT_MS = 100;
/** Records handled before the rest of the process gets a turn. */
const BATCH_RECORDS = 50_000;

/** Runs a compiled script until its end; the result is the exit code. */
export async function trace(run: TraceRun): Promise<number> {
  const { program, messages } = run;
  const refused = checkCounts(run);
  if (refused !== undefined) return refused;
  const result = run.backend.load(program, run.load);
  if (!result.ok) {
    for (const line of describeRejection(program, result.rejection)) messages.plain(line);
    if (!run.options.verbose) messages.plain('Use -v for full kernel error log.');
    else messages.plain(result.rejection.log);
    return EXIT_FAILED;
  }
  using loaded = result.loaded;
  return await new Run(run, loaded).toEnd();
}

function checkCounts({ program, messages, options, host }: TraceRun): number | undefined {
  if (program.probes.length === 0) {
    if (!options.quiet) host.stdout('No probes to attach\n');
    return EXIT_REFUSED;
  }
  const { maxProbes } = program.settings;
  if (program.probes.length > maxProbes) {
    messages.error(
      `Can't attach to ${program.probes.length} probes because it exceeds the current limit of ${maxProbes} probes.`,
    );
    messages.plain(
      'You can increase the limit through the BPFTRACE_MAX_PROBES environment variable, but BE CAREFUL since a high number of probes attached can cause your system to crash.',
    );
    return EXIT_REFUSED;
  }
  return undefined;
}

class Run {
  readonly #run: TraceRun;
  readonly #loaded: Loaded;
  readonly #report: RunReport;
  #lost = 0n;
  #exitCode: number | undefined;
  /** The change that was waited for last, and what ends the sleep of now. */
  #awaited: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  constructor(run: TraceRun, loaded: Loaded) {
    this.#run = run;
    this.#loaded = loaded;
    this.#report = run.makeReport(loaded);
  }

  async toEnd(): Promise<number> {
    const { program, options, control, host } = this.#run;
    if (!options.dryRun) this.#runProgs('begin');
    if (options.mode !== 'run') return options.dryRun ? 0 : this.#runLabelled(options.mode);
    const places = this.#attachAll();
    if (places === undefined) return EXIT_FAILED;
    if (options.dryRun) return 0;
    const run = program.probes.filter(
      ({ kind }) => kind === 'begin' || kind === 'end' || kind === 'self',
    ).length;
    if (places + run === 0) return this.#nothingAttached();
    control.started();
    if (!options.quiet) this.#show(this.#report.attached(places + run));
    if (options.notifyAttached) host.stdout('__BPFTRACE_NOTIFY_PROBES_ATTACHED\n');
    control.flush();

    const iterators = this.#iterators();
    if (iterators.length > 0) this.#readIterators(iterators);
    else await this.#loop(places > 0 || program.probes.some(({ kind }) => kind === 'self'));

    await this.#loaded.detach();
    this.#finish();
    if (program.settings.printMapsOnExit)
      this.#report.printAllMaps().forEach((text) => void this.#show(text));
    control.flush();
    return (this.#exitCode ?? 0) & 0xff;
  }

  /** Tests or benchmarks, between the begin and the end probes; nothing is attached and no map printed. */
  #runLabelled(mode: 'test' | 'bench'): number {
    const { program, host, control, messages, options, makeReport } = this.#run;
    this.#drain(Number.POSITIVE_INFINITY, true);
    const loaded = this.#loaded;
    const parts = { loaded, host, report: makeReport(loaded, 'text') };
    const succeeded =
      mode === 'test'
        ? runTests(parts, program.probes, options.format)
        : runBenchmarks(parts, program.probes, options.format, messages);
    this.#finish();
    control.flush();
    return succeeded ? (this.#exitCode ?? 0) & 0xff : EXIT_REFUSED;
  }

  /** The end probes, and what is said after everything else. */
  #finish(): void {
    // What was queued behind exit() is not shown; what the end probes say is.
    if (this.#exitCode !== undefined) this.#loaded.drain(() => true);
    else if (this.#run.control.isInterrupted) this.#drainAfterSignal();
    this.#runProgs('end');
    this.#drain(Number.POSITIVE_INFINITY, false);
    this.#showLosses();
    this.#show(this.#report.lostInAll(this.#lost));
    this.#show(this.#report.missed(this.#loaded.missed?.() ?? []));
    this.#show(this.#report.ended());
  }

  /** Attaches everything; undefined when a probe failed and the script wants none missing, or the run was ended meanwhile. */
  #attachAll(): number | undefined {
    const { program, messages, control, options } = this.#run;
    let places = 0;
    for (const index of attachOrder(program)) {
      if (control.isEnding) return undefined;
      const probe = program.probes[index];
      const name = probe?.name ?? '';
      if (options.verbose) messages.plain(`Trying to attach probe: ${name}`);
      const outcome = this.#loaded.attach(index);
      if (outcome.ok) {
        places += outcome.functions;
        continue;
      }
      const isInside = probe?.kind === 'kprobe' && outcome.errno === errnos.EILSEQ.number;
      switch (program.settings.missingProbes) {
        case 'error':
          if (isInside) messages.error(INSIDE_INSN);
          messages.error(
            `Unable to attach probe: ${name}. If this is expected, set the 'missing_probes' config variable to 'warn'.`,
          );
          messages.hint(outcome.message);
          return undefined;
        case 'warn':
          if (isInside) messages.warning(INSIDE_INSN);
          messages.warning(`Unable to attach probe: ${name}. Skipping.`);
          if (options.verbose) messages.plain(outcome.message);
          break;
        case 'ignore':
          if (options.verbose) messages.plain(`${name}: ${outcome.message}`);
          break;
      }
    }
    return places;
  }

  #nothingAttached(): number {
    this.#run.messages.error('Attachment failed for all probes.');
    return EXIT_FAILED;
  }

  /** Handles records until the script, a signal or the traced process ends the run; without `keepsGoing`, until there are none. */
  async #loop(keepsGoing: boolean): Promise<void> {
    const { control } = this.#run;
    for (;;) {
      const { handled, isCutShort } = this.#drain(BATCH_RECORDS, true);
      this.#showLosses();
      control.flush();
      if (this.#exitCode !== undefined || control.isEnding) return;
      for (const signal of control.takeSignals()) this.#runProgs('self', signal);
      if (handled === 0 && !keepsGoing) return;
      await this.#sleep(isCutShort ? 0 : WAIT_MS);
    }
  }

  /**
   * Until records may be there, the control has changed, or some time has passed. What waits for a change stands on the control's promise
   * once, however many sleeps there are before it: with a race for each of them a day of them would fill the memory.
   */
  #sleep(timeoutMs: number): Promise<void> {
    const changed = this.#run.control.changed();
    if (changed !== this.#awaited) {
      this.#awaited = changed;
      void changed.then(() => this.#wake());
    }
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      this.#loaded.wait(timeoutMs).then(resolve, reject);
    });
  }

  /**
   * Shows at most `limit` records, and when there is a limit at most one that runs a command, so that signals are heard in between. The
   * first exit record ends it when `stopsAtExit`.
   */
  #drain(
    limit: number,
    stopsAtExit: boolean,
  ): { readonly handled: number /** There may be more. */; readonly isCutShort: boolean } {
    let handled = 0;
    let isCutShort = false;
    this.#loaded.drain((record) => {
      handled++;
      const outcome = this.#report.handle(record);
      const exitCode = this.#show(outcome);
      if (exitCode !== undefined) {
        // The code that ended the run stays; end probes may still set one when nothing else did.
        this.#exitCode ??= exitCode;
        if (stopsAtExit) return false;
      }
      isCutShort = handled >= limit || (outcome.kind === 'system' && limit < Number.POSITIVE_INFINITY);
      return !isCutShort;
    });
    return { handled, isCutShort };
  }

  /** What was queued when a signal ended the run is shown, but no command is started for it any more. */
  #drainAfterSignal(): void {
    let leftOut = 0;
    this.#loaded.drain((record) => {
      const outcome = this.#report.handle(record);
      if (outcome.kind === 'system') leftOut++;
      else this.#show(outcome);
      return true;
    });
    if (leftOut > 0) {
      this.#run.messages.warning(
        `${leftOut} command${leftOut === 1 ? '' : 's'} of system() left out: the run was ended before their turn came.`,
      );
    }
  }

  #showLosses(): void {
    const lost = this.#loaded.lost();
    if (lost > this.#lost) this.#show(this.#report.lost(lost - this.#lost));
    this.#lost = lost;
  }

  /** Does what an outcome asks for; the code of an exit is returned. */
  #show(outcome: Outcome): number | undefined {
    return performOutcome(outcome, this.#report, this.#run.host);
  }

  #runProgs(kind: 'begin' | 'end' | 'self', signal?: string): void {
    const { program, options, messages } = this.#run;
    for (const probe of program.probes) {
      if (probe.kind !== kind || (probe.kind === 'self' && probe.signal !== signal)) continue;
      this.#loaded.run(probe.prog);
      if (options.verbose) messages.plain(`Attaching '${probe.name}' probe`);
    }
  }

  #iterators(): readonly number[] {
    return this.#run.program.probes.flatMap((probe, index) => (probe.kind === 'iter' ? [index] : []));
  }

  #readIterators(indexes: readonly number[]): void {
    const { program, host, control } = this.#run;
    for (const index of indexes) {
      const probe = program.probes[index];
      if (probe?.kind === 'iter' && probe.pin !== undefined) {
        host.stdout(`Program pinned to ${probe.pin}\n`);
        continue;
      }
      for (const piece of this.#loaded.readIterator?.(index) ?? []) {
        host.stdout(binaryString(piece));
        if (control.isEnding) return;
      }
    }
  }
}
