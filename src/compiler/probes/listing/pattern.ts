/** The probes that a pattern names (`-l PATTERN`), by provider. */
import type { ProbeKind } from '../../../program/index.ts';
import { providerNamed, providers } from '../providers.ts';
import { hasWildcard, matcher } from '../wildcard.ts';
import { listUprobes, listUsdts } from './binaries.ts';
import { listBeginOrEnd, listCounters, listNothing, listSelf, listTimers } from './fixed-names.ts';
import { listIterators, listRawTracepoints, listTracepoints } from './kernel-events.ts';
import { listFentries, listKprobes } from './kernel-functions.ts';
import { type ListContext, type ListedProbe, type Lister, sortedOnce } from './listed.ts';

const listers: Readonly<Record<ProbeKind, Lister>> = {
  begin: listBeginOrEnd,
  end: listBeginOrEnd,
  self: listSelf,
  test: listNothing,
  bench: listNothing,
  interval: listTimers,
  profile: listTimers,
  software: listCounters,
  hardware: listCounters,
  tracepoint: listTracepoints,
  rawtracepoint: listRawTracepoints,
  kprobe: listKprobes,
  kretprobe: listKprobes,
  fentry: listFentries,
  fexit: listFentries,
  uprobe: listUprobes,
  uretprobe: listUprobes,
  usdt: listUsdts,
  watchpoint: listNothing,
  iter: listIterators,
};

/**
 * The probes that match, sorted within their provider, providers in the order of their names.
 *
 * @param pattern `provider:target:name` with `*` anywhere; without a colon it is a name, looked for in all providers of the kernel.
 */
export function listProbes(pattern: string, context: ListContext): readonly ListedProbe[] {
  const colon = pattern.indexOf(':');
  const word = colon < 0 ? '*' : pattern.slice(0, colon) || '*';
  const parts = (colon < 0 ? pattern : pattern.slice(colon + 1)).split(':');
  const guessed = hasWildcard(word);
  return kindsNamed(word, parts, context).flatMap((kind) =>
    sortedOnce(listers[kind]({ kind, parts, guessed }, context)),
  );
}

/** The providers to look in. Those of user programs stand behind a wildcard only when something says which programs are meant. */
function kindsNamed(word: string, parts: readonly string[], context: ListContext): readonly ProbeKind[] {
  if (!hasWildcard(word)) {
    const kind = providerNamed(word);
    if (kind === undefined) context.warn(`Invalid probe type: ${word}`);
    return kind === undefined ? [] : [kind];
  }
  const [target = ''] = parts;
  const namesFile =
    target.includes('/') &&
    !hasWildcard(target) &&
    context.target.resolveBinary(target, context.pid).length > 0;
  const withUser = context.pid !== undefined || namesFile;
  const isMatch = matcher(word.toLowerCase());
  return Object.values(providers)
    .filter(
      ({ kind, wildcardSide }) =>
        isMatch(kind) && (wildcardSide === 'kernel' || (withUser && wildcardSide === 'user')),
    )
    .map(({ kind }) => kind)
    .sort();
}
