/** Variables that a prog shares with the functions of its loops (`outlined-loops.ts`): they lie in a per-CPU map. */
import { present } from '../../base/index.ts';
import { sizeOf } from '../../types/index.ts';
import type { Place } from '../builtins/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import type { LocalIndex } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';

/** This CPU's cells, looked up where a function begins. They are always there; the verifier wants to hear what happens otherwise. */
export function findCells(b: FuncBuilder, f: Pick<FuncContext, 'prog'>, otherwise: () => void): ValueId {
  const key = b.temporary(8);
  b.store(4, key, b.const(0));
  const cells = b.call('map_lookup_elem', [b.mapFd(f.prog.program.mapTable.cells), key]);
  const found = b.newBlock();
  const missing = b.newBlock();
  b.branch(b.compare('ne', cells, b.const(0)), found, missing, { cold: 'ifFalse' });
  b.enter(missing);
  otherwise();
  b.enter(found);
  return cells;
}

/** Where a local lies that the functions of loops share with the prog. */
export function cellOf(f: FuncContext, local: LocalIndex): () => Place {
  let off = f.body.cellOffsets.get(local);
  if (off === undefined) {
    const typed = present(f.body.typed.locals[local], 'a local that is mentioned is declared');
    const bytes = sizeOf(typed.type, f.prog.program.structs);
    off = f.prog.program.mapTable.allocateCell(bytes);
    f.body.cellOffsets.set(local, off);
  }
  const cells = present(f.cells, 'a function that shares variables with loops has looked up the cells');
  const place: Place = { base: cells, off, align: 8 };
  return () => place;
}
