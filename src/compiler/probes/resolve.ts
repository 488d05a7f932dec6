/**
 * From the attach points of a script to the progs to be: parts are read, wildcards expanded, and every block is joined with where it
 * goes. Complaints follow the policy for missing probes.
 */
import type { ProbeKind } from '../../program/index.ts';
import type { AttachPoint, Probe, Script } from '../language/index.ts';
import { splitAttachPoint } from '../language/index.ts';
import type { Point, Provider, ResolveContext } from './context.ts';
import { counter } from './counters.ts';
import { fentry } from './fentry.ts';
import { iter } from './iter.ts';
import { kprobe } from './kprobe.ts';
import { aritySentence, providerNamed, providers } from './providers.ts';
import { rawTracepoint } from './raw-tracepoint.ts';
import type { ResolvedProbe } from './resolved.ts';
import { isSourceLine } from './source-place.ts';
import { beginOrEnd, self, testOrBench } from './special.ts';
import { timer } from './timers.ts';
import { tracepoint } from './tracepoint.ts';
import { uprobe } from './uprobe.ts';
import { usdt } from './usdt.ts';
import { usesOf } from './uses.ts';
import { watchpoint } from './watchpoint.ts';
import { hasWildcard, matcher } from './wildcard.ts';

const byKind: Readonly<Record<ProbeKind, Provider>> = {
  begin: beginOrEnd,
  end: beginOrEnd,
  self,
  test: testOrBench,
  bench: testOrBench,
  interval: timer,
  profile: timer,
  software: counter,
  hardware: counter,
  tracepoint,
  rawtracepoint: rawTracepoint,
  kprobe,
  kretprobe: kprobe,
  fentry,
  fexit: fentry,
  uprobe,
  uretprobe: uprobe,
  usdt,
  watchpoint,
  iter,
};

/** Kinds of probe that -p, test and bench modes leave in place. */
const alwaysKept: readonly ProbeKind[] = ['begin', 'end'];

function pointsOf(
  attachPoint: AttachPoint,
  positional: readonly string[],
  block: number,
  uses: Point['uses'],
  context: ResolveContext,
): Point[] {
  const split = splitAttachPoint(attachPoint.text, positional);
  if (!split.ok) {
    context.report('probe-bad-spelling', attachPoint.span, split.message);
    return [];
  }
  const [word = '', ...rest] = split.parts;
  // `begin:*` names begin, and a trailing colon adds an empty part that means nothing.
  const parts = rest.length > 1 && rest.at(-1) === '' ? rest.slice(0, -1) : rest;
  const point = (kind: ProbeKind, guessed: boolean): Point => ({
    kind,
    parts,
    span: attachPoint.span,
    block,
    uses,
    guessed,
  });
  if (hasWildcard(word)) {
    const isMatch = matcher(word.toLowerCase());
    const side = context.options.pid !== undefined || parts[0]?.includes('/') ? 'user' : 'kernel';
    const kinds = Object.values(providers).filter(
      (facts) => facts.wildcardSide === side && isMatch(facts.kind),
    );
    if (kinds.length === 0) context.report('probe-no-type-matches', attachPoint.span, word);
    return kinds.map((facts) => point(facts.kind, true));
  }
  const kind = providerNamed(word);
  if (!kind) {
    context.report('probe-unknown-type', attachPoint.span, word);
    return [];
  }
  return [point(kind, false)];
}

function resolvePoint(point: Point, context: ResolveContext): readonly ResolvedProbe[] {
  const facts = providers[point.kind];
  const isSpecial = point.kind === 'begin' || point.kind === 'end';
  const count = isSpecial && point.parts[0] === '*' ? 0 : point.parts.length;
  // A line of the source has parts of its own.
  const isLine = (point.kind === 'uprobe' || point.kind === 'uretprobe') && isSourceLine(point.parts);
  if (!facts.arity.includes(count) && !isLine) {
    if (!point.guessed) context.report('probe-arity', point.span, aritySentence(facts, count));
    return [];
  }
  if (
    context.options.mode !== 'run' &&
    point.kind !== context.options.mode &&
    !alwaysKept.includes(point.kind)
  )
    return [];
  const probes = byKind[point.kind](point, context);
  const { probeFilter } = context.options;
  if (!probeFilter || alwaysKept.includes(point.kind)) return probes;
  return probes.filter((probe) => probeFilter.test(probe.name));
}

/** All progs to be, in the order of the script. Blocks left without an attach point are not in it. */
export function resolveProbes(
  script: Script,
  positional: readonly string[],
  context: ResolveContext,
): readonly ResolvedProbe[] {
  const blocks = script.items.filter((item): item is Probe => item.kind === 'probe');
  let count = 0;
  /** Whether the progs of a pattern are within the limit; a block of one prog for all places comes to one. */
  const areFew = ({ parts, guessed, span }: Point, found: number): boolean => {
    if (!guessed && !parts.some(hasWildcard)) return true;
    count += found;
    const { maxProgs } = context.options;
    if (count > maxProgs) context.report('probe-too-many-progs', span, count, maxProgs);
    return count <= maxProgs;
  };
  return blocks.flatMap((block, index) => {
    const uses = usesOf(script, block.predicate ? [block.predicate, block.body] : [block.body]);
    return block.attachPoints.flatMap((attachPoint) =>
      pointsOf(attachPoint, positional, index, uses, context).flatMap((point) => {
        const found = resolvePoint(point, context);
        return areFew(point, found.length) ? found : [];
      }),
    );
  });
}
