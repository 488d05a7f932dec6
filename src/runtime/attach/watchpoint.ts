import { type Attachment, attachWatchpoint as attachAt, watchModes } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';
import { attachToThreads } from './threads.ts';

const modeBits: Readonly<Record<string, number>> = {
  r: watchModes.HW_BREAKPOINT_R,
  w: watchModes.HW_BREAKPOINT_W,
  x: watchModes.HW_BREAKPOINT_X,
};

/** In a process: one event per thread, on whatever CPU it runs. Else one per CPU. */
export const attachWatchpoint: Attach<'watchpoint'> = (probe, { prog, pid, onlineCpus }) => {
  const modes = [...probe.mode].reduce((bits, letter) => bits | (modeBits[letter] ?? 0), 0);
  const watch = { address: probe.address, length: probe.length, modes };
  const inThreads = (threads: readonly number[]): Attachment =>
    attachAt(
      prog,
      watch,
      threads.map((thread) => ({ pid: thread, cpu: -1 })),
    );
  const attachment =
    pid === undefined
      ? attachAt(
          prog,
          watch,
          onlineCpus.map((cpu) => ({ pid: -1, cpu })),
        )
      : attachToThreads(pid, inThreads);
  return { attachments: [attachment], places: 1 };
};
