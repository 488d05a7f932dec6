/** Arguments of probes. */
import type { Type } from '../../types/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { TypedExprOf } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import {
  addressOfLocation,
  argOffset,
  type Location,
  loadFrom,
  loadSlotArg,
  registerOffset,
  stackLocation,
} from './locations.ts';
import { operandAddress } from './operand-address.ts';
import { extend, isSigned, storedSize } from './values.ts';

/** The value of an argument, from wherever its probe has it. */
export function lowerArg(f: FuncContext, expr: TypedExprOf<'arg'>): ValueId {
  const { source, type } = expr;
  switch (source.kind) {
    case 'ctx-bytes':
      return loadFrom(f, { kind: 'ctx', off: source.offset }, type);
    case 'ctx-slot':
      return loadSlotArg(f, source.index, type);
    case 'func-ret':
      return functionResult(f, type);
    case 'ctx-location':
      return dynamicAddress(f, { kind: 'ctx', off: 0 }, source.offset, source.relative);
    case 'register': {
      const word = f.b.load(8, f.ctx(), registerOffset(f, source.name));
      return extend(f.b, word, storedSize(type, f.prog.program.structs), isSigned(type));
    }
    case 'user-stack':
      return loadFrom(f, stackLocation(f, source.offset), type);
    case 'constant':
      return f.b.const(source.value);
    case 'register-part':
      return loadFrom(f, { kind: 'ctx', off: argOffset(f, source) }, sizedInt(source));
    case 'user-memory': {
      const base = operandAddress(f, source.address);
      return loadFrom(f, { kind: 'foreign', base, off: 0, space: 'user' }, sizedInt(source));
    }
  }
}

/** The helper writes a u64, and fails only where no trampoline is. */
function functionResult(f: FuncContext, type: Type): ValueId {
  const { b } = f;
  const result = b.temporary(8);
  b.call('get_func_ret', [f.ctx(), result]);
  return extend(b, b.load(8, result), storedSize(type, f.prog.program.structs), isSigned(type));
}

function sizedInt({ size, signed }: { readonly size: 1 | 2 | 4 | 8; readonly signed: boolean }): Type {
  return { kind: 'int', size, signed };
}

/** The address of a tracepoint's dynamic data: its offset is in the low 16 bits of a word at `offset` of the record. */
export function dynamicAddress(f: FuncContext, record: Location, offset: number, relative: boolean): ValueId {
  const { b } = f;
  const word = loadFrom(
    f,
    record.kind === 'place'
      ? { kind: 'place', place: { ...record.place, off: record.place.off + offset } }
      : { ...record, off: record.off + offset },
    { kind: 'int', size: 4, signed: false },
  );
  const distance = b.addConst(b.binary('and', word, b.const(0xffff)), relative ? offset + 4 : 0);
  return b.binary('add', addressOfLocation(f, record), distance);
}
