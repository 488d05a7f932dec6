/** What BTF knows of the functions that probes stand on: prototypes of functions, raw tracepoints and iterators. */
import type { Btf, BtfId, BtfTypeOf } from '../../btf/index.ts';
import type { Target } from '../../program/index.ts';
import type { Type } from '../../types/index.ts';
import type { ResolveContext } from './context.ts';
import type { ProbeArg } from './resolved.ts';
import { matcher } from './wildcard.ts';

/** Most arguments a BPF trampoline passes on. Source: include/linux/bpf.h, MAX_BPF_FUNC_ARGS. */
const MAX_TRAMPOLINE_ARGS = 12;
/** The largest struct a trampoline takes by value: two registers. */
const MAX_STRUCT_BYTES = 16;

export type FunctionArgs =
  | { readonly kind: 'unknown' }
  /** Several modules have a function of this name. */
  | { readonly kind: 'ambiguous'; readonly modules: readonly string[] }
  | { readonly kind: 'unsuitable'; readonly reason: string }
  | {
      readonly kind: 'known';
      /** Absent for the kernel proper. */
      readonly module?: string;
      readonly args: readonly ProbeArg[];
      /** u64 slots the arguments take in ctx; the return value of fexit follows them. */
      readonly slots: number;
      /** Absent for void functions. */
      readonly retval?: Type;
    };

/** A type in the BTF that has it. */
export interface Holder {
  readonly btf: Btf;
  readonly module?: string;
  readonly id: BtfId;
}

/** Where a type of a name is: in the kernel's BTF, a named module's, or (no module named) any module's. */
export function holdersOf(
  target: Target,
  name: string,
  kind: 'func' | 'typedef',
  module: string | undefined,
): readonly Holder[] {
  if (module === undefined || module === 'vmlinux') {
    const btf = target.btf();
    const id = btf?.find(name, kind);
    if (btf && id !== undefined) return [{ btf, id }];
    if (module === 'vmlinux') return [];
  }
  const modules = module === undefined ? target.btfModules() : [module];
  return modules.flatMap((each) => {
    const btf = target.moduleBtf(each);
    const id = btf?.find(name, kind);
    return btf && id !== undefined ? [{ btf, id, module: each }] : [];
  });
}

/** The arguments and result of a kernel function as a trampoline gives them. */
export function functionArgs(
  context: ResolveContext,
  name: string,
  module: string | undefined,
): FunctionArgs {
  const holders = holdersOf(context.target, name, 'func', module);
  const [holder] = holders;
  if (!holder) return { kind: 'unknown' };
  if (holders.length > 1)
    return { kind: 'ambiguous', modules: holders.map((each) => each.module ?? 'vmlinux') };
  const { btf, id } = holder;
  const proto = btf.prototypeOf(id);
  if (!proto) return { kind: 'unknown' };
  const fit = trampolineFit(btf, proto);
  if (fit.kind === 'unsuitable') return fit;
  const args = proto.params.map(
    (param, index): ProbeArg => ({
      name: param.name,
      type: trusted(context.types.ofBtf(btf, param.type, 'kernel')),
      source: { kind: 'ctx-slot', index: fit.firstSlots[index] ?? 0 },
    }),
  );
  const { slots } = fit;
  const returns = btf.resolved(proto.returns);
  return {
    kind: 'known',
    args,
    slots,
    ...(holder.module === undefined ? {} : { module: holder.module }),
    ...(returns.kind === 'void'
      ? {}
      : { retval: trusted(context.types.ofBtf(btf, proto.returns, 'kernel')) }),
  };
}

type TrampolineFit =
  /** The u64 slot of ctx where each parameter begins, and how many there are in all. */
  | { readonly kind: 'fits'; readonly firstSlots: readonly number[]; readonly slots: number }
  | { readonly kind: 'unsuitable'; readonly reason: string };

