import type { ProbeKind } from '../../program/index.ts';

/** What one provider looks like in a script (sections 2.1 and 2.2 of the reference). */
export interface ProviderFacts {
  readonly kind: ProbeKind;
  /** Other spellings; all compare without case. */
  readonly aliases: readonly string[];
  /** Numbers of parts after the provider that are accepted. */
  readonly arity: readonly number[];
  /** What the builtin `probetype` gives. */
  readonly probeType: string;
  /** Found when a wildcard stands in the provider's place, among kernel-side or user-side types. Return probes must be named. */
  readonly wildcardSide?: 'kernel' | 'user';
}

export const providers: Readonly<Record<ProbeKind, ProviderFacts>> = {
  begin: { kind: 'begin', aliases: [], arity: [0], probeType: 'special' },
  end: { kind: 'end', aliases: [], arity: [0], probeType: 'special' },
  self: { kind: 'self', aliases: [], arity: [2], probeType: 'special' },
  test: { kind: 'test', aliases: [], arity: [1], probeType: 'test' },
  bench: { kind: 'bench', aliases: [], arity: [1], probeType: 'benchmark' },
  interval: { kind: 'interval', aliases: ['i'], arity: [1, 2], probeType: 'interval' },
  profile: { kind: 'profile', aliases: ['p'], arity: [1, 2], probeType: 'profile' },
  software: {
    kind: 'software',
    aliases: ['s'],
    arity: [1, 2],
    probeType: 'software',
    wildcardSide: 'kernel',
  },
  hardware: {
    kind: 'hardware',
    aliases: ['h'],
    arity: [1, 2],
    probeType: 'hardware',
    wildcardSide: 'kernel',
  },
  tracepoint: {
    kind: 'tracepoint',
    aliases: ['t'],
    arity: [1, 2],
    probeType: 'tracepoint',
    wildcardSide: 'kernel',
  },
  rawtracepoint: {
    kind: 'rawtracepoint',
    aliases: ['rt'],
    arity: [1, 2],
    probeType: 'rawtracepoint',
    wildcardSide: 'kernel',
  },
  kprobe: { kind: 'kprobe', aliases: ['k'], arity: [1, 2], probeType: 'kprobe', wildcardSide: 'kernel' },
  kretprobe: {
    kind: 'kretprobe',
    aliases: ['kr'],
    arity: [1, 2],
    probeType: 'kretprobe',
  },
  fentry: {
    kind: 'fentry',
    aliases: ['f', 'kfunc'],
    arity: [1, 2, 3],
    probeType: 'fentry',
    wildcardSide: 'kernel',
  },
  fexit: {
    kind: 'fexit',
    aliases: ['fr', 'kretfunc'],
    arity: [1, 2, 3],
    probeType: 'fexit',
  },
  uprobe: { kind: 'uprobe', aliases: ['u'], arity: [1, 2, 3], probeType: 'uprobe', wildcardSide: 'user' },
  uretprobe: {
    kind: 'uretprobe',
    aliases: ['ur'],
    arity: [1, 2, 3],
    probeType: 'uretprobe',
  },
  usdt: { kind: 'usdt', aliases: ['U'], arity: [1, 2, 3], probeType: 'usdt', wildcardSide: 'user' },
  watchpoint: { kind: 'watchpoint', aliases: ['w'], arity: [3], probeType: 'watchpoint' },
  iter: { kind: 'iter', aliases: ['it'], arity: [1, 2], probeType: 'iter', wildcardSide: 'kernel' },
};

const byName: ReadonlyMap<string, ProbeKind> = new Map(
  Object.values(providers).flatMap((facts) => [
    [facts.kind, facts.kind] as const,
    // `U` is usdt and `u` is uprobe: one-letter short names keep their case.
    ...facts.aliases.map((alias) => [alias, facts.kind] as const),
  ]),
);

/** The provider a word names; full names in any case. */
export function providerNamed(word: string): ProbeKind | undefined {
  return byName.get(word) ?? byName.get(word.toLowerCase());
}

/** "requires 1 or 2 arguments" with the accepted numbers. */
export function aritySentence(facts: ProviderFacts, found: number): string {
  const counts = facts.arity.join(' or ');
  return `${facts.kind} probe type requires ${counts} arguments, found ${found}`;
}
