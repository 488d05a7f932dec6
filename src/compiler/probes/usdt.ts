/**
 * usdt: static probes of user programs.
 *
 * A probe may stand at several places, each with its arguments in other registers or memory. What the block reads of them decides how
 * many progs there are: places whose arguments are found in the same way share one.
 */
import type { Target, UsdtLocation, UsdtPlace, UsdtProbe } from '../../program/index.ts';
import { pointerTo, type Type, uint64 } from '../../types/index.ts';
import type { ArgSource } from '../typed/index.ts';
import { baseProbe, type Point, type Provider, type ResolveContext } from './context.ts';
import { noBinaryText } from './no-binary.ts';
import { aritySentence, providers } from './providers.ts';
import type { NumberedArgs, ResolvedProbe } from './resolved.ts';
import { hasUprobeLinks } from './uprobe-links.ts';
import { parseUsdtArguments, type UsdtArgument } from './usdt-arguments.ts';
import type { Uses } from './uses.ts';
import { hasWildcard, inOrderOfNames, matcher } from './wildcard.ts';

const userRegs: Type = pointerTo({ kind: 'struct', name: 'struct pt_regs' }, 'kernel');

/** As many as the macros of sys/sdt.h take. */
const MAX_ARGUMENTS = 12;
const NO_ARGUMENT: ArgSource = { kind: 'constant', value: 0n };

interface Wanted {
  /** '' for whatever the process has mapped. */
  readonly target: string;
  readonly provider: string;
  readonly name: string;
}

type Binary = ReturnType<Target['resolveBinary']>[number];

/** Places of one or more probes that one prog serves. */
interface Group {
  readonly binary: Binary;
  readonly args: readonly UsdtArgument[];
  readonly probes: Map<UsdtProbe, UsdtPlace[]>;
}

export const usdt: Provider = (point, context) => {
  const wanted = parseWanted(point, context);
  const binaries = wanted && findBinaries(point, wanted, context);
  if (!wanted || !binaries) return [];
  const probes: ResolvedProbe[] = [];
  let unreadable: Binary | undefined;
  for (const binary of binaries) {
    const found = context.target.usdtProbes(binary.path);
    if (!found) unreadable ??= binary;
    else probes.push(...probesOf(point, binary, matching(found, wanted), wanted, context));
  }
  if (probes.length > 0) return probes;
  if (unreadable && binaries.length === 1)
    context.unavailable(point, `'${unreadable.shown}' cannot be read as an ELF file`);
  else context.missing(point, `usdt ${nameOf(wanted.target || '*', wanted)}`);
  return [];
};

function parseWanted(point: Point, context: ResolveContext): Wanted | undefined {
  const { parts } = point;
  const hasPid = context.options.pid !== undefined;
  if (parts.length === 1 && !hasPid) {
    if (!point.guessed)
      context.report('probe-arity', point.span, aritySentence({ ...providers.usdt, arity: [2, 3] }, 1));
    return undefined;
  }
  const [first = '', second = '', third = ''] = parts;
  const wanted =
    parts.length === 1
      ? { target: '', provider: '', name: first }
      : parts.length === 2
        ? { target: first, provider: '', name: second }
        : { target: first, provider: second, name: third };
  if (wanted.name === '') {
    context.report('usdt-no-name', point.span);
    return undefined;
  }
  if (wanted.target === '' && !hasPid) {
    context.report('usdt-no-target', point.span);
    return undefined;
  }
  return wanted;
}

/** The files to look in; undefined when that was reported. */
function findBinaries(
  point: Point,
  { target }: Wanted,
  context: ResolveContext,
): readonly Binary[] | undefined {
  const { pid } = context.options;
  if (target === '' || target === '*') return context.target.resolveBinary('*', pid);
  const isPattern = hasWildcard(target);
  if (isPattern && pid !== undefined && !target.includes('/')) {
    // A pattern without a folder is one for the files of the process, not of the current folder.
    const isMatch = matcher(`*${target}`);
    return context.target.resolveBinary('*', pid).filter(({ shown }) => isMatch(shown));
  }
  const found = context.target.resolveBinary(target, pid);
  const [first] = found;
  if (!first) {
    context.unavailable(point, noBinaryText('usdt', target, context.target, pid));
    return undefined;
  }
  if (isPattern) return found;
  if (found.length > 1) context.report('uprobe-many-binaries', point.span, 'usdt', first.shown, found.length);
  return [first];
}

