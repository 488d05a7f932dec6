import {
  type Attachment,
  attachSampling,
  cpuClock,
  type PerfScope,
  type SamplingEvent,
} from '../../kernel/index.ts';
import type { Attach, AttachContext } from './attach.ts';
import { attachToThreads } from './threads.ts';

/** One event on the first online CPU, whatever runs there. */
export const attachInterval: Attach<'interval'> = (probe, { prog, onlineCpus }) => ({
  attachments: [attachSampling(prog, cpuClock(probe.period), onCpus(onlineCpus.slice(0, 1)))],
  places: 1,
});

export const attachProfile: Attach<'profile'> = (probe, context) => ({
  attachments: [attachEverywhere(cpuClock(probe.period), context)],
  places: 1,
});

export const attachCounter: Attach<'software' | 'hardware'> = (probe, context) => ({
  attachments: [attachEverywhere({ type: probe.kind, config: probe.config, period: probe.period }, context)],
  places: 1,
});

/** On all CPUs, or with -p in all threads of the process (bpftrace: in its first thread). */
function attachEverywhere(event: SamplingEvent, { prog, pid, onlineCpus }: AttachContext): Attachment {
  if (pid === undefined) return attachSampling(prog, event, onCpus(onlineCpus));
  return attachToThreads(pid, (threads) =>
    attachSampling(
      prog,
      event,
      threads.map((thread) => ({ pid: thread, cpu: -1 })),
    ),
  );
}

function onCpus(cpus: readonly number[]): readonly PerfScope[] {
  return cpus.map((cpu) => ({ pid: -1, cpu }));
}
