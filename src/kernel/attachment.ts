import type { Fd } from './fd.ts';

/** A prog attached somewhere: it runs until this is disposed of. */
export class Attachment implements Disposable {
  /** In the order they were opened: a perf event before the link on it. */
  readonly fds: readonly Fd[];

  constructor(fds: readonly Fd[]) {
    this.fds = fds;
  }

  [Symbol.dispose](): void {
    for (const fd of this.fds.toReversed()) fd[Symbol.dispose]();
  }
}

/**
 * Detaches many at once, waiting side by side: taking down a perf-based probe waits 70 to 120 ms for the kernel to be done with it. Each
 * attachment's own descriptors close in reverse order.
 */
export async function detachAll(attachments: readonly Attachment[]): Promise<void> {
  await Promise.all(
    attachments.map(async (attachment) => {
      for (const fd of attachment.fds.toReversed()) await fd.closeAsync();
    }),
  );
}
