import type { ProbeKind, Target } from '../../../program/index.ts';

/** A probe as `-l` prints it. */
export interface ListedProbe {
  /** Usable as an attach point, after a number where the provider takes one: `tracepoint:sched:sched_switch`, `interval:s:`. */
  readonly name: string;
  /** Its arguments as C declares them, `struct file * file`. Empty when they were not asked for, or nothing is known of them. */
  readonly params: readonly string[];
}

/** What listing is given. */
export interface ListContext {
  readonly target: Target;
  /** The process of -p: user binaries are looked for among those it has mapped. */
  readonly pid?: number;
  /** Arguments are wanted (-v). */
  readonly withParams: boolean;
  /** Something that keeps probes from being found. */
  warn(text: string): void;
}

/** The part of a pattern behind the provider, for one provider. */
export interface ListQuery {
  readonly kind: ProbeKind;
  /** Split at colons; at least one. */
  readonly parts: readonly string[];
  /** The provider was found through a wildcard: what this machine cannot do is no reason to complain. */
  readonly guessed: boolean;
}

/** The listing half of a provider; the order does not matter. */
export type Lister = (query: ListQuery, context: ListContext) => readonly ListedProbe[];

/** The last part, and the one before it where there are two; nothing after the last colon means everything. */
export function targetAndName(parts: readonly string[]): {
  readonly target: string | undefined;
  readonly name: string;
} {
  const [first = '', ...others] = parts;
  if (others.length === 0) return { target: undefined, name: first || '*' };
  return { target: first, name: others.join(':') || '*' };
}

/** In byte order, each name once: one function may be in a list several times. */
export function sortedOnce(probes: readonly ListedProbe[]): readonly ListedProbe[] {
  const byName = new Map(probes.map((probe) => [probe.name, probe]));
  const names = [...byName.keys()].sort();
  return names.flatMap((name) => byName.get(name) ?? []);
}
