import { attachSampling, cpuClock } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';

/** One event on the first online CPU, whatever runs there. */
export const attachInterval: Attach<'interval'> = (probe, { prog, onlineCpus }) => ({
  attachments: [attachSampling(prog, cpuClock(probe.period), onlineCpus.slice(0, 1))],
  places: 1,
});

export const attachProfile: Attach<'profile'> = (probe, { prog, pid, onlineCpus }) => ({
  attachments: [attachSampling(prog, cpuClock(probe.period), onlineCpus, pid)],
  places: 1,
});

export const attachCounter: Attach<'software' | 'hardware'> = (probe, { prog, pid, onlineCpus }) => ({
  attachments: [
    attachSampling(prog, { type: probe.kind, config: probe.config, period: probe.period }, onlineCpus, pid),
  ],
  places: 1,
});
