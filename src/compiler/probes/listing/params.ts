/** Arguments of probes as `-lv` shows them: type, space, name. */
import { type Btf, type BtfId, type BtfTypeOf, typeText } from '../../../btf/index.ts';
import { DwarfError, dwarfTypeText } from '../../../dwarf/index.ts';
import type { Target, TracepointField } from '../../../program/index.ts';
import { holdersOf, rawTracepointProto } from '../btf-functions.ts';
import { FIRST_OWN_OFFSET, locationOf } from '../tracepoint.ts';

type FunctionProbe = 'kprobe' | 'kretprobe' | 'fentry' | 'fexit';

/** Of a probe on a kernel function; empty when no BTF has it. */
export function functionParams(
  kind: FunctionProbe,
  name: string,
  module: string | undefined,
  target: Target,
): readonly string[] {
  const [holder] = holdersOf(target, name, 'func', module);
  const proto = holder?.btf.prototypeOf(holder.id);
  return holder && proto ? prototypeParams(kind, holder.btf, proto) : [];
}

/** Of a probe on a function with this prototype. */
export function prototypeParams(
  kind: FunctionProbe,
  btf: Btf,
  proto: BtfTypeOf<'func_proto'>,
): readonly string[] {
  switch (kind) {
    case 'kprobe':
      // Floating point numbers travel in registers that argN does not count.
      return proto.params
        .filter(({ type }) => btf.resolved(type).kind !== 'float')
        .map(({ type }, index) => line(btf, type, `arg${index}`));
    case 'kretprobe':
      return isVoid(btf, proto.returns) ? ['void'] : [line(btf, proto.returns, 'retval')];
    case 'fentry':
      return proto.params.map(({ type, name }) => line(btf, type, name));
    case 'fexit':
      return [
        ...prototypeParams('fentry', btf, proto),
        ...(isVoid(btf, proto.returns) ? [] : [line(btf, proto.returns, 'retval')]),
      ];
  }
}

export function rawTracepointParams(
  event: string,
  module: string | undefined,
  target: Target,
): readonly string[] {
  const proto = rawTracepointProto(target, event, module);
  return proto?.params.map(({ type, name }) => line(proto.btf, type, name)) ?? [];
}

/** Of a function of a program, as its debug information has them: `const char* text`. Empty when there is none, or it is damaged. */
export function userFunctionParams(path: string, address: bigint, target: Target): readonly string[] {
  const dwarf = target.debugInfo(path);
  if (!dwarf) return [];
  try {
    const params = dwarf.functionAt(Number(address))?.params ?? [];
    return params.map(({ type, name }) => `${dwarfTypeText(dwarf, type)} ${name}`.trimEnd());
  } catch (error) {
    if (error instanceof DwarfError) return [];
    throw error;
  }
}

/** The fields that are an event's own. */
export function tracepointParams(category: string, event: string, target: Target): readonly string[] {
  const fields = target.tracepointFormat(category, event)?.fields ?? [];
  return fields.filter((field) => field.offset >= FIRST_OWN_OFFSET).map(fieldLine);
}

/** What a field of the iterator's ctx holds, without the one all iterators have. */
export function iterParams(iterator: string, target: Target): readonly string[] {
  const [holder] = holdersOf(target, `bpf_iter_${iterator}`, 'func', 'vmlinux');
  const proto = holder?.btf.prototypeOf(holder.id);
  return holder && proto ? proto.params.slice(1).map(({ type, name }) => line(holder.btf, type, name)) : [];
}

function line(btf: Btf, type: BtfId, name: string): string {
  return `${typeText(btf, type)} ${name}`.trimEnd();
}

function isVoid(btf: Btf, type: BtfId): boolean {
  return btf.resolved(type).kind === 'void';
}

/** As the format file declares it: `char comm[16]`, but `__data_loc char[] name`. */
function fieldLine(field: TracepointField): string {
  const array = locationOf(field) ? null : /^(.*?)((?:\[[^\]]*\])+)$/.exec(field.type);
  return array ? `${array[1]} ${field.name}${array[2]}` : `${field.type} ${field.name}`;
}
