import type { ProbeKind, ProbeSpec } from '../../program/index.ts';
import type { Attach, AttachContext, Attached } from './attach.ts';
import { attachIterator } from './iterator.ts';
import { attachKprobe } from './kprobe.ts';
import { attachRawTracepoint } from './raw-tracepoint.ts';
import { attachCounter, attachInterval, attachProfile } from './sampling.ts';
import { attachSpecial } from './special.ts';
import { attachTracepoint } from './tracepoint.ts';
import { attachTracing } from './tracing.ts';
import { attachUprobe, attachUsdt } from './uprobe.ts';
import { attachWatchpoint } from './watchpoint.ts';

/** The run half of every provider. */
const attaches: { readonly [K in ProbeKind]: Attach<K> } = {
  begin: attachSpecial,
  end: attachSpecial,
  self: attachSpecial,
  test: attachSpecial,
  bench: attachSpecial,
  kprobe: attachKprobe,
  kretprobe: attachKprobe,
  uprobe: attachUprobe,
  uretprobe: attachUprobe,
  usdt: attachUsdt,
  tracepoint: attachTracepoint,
  rawtracepoint: attachRawTracepoint,
  fentry: attachTracing,
  fexit: attachTracing,
  interval: attachInterval,
  profile: attachProfile,
  software: attachCounter,
  hardware: attachCounter,
  watchpoint: attachWatchpoint,
  iter: attachIterator,
};

/** Attaches a probe. @throws KernelError */
export function attachProbe(probe: ProbeSpec, context: AttachContext): Attached {
  // The row of a kind takes the probes of that kind: TypeScript cannot see it through the union.
  return (attaches[probe.kind] as Attach<ProbeKind>)(probe, context);
}

export type { AttachContext, Attached } from './attach.ts';
