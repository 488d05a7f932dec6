/** What BTF knows of the functions that probes stand on: prototypes of functions, raw tracepoints and iterators. */
import type { Btf, BtfId } from '../../btf/index.ts';
import type { Type } from '../../types/index.ts';
import type { ResolveContext } from './context.ts';
import type { ProbeArg } from './resolved.ts';

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

interface Holder {
  readonly btf: Btf;
  readonly module?: string;
  readonly id: BtfId;
}

/** Where a type of a name is: in the kernel's BTF, a named module's, or (no module named) any module's. */
function holdersOf(
  context: ResolveContext,
  name: string,
  kind: 'func' | 'typedef',
  module: string | undefined,
): readonly Holder[] {
  const { target } = context;
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
  const holders = holdersOf(context, name, 'func', module);
  const [holder] = holders;
  if (!holder) return { kind: 'unknown' };
  if (holders.length > 1)
    return { kind: 'ambiguous', modules: holders.map((each) => each.module ?? 'vmlinux') };
  const { btf, id } = holder;
  const proto = btf.prototypeOf(id);
  if (!proto) return { kind: 'unknown' };
  if (proto.variadic) return { kind: 'unsuitable', reason: 'a variable number of arguments' };
  const args: ProbeArg[] = [];
  let slots = 0;
  for (const param of proto.params) {
    const size = btf.sizeOf(param.type) ?? 8;
    const composite = btf.composite(param.type) !== undefined && btf.resolved(param.type).kind !== 'ptr';
    if (composite && size > MAX_STRUCT_BYTES)
      return { kind: 'unsuitable', reason: `a struct of ${size} bytes passed by value` };
    args.push({
      name: param.name,
      type: trusted(context.types.ofBtf(btf, param.type, 'kernel')),
      source: { kind: 'ctx-slot', index: slots },
    });
    slots += composite && size > 8 ? 2 : 1;
  }
  if (slots > MAX_TRAMPOLINE_ARGS)
    return { kind: 'unsuitable', reason: `more than ${MAX_TRAMPOLINE_ARGS} arguments` };
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

/** The verifier knows the type of what a tracing ctx holds. */
function trusted(type: Type): Type {
  return type.kind === 'pointer' && type.to.kind === 'struct' ? { ...type, trusted: true } : type;
}

export interface RawTracepoint {
  readonly name: string;
  readonly module?: string;
  readonly args: readonly ProbeArg[];
}

/** A raw tracepoint's arguments from the prototype behind its typedef `btf_trace_NAME`, without the first (`void *__data`). */
export function rawTracepointArgs(
  context: ResolveContext,
  name: string,
  module: string | undefined,
): RawTracepoint | undefined {
  const [holder] = holdersOf(context, `btf_trace_${name}`, 'typedef', module);
  const proto = holder?.btf.prototypeOf(holder.id);
  if (!holder || !proto) return undefined;
  const named = namedParams(holder.btf, name);
  const args = proto.params.slice(1).map(
    (param, index): ProbeArg => ({
      name: param.name || named[index] || `arg${index}`,
      type: trusted(context.types.ofBtf(holder.btf, param.type, 'kernel')),
      source: { kind: 'ctx-slot', index },
    }),
  );
  return { name, args, ...(holder.module === undefined ? {} : { module: holder.module }) };
}

/** Older kernels' typedefs have no parameter names; the tracing function behind the event has them. */
function namedParams(btf: Btf, event: string): readonly string[] {
  const id = btf.find(`__bpf_trace_${event}`, 'func') ?? btf.find(`trace_event_raw_event_${event}`, 'func');
  const proto = id === undefined ? undefined : btf.prototypeOf(id);
  return proto?.params.slice(1).map((param) => param.name) ?? [];
}

const typedefPrefix = 'btf_trace_';

/** All raw tracepoints, of the kernel (no module or `vmlinux`) or of one module. */
export function rawTracepointNames(
  context: ResolveContext,
  module: string | undefined,
): readonly { readonly name: string; readonly module: string | undefined }[] {
  const inModule = module === undefined || module === 'vmlinux' ? undefined : module;
  const btf = inModule === undefined ? context.target.btf() : context.target.moduleBtf(inModule);
  if (!btf) return [];
  return [...btf.idsOfKind('typedef')]
    .map((id) => btf.nameOf(id))
    .filter((name) => name.startsWith(typedefPrefix))
    .map((name) => ({ name: name.slice(typedefPrefix.length), module: inModule }));
}

/** Whether the kernel's BTF has a function of this name. */
export function hasBtfFunction(context: ResolveContext, name: string): boolean {
  return context.target.btf()?.find(name, 'func') !== undefined;
}
