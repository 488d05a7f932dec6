import type { ProbeKind } from '../../program/index.ts';

/** What one provider looks like in a script. */
export interface ProviderFacts {
  readonly kind: ProbeKind;
  /** Other spellings; all compare without case. */
  readonly aliases: readonly string[];
  /** How its attach points are written, for the manual: capitals stand for what the user fills in, brackets for what may be left out. */
  readonly forms: readonly string[];
  /** One sentence or two. */
  readonly doc: string;
  /** Numbers of parts after the provider that are accepted. */
  readonly arity: readonly number[];
  /** What the builtin `probetype` gives. */
  readonly probeType: string;
  /** Found when a wildcard stands in the provider's place, among kernel-side or user-side types. Return probes must be named. */
  readonly wildcardSide?: 'kernel' | 'user';
}

export const providers: Readonly<Record<ProbeKind, ProviderFacts>> = {
  begin: {
    kind: 'begin',
    aliases: [],
    forms: ['begin'],
    doc: 'Runs once, before all other probes are attached.',
    arity: [0],
    probeType: 'special',
  },
  end: {
    kind: 'end',
    aliases: [],
    forms: ['end'],
    doc: 'Runs once, after all other probes were detached.',
    arity: [0],
    probeType: 'special',
  },
  self: {
    kind: 'self',
    aliases: [],
    forms: ['self:signal:SIGUSR1'],
    doc: 'The tracer itself was sent the signal.',
    arity: [2],
    probeType: 'special',
  },
  test: {
    kind: 'test',
    aliases: [],
    forms: ['test:NAME'],
    doc: 'A test of the script: runs with `--test` alone, and fails when an assertion in it does.',
    arity: [1],
    probeType: 'test',
  },
  bench: {
    kind: 'bench',
    aliases: [],
    forms: ['bench:NAME'],
    doc: 'A benchmark: runs with `--bench` alone, many times over, and its duration is shown.',
    arity: [1],
    probeType: 'benchmark',
  },
  interval: {
    kind: 'interval',
    aliases: ['i'],
    forms: ['interval:COUNTUNIT', 'interval:UNIT:COUNT'],
    doc: 'Runs on one CPU at a regular interval. Units: `us`, `ms`, `s`, `hz`.',
    arity: [1, 2],
    probeType: 'interval',
  },
  profile: {
    kind: 'profile',
    aliases: ['p'],
    forms: ['profile:COUNTUNIT', 'profile:UNIT:COUNT'],
    doc: 'Runs on every CPU at a regular interval, in what is running there. Units: `us`, `ms`, `s`, `hz`.',
    arity: [1, 2],
    probeType: 'profile',
  },
  software: {
    kind: 'software',
    aliases: ['s'],
    forms: ['software:EVENT[:COUNT]'],
    doc: 'A software event of perf_event_open(2), every COUNT times.',
    arity: [1, 2],
    probeType: 'software',
    wildcardSide: 'kernel',
  },
  hardware: {
    kind: 'hardware',
    aliases: ['h'],
    forms: ['hardware:EVENT[:COUNT]'],
    doc: 'A hardware event of perf_event_open(2), every COUNT times.',
    arity: [1, 2],
    probeType: 'hardware',
    wildcardSide: 'kernel',
  },
  tracepoint: {
    kind: 'tracepoint',
    aliases: ['t'],
    forms: ['tracepoint:CATEGORY:NAME'],
    doc: 'A static tracepoint of the kernel; its fields are in `args`.',
    arity: [1, 2],
    probeType: 'tracepoint',
    wildcardSide: 'kernel',
  },
  rawtracepoint: {
    kind: 'rawtracepoint',
    aliases: ['rt'],
    forms: ['rawtracepoint:[MODULE:]NAME'],
    doc: 'A tracepoint with the arguments the kernel passes it, in `args` by name (with BTF) and in `arg0`, `arg1`, …',
    arity: [1, 2],
    probeType: 'rawtracepoint',
    wildcardSide: 'kernel',
  },
  kprobe: {
    kind: 'kprobe',
    aliases: ['k'],
    forms: ['kprobe:[MODULE:]FUNCTION[+OFFSET]', 'kprobe:0xADDRESS'],
    doc: 'The entry of a kernel function, or an instruction in it. On a kernel without kprobes the entry is reached through its trampoline, like `fentry`.',
    arity: [1, 2],
    probeType: 'kprobe',
    wildcardSide: 'kernel',
  },
  kretprobe: {
    kind: 'kretprobe',
    aliases: ['kr'],
    forms: ['kretprobe:[MODULE:]FUNCTION'],
    doc: 'The return of a kernel function. Where the kernel has sessions, it shares one probe with the `kprobe` of the same function. On a kernel without kprobes it is reached through its trampoline, like `fexit`.',
    arity: [1, 2],
    probeType: 'kretprobe',
  },
  fentry: {
    kind: 'fentry',
    aliases: ['f', 'kfunc'],
    forms: ['fentry:[MODULE:]FUNCTION'],
    doc: 'The entry of a kernel function, with its arguments by name in `args`. Needs BTF.',
    arity: [1, 2, 3],
    probeType: 'fentry',
    wildcardSide: 'kernel',
  },
  fexit: {
    kind: 'fexit',
    aliases: ['fr', 'kretfunc'],
    forms: ['fexit:[MODULE:]FUNCTION'],
    doc: 'The return of a kernel function, with its arguments in `args` and its result in `retval`. Needs BTF.',
    arity: [1, 2, 3],
    probeType: 'fexit',
  },
  uprobe: {
    kind: 'uprobe',
    aliases: ['u'],
    forms: [
      'uprobe:BINARY:FUNCTION[+OFFSET]',
      'uprobe:BINARY:0xOFFSET',
      'uprobe:libNAME:FUNCTION',
      'uprobe:BINARY@FILE:LINE[:COLUMN]',
    ],
    doc: 'The entry of a function in a program or library, an instruction in it, or a line of its source.',
    arity: [1, 2, 3],
    probeType: 'uprobe',
    wildcardSide: 'user',
  },
  uretprobe: {
    kind: 'uretprobe',
    aliases: ['ur'],
    forms: ['uretprobe:BINARY:FUNCTION'],
    doc: 'The return of a function in a program or library.',
    arity: [1, 2, 3],
    probeType: 'uretprobe',
  },
  usdt: {
    kind: 'usdt',
    aliases: ['U'],
    forms: ['usdt:BINARY:[PROVIDER:]NAME', 'usdt:[PROVIDER:]NAME'],
    doc: 'A static probe that a program or library was built with. Without a binary it is one of the traced process (`-p`, `-c`).',
    arity: [1, 2, 3],
    probeType: 'usdt',
    wildcardSide: 'user',
  },
  watchpoint: {
    kind: 'watchpoint',
    aliases: ['w'],
    forms: ['watchpoint:0xADDRESS:LENGTH:MODE'],
    doc: 'Memory is read (`r`), written (`w`) or executed (`x`): 1, 2, 4 or 8 bytes, in a hardware breakpoint.',
    arity: [3],
    probeType: 'watchpoint',
  },
  iter: {
    kind: 'iter',
    aliases: ['it'],
    forms: ['iter:KIND', 'iter:KIND:PIN'],
    doc: 'Runs once for each of the objects of a kind that the kernel has, such as tasks; with PIN it is left in the BPF file system to be read.',
    arity: [1, 2],
    probeType: 'iter',
    wildcardSide: 'kernel',
  },
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
  // The one part that these may be is a pattern for a tracepoint's name, or a function of the process of -p.
  const allowsOne = facts.kind === 'tracepoint' || facts.kind === 'uprobe' || facts.kind === 'uretprobe';
  const counts = allowsOne ? facts.arity.filter((count) => count !== 1) : facts.arity;
  return `${facts.kind} probe type requires ${counts.join(' or ')} arguments, found ${found}`;
}
