import type { Fd } from './fd.ts';

/** A prog attached somewhere: it runs until this is disposed of. */
export class Attachment implements Disposable {
  /** In the order they were opened: a perf event before the link on it. */
  readonly fds: readonly Fd[];
  /** Those of `fds` that are perf events with a link on them: once the link is closed they run nothing, and may be closed later. */
  readonly linkedEvents: readonly Fd[];

  constructor(fds: readonly Fd[], linkedEvents: readonly Fd[] = []) {
    this.fds = fds;
    this.linkedEvents = linkedEvents;
  }

  [Symbol.dispose](): void {
    for (const fd of this.fds.toReversed()) fd[Symbol.dispose]();
  }
}

/** How many are closed side by side: koffi takes 64 calls under way at once, and some are other waits. */
export const MAX_CLOSING = 48;

/**
 * Stops the progs of many attachments at once and leaves the perf events behind them open.
 *
 * Closing a link waits for a grace period, which such waits share; closing a tracepoint's event waits 35 ms under a lock, one after
 * another (Linux 6.18: 60 tracepoints stop in 50 ms, and take 2 s more to close).
 */
export async function stopAll(attachments: readonly Attachment[]): Promise<void> {
  const running = attachments.flatMap(({ fds, linkedEvents }) =>
    fds.filter((fd) => !linkedEvents.includes(fd)),
  );
  await Promise.all(
    Array.from({ length: MAX_CLOSING }, async () => {
      for (let fd = running.shift(); fd !== undefined; fd = running.shift()) await fd.closeAsync();
    }),
  );
}
