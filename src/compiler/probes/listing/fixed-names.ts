/** Providers whose names are tables of ours: perf counters, timers, begin, end and self. */
import { hardwareEvents, softwareEvents } from '../perf-events.ts';
import { selfSignals } from '../special.ts';
import { timerUnits } from '../timers.ts';
import { matcher } from '../wildcard.ts';
import type { ListedProbe, Lister, ListQuery } from './listed.ts';

export const listCounters: Lister = (query) => {
  const events = query.kind === 'software' ? softwareEvents : hardwareEvents;
  return listWithCount(
    query,
    events.flatMap((event) => [event.name, ...event.aliases]),
  );
};

export const listTimers: Lister = (query) => listWithCount(query, timerUnits);

/** Names that a count follows: they end in the colon before it. */
function listWithCount({ kind, parts }: ListQuery, names: readonly string[]): readonly ListedProbe[] {
  const [pattern = '', ...others] = parts;
  if (others.some((part) => part !== '')) return [];
  const isMatch = matcher(pattern || '*');
  return names.filter(isMatch).map((name) => ({ name: `${kind}:${name}:`, params: [] }));
}

export const listSelf: Lister = ({ parts }) => {
  const isMatch = matcher(parts.join(':') || '*');
  return selfSignals
    .map((signal) => `signal:${signal}`)
    .filter(isMatch)
    .map((name) => ({ name: `self:${name}`, params: [] }));
};

export const listBeginOrEnd: Lister = ({ kind, parts }) =>
  matcher(parts.join(':') || '*')('') ? [{ name: kind, params: [] }] : [];

/** Names that only a script gives. */
export const listNothing: Lister = () => [];
