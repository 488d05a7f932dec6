/** kprobe, kretprobe, fentry and fexit: the functions of the kernel. */
import type { Btf, BtfTypeOf } from '../../../btf/index.ts';
import type { Feature, KernelFunction, ProbeKind, Target } from '../../../program/index.ts';
import { trampolineFit } from '../btf-functions.ts';
import { bpfFunctionMatcher } from '../fentry-bpf.ts';
import { isForPatterns } from '../kernel-functions.ts';
import { hasWildcard, longestPiece, matcher } from '../wildcard.ts';
import { type ListContext, type ListedProbe, type Lister, type ListQuery, targetAndName } from './listed.ts';
import { functionParams, prototypeParams } from './params.ts';

/** Named with their module only when the pattern has one. */
export const listKprobes: Lister = (query, context) => {
  const { kind } = query;
  if (kind !== 'kprobe' && kind !== 'kretprobe') return [];
  const { target: module, name } = targetAndName(query.parts);
  if (!query.guessed) warnOfNamesOnly(kind, context);
  return functionsLike(name, module, context).map((fn): ListedProbe => {
    const params = context.withParams ? functionParams(kind, fn.name, fn.module, context.target) : [];
    const prefix = module === undefined ? '' : `${fn.module ?? 'vmlinux'}:`;
    return { name: `${kind}:${prefix}${fn.name}`, params };
  });
};

/** Functions that BTF describes and a trampoline can serve, always with their module. */
export const listFentries: Lister = (query, context) => {
  const { kind } = query;
  if (kind !== 'fentry' && kind !== 'fexit') return [];
  if (query.parts[0] === 'bpf' && query.parts.length > 1) return listBpfFunctions(kind, query, context);
  const { target: module, name } = targetAndName(query.parts);
  if (!context.target.btf()) {
    if (!query.guessed) context.warn(`${kind} needs the kernel's BTF, and there is none`);
    return [];
  }
  if (!query.guessed) warnOfNamesOnly(kind, context);
  const listed: ListedProbe[] = [];
  for (const fn of functionsLike(name, module, context)) {
    const found = prototypeOf(fn, context.target);
    if (!found || trampolineFit(found.btf, found.proto).kind !== 'fits') continue;
    listed.push({
      name: `${kind}:${fn.module ?? 'vmlinux'}:${fn.name}`,
      params: context.withParams ? prototypeParams(kind, found.btf, found.proto) : [],
    });
  }
  return listed;
};

/** `fentry:bpf:ID:name`, for the functions of BPF progs that are loaded. */
function listBpfFunctions(
  kind: 'fentry' | 'fexit',
  { parts, guessed }: ListQuery,
  context: ListContext,
): readonly ListedProbe[] {
  const [, first = '', ...others] = parts;
  const id = others.length > 0 ? first : '*';
  const name = (others.length > 0 ? others.join(':') : first) || '*';
  if (!guessed) warnOfNamesOnly(kind, context);
  const isWanted = hasWildcard(id) ? bpfFunctionMatcher('*', name) : bpfFunctionMatcher(id, name);
  return (
    context.target
      .bpfFunctions()
      .filter((fn) => isWanted(fn) && matcher(id)(`${fn.prog}`))
      // Of their arguments nothing can be used.
      .map((fn): ListedProbe => ({ name: `${kind}:bpf:${fn.prog}:${fn.name}`, params: [] }))
  );
}

/** What a kind of probe needs, one of each; where there are no kprobes, fentry and fexit stand in. */
const standing: Partial<Record<ProbeKind, readonly Feature[]>> = {
  kprobe: ['kprobe', 'fentry'],
  kretprobe: ['kprobe', 'fentry'],
  fentry: ['fentry'],
  fexit: ['fentry'],
};

/** Says so when the kernel has the functions, but no way to stand on them. */
export function warnOfNamesOnly(kind: ProbeKind, { target, warn }: ListContext): void {
  const features = standing[kind];
  if (features && !features.some((feature) => target.has(feature)))
    warn(`this kernel cannot attach ${kind} probes: these are the names only`);
}

/** Functions that probes can stand on. The module is a pattern as well; `vmlinux` is the kernel proper. */
function functionsLike(
  name: string,
  module: string | undefined,
  context: ListContext,
): readonly KernelFunction[] {
  if (module === undefined || module === 'vmlinux') {
    // Most kernel functions are found by name without reading the list of all.
    if (!hasWildcard(name) && context.target.hasKernelFunction(name, 'vmlinux') === true) return [{ name }];
  }
  const all = context.target.kernelFunctions(longestPiece(name));
  if (!all) {
    context.warn(
      'the list of traceable functions cannot be read: mount tracefs, or name a file with --traceable-functions',
    );
    return [];
  }
  const isName = matcher(name);
  const isModule = matcher(module ?? '*');
  const isExact = !hasWildcard(name);
  return all.filter(
    (fn) => isName(fn.name) && isModule(fn.module ?? 'vmlinux') && (isExact || isForPatterns(fn.name)),
  );
}

function prototypeOf(
  fn: KernelFunction,
  target: Target,
): { readonly btf: Btf; readonly proto: BtfTypeOf<'func_proto'> } | undefined {
  const btf = fn.module === undefined ? target.btf() : target.moduleBtf(fn.module);
  const id = btf?.find(fn.name, 'func');
  const proto = id === undefined ? undefined : btf?.prototypeOf(id);
  return btf && proto && { btf, proto };
}
