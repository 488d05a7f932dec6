/**
 * A kprobe and the kretprobe of the same functions become one session where the kernel has sessions: one prog on one link, which is told at
 * which of the two it runs.
 *
 *     kprobe:vfs_read { A }  kretprobe:vfs_read { B }     ->     session on vfs_read { if it returns { B } else { A } }
 *
 * Only blocks with a single attach point are joined, and only when there is no doubt which two belong together.
 */
import { present } from '../../base/index.ts';
import type { Target } from '../../program/index.ts';
import type { ResolvedProbe } from './resolved.ts';

/** The kfunc that tells. Linux 6.10. */
export const sessionQuestion = 'bpf_session_is_return';

export function joinSessions(probes: readonly ResolvedProbe[], target: Target): readonly ResolvedProbe[] {
  const exitsByPlaces = new Map<string, number[]>();
  for (const [index, probe] of probes.entries()) {
    const places = probe.kind === 'kretprobe' ? placesOf(probe, probes) : undefined;
    if (places === undefined) continue;
    const exits = exitsByPlaces.get(places) ?? [];
    exits.push(index);
    exitsByPlaces.set(places, exits);
  }
  const exitByEntry = new Map<number, number>();
  for (const [index, probe] of probes.entries()) {
    const places = probe.kind === 'kprobe' ? placesOf(probe, probes) : undefined;
    const [exit, ...others] = exitsByPlaces.get(places ?? '') ?? [];
    if (places === undefined || exit === undefined || others.length > 0) continue;
    exitByEntry.set(index, exit);
    exitsByPlaces.delete(places);
  }
  if (exitByEntry.size === 0 || !hasSessions(target)) return probes;
  const exits = new Set(exitByEntry.values());
  return probes.map((probe, index): ResolvedProbe => {
    if (exits.has(index)) return { ...probe, attachments: [], session: { half: 'exit' } };
    const exit = exitByEntry.get(index);
    return exit === undefined ? probe : asEntry(probe, exit);
  });
}

/** The functions of a probe that fits a session, as a key. */
function placesOf(probe: ResolvedProbe, probes: readonly ResolvedProbe[]): string | undefined {
  const [attachment] = probe.attachments;
  if (!probe.fitsSession || (attachment?.kind !== 'kprobe' && attachment?.kind !== 'kretprobe'))
    return undefined;
  const isAlone = probes.every((other) => other === probe || other.block !== probe.block);
  return isAlone ? JSON.stringify(attachment.locations.map((location) => location.function)) : undefined;
}

function hasSessions(target: Target): boolean {
  return (
    target.has('kprobe-multi') &&
    target.has('kprobe-session') &&
    target.btf()?.hasFunction(sessionQuestion) === true
  );
}

function asEntry(probe: ResolvedProbe, exit: number): ResolvedProbe {
  const attachment = present(probe.attachments[0], 'a probe that fits a session is attached once');
  if (attachment.kind !== 'kprobe') return probe;
  return {
    ...probe,
    expectedAttachType: 'BPF_TRACE_KPROBE_SESSION',
    func: 'helper',
    attachments: [{ ...attachment, via: 'session' }],
    session: { half: 'entry', exit },
  };
}
