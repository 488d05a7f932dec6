/** kprobe and kretprobe, and their substitute through fentry and fexit. */
import { archFacts, type KernelFunction, type KernelLocation, kernelPlaceName } from '../../program/index.ts';
import { pointerTo, type Type, uint64 } from '../../types/index.ts';
import { functionArgs } from './btf-functions.ts';
import {
  baseProbe,
  canAttachBy,
  inRegisters,
  type Point,
  type Provider,
  type ResolveContext,
} from './context.ts';
import { isModuleLoaded, matchFunctions, noFunctionList, similarFunction } from './kernel-functions.ts';
import type { Attachment, ResolvedProbe } from './resolved.ts';
import { hasWildcard } from './wildcard.ts';

/** What a kprobe or uprobe prog's ctx points to. */
const ptRegs: Type = pointerTo({ kind: 'struct', name: 'struct pt_regs' }, 'kernel');

/** Names that need the registers a trampoline does not have. */
const registerNames = ['ctx', 'reg', 'override', 'usermode'];

const usedRegister = (point: Point): string | undefined => registerNames.find((name) => point.uses.has(name));

interface Place {
  readonly module?: string;
  readonly function: string;
  readonly offset: number;
  readonly address?: bigint;
}

function parsePlace(point: Point, context: ResolveContext): Place | undefined {
  const [first = '', second] = point.parts;
  const module = second === undefined ? undefined : first;
  const text = second ?? first;
  const pieces = text.split('+');
  if (pieces.length > 2) {
    context.report('kernel-offset-twice', point.span);
    return undefined;
  }
  const [name = '', offsetText] = pieces;
  if (name === '') {
    context.report('kprobe-no-function', point.span);
    return undefined;
  }
  let offset = 0;
  if (offsetText !== undefined) {
    if (point.kind === 'kretprobe') {
      context.report('kretprobe-offset', point.span);
      return undefined;
    }
    const value = context.integer(offsetText);
    if (value === undefined || value > 0xffff_ffffn) {
      context.report('bad-offset', point.span, offsetText, 'kprobe:vfs_read+4');
      return undefined;
    }
    offset = Number(value);
  }
  const address = /^[0-9]/.test(name) ? context.integer(name) : undefined;
  if (address !== undefined) {
    if (!context.options.unsafe) {
      context.report('address-unsafe', point.span);
      return undefined;
    }
    return { function: '', offset, address };
  }
  return { ...(module !== undefined ? { module } : {}), function: name, offset };
}

function nameOf(
  kind: 'kprobe' | 'kretprobe',
  fn: KernelFunction,
  explicitModule: boolean,
  offset: number,
): string {
  const module = explicitModule ? { module: fn.module ?? 'vmlinux' } : {};
  return kernelPlaceName(kind, { ...module, function: fn.name, offset });
}

export const kprobe: Provider = (point, context) => {
  const { kind } = point;
  if (kind !== 'kprobe' && kind !== 'kretprobe') return [];
  const place = parsePlace(point, context);
  if (!place) return [];
  if (place.address !== undefined) {
    const name = `${point.kind}:${place.address}`;
    if (!canTrace(point, context, name)) return [];
    if (!canAttachBy('kprobe', context)) return refuseSubstitute(point, context, 'an address');
    const location: KernelLocation = {
      address: place.address,
      ...(place.offset ? { offset: place.offset } : {}),
    };
    return [registerProbe(point, context, name, [location], 'perf')];
  }
  if (!isModuleLoaded(place.module, context)) {
    const name = `${point.kind}:${place.module}:${place.function}`;
    context.unavailable(point, `specified module ${place.module} in probe ${name} is not loaded.`);
    return [];
  }
  const found = matchFunctions(place, context);
  if (!found) {
    noFunctionList(point, context);
    return [];
  }
  const shown = `${place.module === undefined ? '' : `${place.module}:`}${place.function}`;
  if (found.length === 0) {
    const isExact = !hasWildcard(place.function);
    if (isExact && context.options.missingProbes !== 'ignore')
      context.report('kprobe-not-traceable', point.span, place.function);
    if (!context.options.unsafe || !isExact) {
      context.missing(point, `${point.kind} ${shown}`, () => similarFunction(place, context));
      return [];
    }
  }
  if (!canTrace(point, context, `${point.kind}:${shown}`)) return [];
  if (found.length === 1 && isBehindFunction(point, context, place)) return [];
  const substitute = !canAttachBy('kprobe', context);
  const functions = found.length > 0 ? found : [{ name: place.function }];
  if (substitute) return trampolineProbes(point, context, place, functions);

  const explicitModule = place.module !== undefined;
  const locations = functions.map(
    (fn): KernelLocation => ({
      function: fn.name,
      ...(explicitModule && fn.module !== undefined ? { module: fn.module } : {}),
      ...(place.offset ? { offset: place.offset } : {}),
    }),
  );
  if (point.uses.has('probe')) {
    return functions.map((fn, i) =>
      registerProbe(
        point,
        context,
        nameOf(kind, fn, explicitModule, place.offset),
        [locations[i] ?? {}],
        'perf',
      ),
    );
  }
  const isPattern = hasWildcard(place.function) || (explicitModule && hasWildcard(place.module ?? ''));
  const name = isPattern
    ? `${point.kind}:${explicitModule ? `${place.module}:` : ''}${place.function}`
    : nameOf(kind, functions[0] ?? { name: place.function }, explicitModule, place.offset);
  const multi = isPattern && !explicitModule && context.target.has('kprobe-multi');
  const probe = registerProbe(point, context, name, locations, multi ? 'multi' : 'perf');
  // What cannot be traced by ftrace may still take a breakpoint, which is no session.
  const fitsSession = !explicitModule && !place.offset && found.length > 0 && !usedRegister(point);
  return [fitsSession ? { ...probe, fitsSession } : probe];
};

