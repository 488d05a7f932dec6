import { attachTracing as attachProg } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';

/** fentry, fexit and typed raw tracepoints: the prog was loaded for its place. */
export const attachTracing: Attach<'fentry' | 'fexit' | 'rawtracepoint'> = (_probe, { prog }) => ({
  attachments: [attachProg(prog)],
  places: 1,
});
