import { readdirSync } from 'node:fs';
import { attachWatchpoint as attachAt, KernelError, type PerfScope, watchModes } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';

const modeBits: Readonly<Record<string, number>> = {
  r: watchModes.HW_BREAKPOINT_R,
  w: watchModes.HW_BREAKPOINT_W,
  x: watchModes.HW_BREAKPOINT_X,
};

/** In a process: one event per thread, on whatever CPU it runs. Else one per CPU. */
export const attachWatchpoint: Attach<'watchpoint'> = (probe, { prog, pid, onlineCpus }) => {
  const modes = [...probe.mode].reduce((bits, letter) => bits | (modeBits[letter] ?? 0), 0);
  const scopes: readonly PerfScope[] =
    pid === undefined
      ? onlineCpus.map((cpu) => ({ pid: -1, cpu }))
      : threadsOf(pid).map((thread) => ({ pid: thread, cpu: -1 }));
  const watch = { address: probe.address, length: probe.length, modes };
  return { attachments: [attachAt(prog, watch, scopes)], places: 1 };
};

function threadsOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task`;
  try {
    return readdirSync(path).map(Number);
  } catch (error) {
    throw KernelError.fromNode(`read ${path}`, error);
  }
}
