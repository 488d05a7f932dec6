import type { BinaryFacts, MachineFacts } from '../embedded/index.ts';
import type { Feature, ProbeSpec, Program, Target, TracepointFormat } from '../program/index.ts';

/** Where the clocks stand when a run begins, and whose task it is. */
export type Beginning = Pick<MachineFacts, 'startNs' | 'clockOffsets' | 'tracer' | 'childPid'>;

/** Questions that progs ask where they can; a recording has the answers. */
const asked = [
  'get-func-ip',
  'attach-cookie',
  'ktime-get-boot-ns',
  'ktime-get-tai-ns',
  'jiffies64',
] as const satisfies readonly Feature[];

function featuresOf(target: Target): MachineFacts['features'] {
  const features: Partial<Record<Feature, boolean>> = { fentry: target.has('fentry') };
  for (const feature of asked) features[feature] = target.has(feature);
  // Where trampolines stand in for kprobes, they do so again, and are left out of stacks.
  if (features.fentry === true) features.kprobe = target.has('kprobe');
  if (features.kprobe === false) features['single-prog-frame'] = target.has('single-prog-frame');
  return features;
}

/** What a recording says of the machine that it was made on, as far as the program has to do with it. */
export function factsOfRun(program: Program, target: Target, beginning: Beginning): MachineFacts {
  const tracepoints: Record<string, TracepointFormat> = {};
  const functions = new Set<string>();
  const binaries = new Map<string, BinaryFacts>();
  for (const probe of program.probes) {
    switch (probe.kind) {
      case 'tracepoint': {
        const format = target.tracepointFormat(probe.category, probe.event);
        if (format !== undefined) tracepoints[`${probe.category}:${probe.event}`] = format;
        break;
      }
      case 'kprobe':
      case 'kretprobe':
        for (const location of probe.locations)
          if (location.function !== undefined) functions.add(location.function);
        break;
      case 'fentry':
      case 'fexit':
        functions.add(probe.function);
        break;
      case 'uprobe':
      case 'uretprobe':
      case 'usdt':
        addBinaries(binaries, probe, target);
        break;
      default:
        break;
    }
  }
  return {
    ...beginning,
    arch: target.arch,
    possibleCpus: target.possibleCpus,
    onlineCpus: target.onlineCpus,
    features: featuresOf(target),
    bootToWallNs: target.bootToWallNs,
    tracepoints,
    functions: [...functions],
    binaries: [...binaries.values()],
  };
}

type UserProbe = Extract<ProbeSpec, { kind: 'uprobe' | 'uretprobe' | 'usdt' }>;

function addBinaries(binaries: Map<string, BinaryFacts>, probe: UserProbe, target: Target): void {
  for (const { path, symbol, address, fileOffset } of probe.locations) {
    const known = binaries.get(path) ?? { shown: path, path, symbols: [], usdt: [] };
    const size = target.userSymbols(path)?.find(({ name }) => name === symbol)?.size ?? 0n;
    const symbols =
      symbol === undefined || address === undefined
        ? known.symbols
        : [...known.symbols, { name: symbol, address, size, fileOffset }];
    const ofProbe = target.usdtProbes(path)?.filter((each) => isOf(each, probe)) ?? [];
    binaries.set(path, {
      ...known,
      symbols,
      usdt: probe.kind === 'usdt' ? [...known.usdt, ...ofProbe] : known.usdt,
    });
  }
}

/** `usdt:/bin/x:provider:name` */
function isOf({ provider, name }: { provider: string; name: string }, probe: UserProbe): boolean {
  return probe.name.endsWith(`:${provider}:${name}`);
}
