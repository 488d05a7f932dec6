import type { Host, Loaded, ProbeSpec } from '../program/index.ts';
import type { Report } from '../report/index.ts';
import { type EffectHost, performOutcome } from './effects.ts';

/** What running one prog with its output kept takes. */
export interface CapturedRunParts {
  readonly loaded: Pick<Loaded, 'run' | 'drain'>;
  readonly host: Host;
  readonly report: Pick<Report, 'handle' | 'isError' | 'finishSystem' | 'systemFailed' | 'finishCat'>;
}

/** What one prog did. */
export interface CapturedRun {
  /** What the prog returned. */
  readonly retval: number;
  /** Average time of one repetition. */
  readonly durationNs: bigint;
  /** Both streams, in order (a binary string). */
  readonly output: string;
  /** Errors it reported, by errorf() or because something failed at run time. */
  readonly errors: number;
  /** The code of its exit(); 0 without one. */
  readonly exitCode: number;
}

/**
 * Runs a test or bench prog and handles what it emitted; its text is kept instead of shown. What comes behind exit() is dropped, as in
 * a usual run.
 */
export function captureRun(parts: CapturedRunParts, prog: number, repeat: number): CapturedRun {
  const { loaded, host, report } = parts;
  let output = '';
  let errors = 0;
  let exitCode: number | undefined;
  const keep = (text: string): void => {
    output += text;
  };
  const capturing: EffectHost = {
    stdout: keep,
    stderr: keep,
    system: (command) => host.system(command),
    cat: (path, limit) => host.cat(path, limit),
    packet: (path, unixNs, data, length) => host.packet(path, unixNs, data, length),
  };
  const { retval, durationNs } = loaded.run(prog, repeat);
  loaded.drain((record) => {
    if (exitCode !== undefined) return true;
    if (report.isError(record)) errors++;
    exitCode = performOutcome(report.handle(record), report, capturing);
    return true;
  });
  return { retval, durationNs, output, errors, exitCode: exitCode ?? 0 };
}

/** The test or the bench probes. */
export function labelled(
  probes: readonly ProbeSpec[],
  kind: 'test' | 'bench',
): readonly { readonly label: string; readonly prog: number }[] {
  return probes.flatMap((probe) => (probe.kind === kind && 'label' in probe ? [probe] : []));
}
