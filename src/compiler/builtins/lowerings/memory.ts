import { archFacts } from '../../../program/index.ts';
import type { ValueId } from '../../ir/index.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';
import { addressOf } from './place.ts';
import { probeAddress } from './symbols.ts';

function lowerReg(lower: Lower, call: CallExpr): ValueId {
  const offset = archFacts(lower.target.arch).registers[call.attrs.text ?? ''] ?? 0;
  return lower.b.load(8, lower.ctx(), offset);
}

/** The address of a kernel variable on this CPU, or on one the script names (0 where there is no such CPU). */
function lowerPerCpuAddress(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  const [cpu] = call.args;
  const variable = b.ksym(call.attrs.text ?? '');
  if (cpu === undefined) return b.call('this_cpu_ptr', [variable], 'reads');
  return b.call('per_cpu_ptr', [variable, lower.scalar(cpu)], 'reads');
}

/** bpf_probe_write_user takes bytes of the prog: a value's own, as many as it has, and those at an address are read first. */
function lowerWriteUser(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  const [target, source, length] = call.args;
  const to = lower.scalar(target!);
  const isPointer = source!.type.kind === 'pointer';
  const limit = isPointer ? lower.options.maxStrlen : lower.sizeOf(source!.type);
  const from = isPointer ? lower.scalar(source!) : undefined;
  const value = isPointer ? undefined : lower.memory(source!);
  const wanted = lower.scalar(length!);
  const isShort = b.compare('ult', wanted, b.const(limit));
  const bytes = lower.choose(
    isShort,
    () => wanted,
    () => b.const(limit),
  );
  const place = value ?? lower.temporary(limit);
  if (from !== undefined) lower.read(lower.spaceOf(source!), place, bytes, from);
  return lower.choose(
    b.compare('ne', bytes, b.const(0)),
    () => {
      const result = b.call('probe_write_user', [to, addressOf(b, place), bytes]);
      lower.checkHelper('probe_write_user', result, 'default');
      return b.compare('eq', result, b.const(0));
    },
    () => b.const(1),
  );
}

export const memoryLowerings = {
  reg: { gives: 'scalar', lower: lowerReg },
  uaddr: {
    gives: 'scalar',
    lower: (lower, call) =>
      lower.b.binary('add', probeAddress(lower, call.attrs.mode), lower.b.const(call.attrs.number ?? 0n)),
  },
  percpu_kaddr: { gives: 'scalar', lower: lowerPerCpuAddress },
  write_user: { gives: 'scalar', lower: lowerWriteUser },
} as const satisfies Record<string, Lowering>;
