import type { Place } from '../builtins/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import type { ProgramContext } from './program-context.ts';

/**
 * Bytes of the current CPU's row in the globals map. There are rows for a power of two of CPUs, so the mask changes no CPU
 * number; it is there for the verifier.
 */
export function currentRow(b: FuncBuilder, program: ProgramContext, offset: number): Place {
  const cpu = b.call('get_smp_processor_id', [], 'stable');
  const bounded = b.binary('and', cpu, b.const(program.mapTable.rowCount - 1));
  return rowOf(b, program, bounded, offset);
}

/** Bytes of the row of a CPU whose number the verifier knows to be below the number of rows. */
export function rowOf(b: FuncBuilder, program: ProgramContext, cpu: ValueId, offset: number): Place {
  const { mapTable } = program;
  const distance = b.binary('mul', cpu, b.const(mapTable.rowStride));
  return { base: b.binary('add', b.mapValue(mapTable.globals, offset), distance), off: 0, align: 8 };
}
