import type { RuntimeConstant } from '../../program/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { FuncContext } from './func-context.ts';

/** A fact that the runtime writes into the constants map before load; the verifier knows it as a constant. */
export function runtimeConstant(f: FuncContext, what: RuntimeConstant['what']): ValueId {
  const { constants, mapTable } = f.prog.program;
  return f.b.load(8, f.b.mapValue(mapTable.constants, constants.runtimeOffset(what)));
}
