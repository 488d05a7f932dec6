import { attachTracepoint as attachById } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';

/** The prog filters by process itself: the event's own filter would leave out threads that start later. */
export const attachTracepoint: Attach<'tracepoint'> = (probe, { prog }) => ({
  attachments: [attachById(prog, probe.id)],
  places: 1,
});
