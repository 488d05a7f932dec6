import { attachRawTracepoint as attachByName } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';
import { attachTracing } from './tracing.ts';

/** By the BTF the prog was loaded with; without BTF by the tracepoint's name. */
export const attachRawTracepoint: Attach<'rawtracepoint'> = (probe, context) =>
  context.prog.spec.type === 'BPF_PROG_TYPE_RAW_TRACEPOINT'
    ? { attachments: [attachByName(context.prog, probe.event)], places: 1 }
    : attachTracing(probe, context);