/** Whether a place is known to lie behind its function, where the kernel would put the probe into the next one; says so. */
function isBehindFunction(point: Point, context: ResolveContext, { function: name, offset }: Place): boolean {
  if (offset === 0 || context.options.namesOnly) return false;
  const size = context.target.kernelFunctionSize(name);
  if (size === undefined || BigInt(offset) < size) return false;
  context.unavailable(point, `Offset outside the function bounds ('${name}' size is ${size})`);
  return true;
}

/** Whether the kernel has kprobes, or fentry in their place; says so when it has neither. */
function canTrace(point: Point, context: ResolveContext, name: string): boolean {
  if (canAttachBy('kprobe', context) || context.target.has('fentry')) return true;
  context.unavailable(
    point,
    `Unable to attach probe: ${name}. This kernel has no kprobes (CONFIG_KPROBES), and it refuses fentry and fexit, which could stand in for them.`,
  );
  return false;
}

/** A prog on real kprobes: its ctx is struct pt_regs. */
function registerProbe(
  point: Point,
  context: ResolveContext,
  name: string,
  locations: readonly KernelLocation[],
  via: 'perf' | 'multi',
): ResolvedProbe {
  const isReturn = point.kind === 'kretprobe';
  const attachment: Attachment = { kind: isReturn ? 'kretprobe' : 'kprobe', name, locations, via };
  return {
    ...baseProbe(point, name, point.kind),
    progType: 'BPF_PROG_TYPE_KPROBE',
    ...(via === 'multi' ? { expectedAttachType: 'BPF_TRACE_KPROBE_MULTI' } : {}),
    ctx: ptRegs,
    hasRegisters: true,
    space: 'kernel',
    func: isReturn || via === 'multi' || standAtEntries(locations, context) ? 'helper' : 'ip',
    pidFilter: context.options.filtersByPid === true,
    attachments: [attachment],
    ...inRegisters(context.target.arch, isReturn),
  };
}

/**
 * Whether the kernel can tell the functions that probes are at the entry of. The instruction pointer there is one past the breakpoint, and
 * past an instruction for branch tracking: as a map key it would not be that of the function's kretprobe.
 */
function standAtEntries(locations: readonly KernelLocation[], { target }: ResolveContext): boolean {
  return (
    target.has('get-func-ip') && locations.every(({ address, offset }) => address === undefined && !offset)
  );
}

function refuseSubstitute(point: Point, context: ResolveContext, what: string): readonly ResolvedProbe[] {
  context.unavailable(
    point,
    `this kernel has no kprobes (CONFIG_KPROBES); fentry stands in for them, but not for a probe that uses ${what}`,
  );
  return [];
}

/** The same probe on a kernel that has fentry but no kprobes: arguments come from the trampoline's ctx. */
function trampolineProbes(
  point: Point,
  context: ResolveContext,
  place: Place,
  functions: readonly KernelFunction[],
): readonly ResolvedProbe[] {
  if (place.offset) return refuseSubstitute(point, context, 'an offset');
  const used = usedRegister(point);
  if (used) return refuseSubstitute(point, context, used);
  const probes: ResolvedProbe[] = [];
  const isReturn = point.kind === 'kretprobe';
  for (const fn of functions) {
    const args = functionArgs(context, fn.name, fn.module);
    if (args.kind === 'unknown') {
      context.missing(point, `${point.kind} ${fn.name}`);
      continue;
    }
    if (args.kind === 'ambiguous') {
      context.report('fentry-ambiguous', point.span, fn.name, args.modules.join(', '));
      continue;
    }
    if (args.kind === 'unsuitable') {
      refuseSubstitute(point, context, args.reason);
      continue;
    }
    const name = nameOf(isReturn ? 'kretprobe' : 'kprobe', fn, place.module !== undefined, 0);
    const arch = archFacts(context.target.arch);
    probes.push({
      ...baseProbe(point, name, point.kind),
      progType: 'BPF_PROG_TYPE_TRACING',
      expectedAttachType: isReturn ? 'BPF_TRACE_FEXIT' : 'BPF_TRACE_FENTRY',
      attachBtf: {
        kind: 'func',
        name: fn.name,
        ...(args.module !== undefined ? { module: args.module } : {}),
      },
      ctxWords: args.slots + (isReturn ? 1 : 0),
      space: 'kernel',
      func: 'helper',
      substituted: true,
      pidFilter: context.options.filtersByPid === true,
      attachments: [
        {
          kind: isReturn ? 'fexit' : 'fentry',
          name,
          function: fn.name,
          ...(args.module !== undefined ? { module: args.module } : {}),
        },
      ],
      ...(isReturn
        ? { retval: { type: uint64, source: { kind: 'ctx-slot', index: args.args.length } } }
        : {
            // Registers past the prototype's arguments hold nothing of the call's; the trampoline does not pass them on.
            numbered: {
              count: Math.min(args.args.length, arch.args.length),
              type: uint64,
              source: (index) => ({ kind: 'ctx-slot', index }),
            },
          }),
    });
  }
  return probes;
}