/** Whether a BPF trampoline can pass on the arguments of a function. Source: kernel/bpf/btf.c, btf_distill_func_proto(). */
export function trampolineFit(btf: Btf, proto: BtfTypeOf<'func_proto'>): TrampolineFit {
  if (proto.variadic) return { kind: 'unsuitable', reason: 'a variable number of arguments' };
  const firstSlots: number[] = [];
  let slots = 0;
  for (const param of proto.params) {
    const size = btf.sizeOf(param.type) ?? 8;
    const composite = btf.composite(param.type) !== undefined && btf.resolved(param.type).kind !== 'ptr';
    if (composite && size > MAX_STRUCT_BYTES)
      return { kind: 'unsuitable', reason: `a struct of ${size} bytes passed by value` };
    firstSlots.push(slots);
    slots += composite && size > 8 ? 2 : 1;
  }
  if (slots > MAX_TRAMPOLINE_ARGS)
    return { kind: 'unsuitable', reason: `more than ${MAX_TRAMPOLINE_ARGS} arguments` };
  return { kind: 'fits', firstSlots, slots };
}

/** The verifier knows the type of what a tracing ctx holds. */
function trusted(type: Type): Type {
  return type.kind === 'pointer' && type.to.kind === 'struct' ? { ...type, trusted: true } : type;
}

export interface RawTracepoint {
  readonly name: string;
  readonly module?: string;
  readonly args: readonly ProbeArg[];
}

/** A raw tracepoint's parameters as its BTF has them. */
export interface RawTracepointProto {
  readonly btf: Btf;
  /** Absent for the kernel proper. */
  readonly module?: string;
  readonly params: readonly { readonly name: string; readonly type: BtfId }[];
}

/** The prototype behind a raw tracepoint's typedef `btf_trace_NAME`, without its first parameter (`void *__data`). */
export function rawTracepointProto(
  target: Target,
  name: string,
  module: string | undefined,
): RawTracepointProto | undefined {
  const [holder] = holdersOf(target, `${typedefPrefix}${name}`, 'typedef', module);
  const proto = holder?.btf.prototypeOf(holder.id);
  if (!holder || !proto) return undefined;
  const named = namedParams(holder.btf, name);
  const params = proto.params
    .slice(1)
    .map((param, index) => ({ name: param.name || named[index] || `arg${index}`, type: param.type }));
  return { btf: holder.btf, params, ...(holder.module === undefined ? {} : { module: holder.module }) };
}

/** A raw tracepoint's arguments. */
export function rawTracepointArgs(
  context: ResolveContext,
  name: string,
  module: string | undefined,
): RawTracepoint | undefined {
  const proto = rawTracepointProto(context.target, name, module);
  if (!proto) return undefined;
  const args = proto.params.map(
    (param, index): ProbeArg => ({
      name: param.name,
      type: trusted(context.types.ofBtf(proto.btf, param.type, 'kernel')),
      source: { kind: 'ctx-slot', index },
    }),
  );
  return { name, args, ...(proto.module === undefined ? {} : { module: proto.module }) };
}

/** Functions behind an event whose parameters have the names that the typedef's lack; the last two may be shared by several events. */
const namedAfterEvent = ['__traceiter_', '__probestub_', '__bpf_trace_', 'trace_event_raw_event_'] as const;

function namedParams(btf: Btf, event: string): readonly string[] {
  for (const prefix of namedAfterEvent) {
    const id = btf.find(`${prefix}${event}`, 'func');
    const proto = id === undefined ? undefined : btf.prototypeOf(id);
    if (proto) return proto.params.slice(1).map((param) => param.name);
  }
  return [];
}

const typedefPrefix = 'btf_trace_';

/**
 * All raw tracepoints of the kernel (no module, or `vmlinux`), of one module, or of those that a pattern matches (`*` is the kernel as
 * well).
 */
export function rawTracepointNames(
  target: Target,
  module: string | undefined,
): readonly { readonly name: string; readonly module: string | undefined }[] {
  const isMatch = matcher(module ?? 'vmlinux');
  const namesIn = (btf: Btf | undefined, inModule: string | undefined) =>
    btf === undefined
      ? []
      : [...btf.idsOfKind('typedef')]
          .map((id) => btf.nameOf(id))
          .filter((name) => name.startsWith(typedefPrefix))
          .map((name) => ({ name: name.slice(typedefPrefix.length), module: inModule }));
  return [
    ...(isMatch('vmlinux') ? namesIn(target.btf(), undefined) : []),
    ...target
      .btfModules()
      .filter(isMatch)
      .flatMap((each) => namesIn(target.moduleBtf(each), each)),
  ];
}

/** Whether the kernel's BTF has a function of this name. */
export function hasBtfFunction(target: Target, name: string): boolean {
  return target.btf()?.hasFunction(name) === true;
}
