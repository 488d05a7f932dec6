import { type Arch, archFacts, type Feature, type ProbeKind, type Target } from '../../program/index.ts';
import { uint64 } from '../../types/index.ts';
import type { Script, Span } from '../language/index.ts';
import type { ProbeCode, probeCatalogue } from './catalogue.ts';
import type { ResolvedProbe, TypeSource } from './resolved.ts';
import type { Uses } from './uses.ts';

/** What to do about an attach point that nothing matches (config `missing_probes`). */
export type MissingPolicy = 'error' | 'warn' | 'ignore';

export interface ResolveOptions {
  readonly missingProbes: MissingPolicy;
  /** Most progs that patterns may come to (config `max_bpf_progs`). */
  readonly maxProgs: number;
  readonly unsafe: boolean;
  /** The process of -p or -c. */
  readonly pid?: number;
  /** With -p, a probe that cannot be attached to one process checks for it. Not with -c: the child's children count. */
  readonly filtersByPid?: boolean;
  /** Keeps only probes whose name it finds; begin and end are exempt. */
  readonly probeFilter?: RegExp;
  /** `test:` and `bench:` probes count only in their modes, and then alone with begin and end. */
  readonly mode: 'run' | 'test' | 'bench';
  /** Only names are wanted (-l): what this machine has no way to attach is found all the same. */
  readonly namesOnly?: boolean;
}

/** One attach point taken apart, and the block it belongs to. */
export interface Point {
  readonly kind: ProbeKind;
  /** What follows the provider, quotes removed, parameters put in. */
  readonly parts: readonly string[];
  readonly span: Span;
  /** Index of the block among the script's probes. */
  readonly block: number;
  readonly uses: Uses;
  /** True when the provider itself was found through a wildcard: wrong arity is then skipped without a message. */
  readonly guessed: boolean;
}

/** What the providers are given: the machine, the options, and where to put complaints. */
export interface ResolveContext {
  readonly script: Script;
  readonly target: Target;
  readonly types: TypeSource;
  readonly options: ResolveOptions;
  report<K extends ProbeCode>(
    code: K,
    span: Span | undefined,
    ...args: Parameters<ReturnType<typeof probeCatalogue>[K]['message']>
  ): void;
  /**
   * Nothing matches: an error, a warning or nothing, by policy. `what` completes "No matches for …", `hint` knows better names. A pattern
   * may match nothing as long as its block has other places to go.
   */
  missing(point: Point, what: string, hint?: () => string | undefined): void;
  /** This machine cannot serve the provider at all: an error, or by policy a warning or nothing. */
  unavailable(point: Point, message: string): void;
  /** An integer in any form of the language (`10`, `1e3`, `0x10`, `5ms`), or undefined. */
  integer(text: string): bigint | undefined;
}

/** The compile half of a provider. */
export type Provider = (point: Point, context: ResolveContext) => readonly ResolvedProbe[];

/** Whether the machine can attach in some way; where only names are wanted it makes no difference. */
export function canAttachBy(feature: Feature, { target, options }: ResolveContext): boolean {
  return options.namesOnly === true || target.has(feature);
}

/** What most providers have in common; a provider overrides what differs. */
export function baseProbe(
  point: Point,
  name: string,
  probeType: string,
): Omit<ResolvedProbe, 'attachments' | 'progType'> {
  return {
    kind: point.kind,
    block: point.block,
    name,
    probeType,
    span: point.span,
    defaultReturn: 0n,
    hasRegisters: false,
    space: 'none',
    pidFilter: false,
  };
}

/** `argN` or `retval` of a probe that has registers, where the calling convention puts them. */
export function inRegisters(arch: Arch, isReturn: boolean): Pick<ResolvedProbe, 'numbered' | 'retval'> {
  const { args, returnValue } = archFacts(arch);
  if (isReturn) return { retval: { type: uint64, source: { kind: 'register', name: returnValue } } };
  return {
    numbered: {
      count: args.length,
      type: uint64,
      source: (index) => ({ kind: 'register', name: args[index] ?? '' }),
    },
  };
}