function matching(probes: readonly UsdtProbe[], wanted: Wanted): readonly UsdtProbe[] {
  const isProvider = matcher(wanted.provider || '*');
  const isName = matcher(wanted.name);
  const found = probes.filter(({ provider, name }) => isProvider(provider) && isName(name));
  return inOrderOfNames(found, ({ provider, name }) => `${provider}:${name}`);
}

function nameOf(binary: string, { provider, name }: Pick<UsdtProbe, 'provider' | 'name'>): string {
  return provider === '' ? `${binary}:${name}` : `${binary}:${provider}:${name}`;
}

function probesOf(
  point: Point,
  binary: Binary,
  found: readonly UsdtProbe[],
  wanted: Wanted,
  context: ResolveContext,
): readonly ResolvedProbe[] {
  const used = numbersUsed(point.uses);
  // A block that says which probe it is in has a prog for each; and names can only be chosen from where each has its own.
  const isApart = point.uses.has('probe') || context.options.probeFilter !== undefined;
  const groups = new Map<string, Group>();
  for (const probe of found) {
    const name = `usdt:${nameOf(binary.shown, probe)}`;
    for (const place of probe.locations) {
      const args = parseUsdtArguments(place.arguments, context.target.arch, {
        location: place.address,
        symbol: (text) => context.target.symbolNamed(binary.path, text)?.address,
      });
      const own = point.uses.has('uaddr') ? place.address : '';
      const key = `${isApart ? name : ''}\n${own}\n${used.map((index) => keyOf(args[index])).join()}`;
      const group = groups.get(key);
      if (!group) groups.set(key, { binary, args, probes: new Map([[probe, [place]]]) });
      else group.probes.set(probe, [...(group.probes.get(probe) ?? []), place]);
    }
  }
  const counted = new Set<UsdtProbe>();
  return [...groups.values()].map((group) => makeProbe(point, group, wanted, counted, context));
}

/** The N of every `argN` the block mentions. */
function numbersUsed(uses: Uses): readonly number[] {
  return [...uses].flatMap((name) => /^(?:__builtin_)?arg(\d+)$/.exec(name)?.[1] ?? []).map(Number);
}

/** Equal for arguments that are read in the same way. */
function keyOf(argument: UsdtArgument | undefined): string {
  return JSON.stringify(argument, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

function makeProbe(
  point: Point,
  { binary, args, probes }: Group,
  wanted: Wanted,
  counted: Set<UsdtProbe>,
  context: ResolveContext,
): ResolvedProbe {
  const [first = wanted, ...more] = probes.keys();
  const name = `usdt:${nameOf(binary.shown, more.length === 0 ? first : wanted)}`;
  const via = hasUprobeLinks(context) ? 'multi' : 'perf';
  const fresh = [...probes.keys()].filter((probe) => !counted.has(probe));
  for (const probe of fresh) counted.add(probe);
  const locations = [...probes.values()].flat().map((place) => locationOf(binary.path, place));
  return {
    ...baseProbe(point, name, 'usdt'),
    progType: 'BPF_PROG_TYPE_KPROBE',
    ...(via === 'multi' ? { expectedAttachType: 'BPF_TRACE_UPROBE_MULTI' } : {}),
    ctx: userRegs,
    hasRegisters: true,
    space: 'user',
    func: 'user-ip',
    numbered: numberedArgs(args),
    attachments: [{ kind: 'usdt', name, locations, via, probeCount: fresh.length }],
  };
}

function locationOf(path: string, { address, fileOffset, semaphoreOffset }: UsdtPlace): UsdtLocation {
  const location = { path, address, fileOffset };
  return semaphoreOffset === undefined ? location : { ...location, semaphoreOffset };
}

function numberedArgs(args: readonly UsdtArgument[]): NumberedArgs {
  return {
    count: MAX_ARGUMENTS,
    type: uint64,
    source: (index) => {
      const argument = args[index];
      return argument?.kind === 'source' ? argument.source : NO_ARGUMENT;
    },
    complaint: (index) => {
      if (index >= MAX_ARGUMENTS)
        return { severity: 'error', message: `a usdt probe has at most ${MAX_ARGUMENTS} arguments` };
      const argument = args[index];
      // Probes of a wildcard may have different numbers of arguments: what is not there reads as 0.
      if (!argument) return { severity: 'warning', message: missingArgument(index, args.length) };
      if (argument.kind === 'source') return undefined;
      return { severity: 'error', message: `arg${index} cannot be read here: ${argument.reason}` };
    },
  };
}

function missingArgument(index: number, count: number): string {
  const known = count === 0 ? 'no arguments' : count === 1 ? 'one argument' : `${count} arguments`;
  return `arg${index} is 0 in a probe that has ${known}`;
}
