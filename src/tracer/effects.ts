import { unreachable } from '../base/index.ts';
import type { Host } from '../program/index.ts';
import type { Outcome, Report } from '../report/index.ts';

/** The part of a Host that effects take. */
export type EffectHost = Pick<Host, 'stdout' | 'stderr' | 'system' | 'cat' | 'packet'>;

/**
 * Has the Host do what a record came to, before the next record is looked at: output of later records stands behind what a command
 * or a file puts out.
 *
 * @returns the code of an exit record, which ends the run.
 */
export function performOutcome(
  outcome: Outcome,
  report: Pick<Report, 'finishSystem' | 'systemFailed' | 'finishCat'>,
  host: EffectHost,
): number | undefined {
  switch (outcome.kind) {
    case 'none':
      return undefined;
    case 'text':
      host[outcome.stream](outcome.text);
      return undefined;
    case 'exit':
      return outcome.code;
    case 'system':
      return performSystem(outcome.command, report, host);
    case 'cat':
      return performOutcome(report.finishCat(outcome, host.cat(outcome.path, outcome.limit)), report, host);
    case 'packet':
      host.packet(outcome.path, outcome.unixNs, outcome.data, outcome.originalLength);
      return undefined;
    default:
      return unreachable(outcome);
  }
}

/** What a command printed is shown whether it succeeded or not; then that it failed. */
function performSystem(
  command: string,
  report: Pick<Report, 'finishSystem' | 'systemFailed' | 'finishCat'>,
  host: EffectHost,
): number | undefined {
  const { stdout, status } = host.system(command);
  if (stdout !== '' || status === 0) performOutcome(report.finishSystem(stdout), report, host);
  return status === 0 ? undefined : performOutcome(report.systemFailed(status), report, host);
}
