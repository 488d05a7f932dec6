import type { ValueId } from '../ir/index.ts';
import type { OperandAddress, OperandIndex } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { registerOffset } from './locations.ts';

/** The address a machine operand stands for, from the registers in ctx. */
export function operandAddress(f: FuncContext, address: OperandAddress): ValueId {
  const { b } = f;
  let sum = b.const(address.offset);
  if (address.base !== undefined) sum = b.binary('add', loadRegister(f, address.base), sum);
  if (address.index !== undefined) sum = b.binary('add', sum, scaledIndex(f, address.index));
  return address.bits === 32 ? b.binary('and', sum, b.const(0xffff_ffff)) : sum;
}

function scaledIndex(f: FuncContext, { register, bits, signed, scale }: OperandIndex): ValueId {
  const { b } = f;
  const value =
    bits === 64 ? loadRegister(f, register) : b.load(4, f.ctx(), registerOffset(f, register), signed);
  return scale === 1 ? value : b.binary('mul', value, b.const(scale));
}

function loadRegister(f: FuncContext, name: string): ValueId {
  return f.b.load(8, f.ctx(), registerOffset(f, name));
}
