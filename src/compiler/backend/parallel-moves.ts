import type { Remat } from './machine.ts';
import { FIRST_SPILL, type Location, type Move } from './resolve.ts';

/** One step of a sequence that does what moves done at once would do. */
export interface MoveSink {
  /** Copies between two registers, or a register and memory. */
  copy(to: Location, from: Location): void;
  /** Makes a value in a register. */
  make(to: Location, value: Remat): void;
  /** Makes a value in memory without a register; false if it cannot be done. */
  makeInMemory(to: Location, value: Remat): boolean;
  /** A register that nobody needs while these moves are done; undefined if there is none. */
  spareRegister(): number | undefined;
  /** A memory location for the length of these moves. */
  spareMemory(): Location;
}

/**
 * Puts moves that happen at once into an order in which no source is overwritten before it is read.
 *
 *     r1 <- r2, r2 <- r1, r3 <- r1        r3 = r1;  spare = r1;  r1 = r2;  r2 = spare
 *
 * A move whose destination nobody reads any more can be done. If every destination is still read, what is left are cycles; one
 * source of a cycle goes to a spare place first.
 */
export function sequenceMoves(moves: readonly Move[], sink: MoveSink): void {
  const copies: { to: Location; from: Location }[] = [];
  const made: { readonly to: Location; readonly value: Remat }[] = [];
  for (const { to, from } of moves) {
    if (typeof from !== 'number') made.push({ to, value: from });
    else if (from !== to) copies.push({ to, from });
  }
  while (copies.length > 0) {
    const ready = copies.findIndex(({ to }) => !copies.some(({ from }) => from === to));
    if (ready !== -1) {
      const [{ to, from }] = copies.splice(ready, 1) as [{ to: Location; from: Location }];
      if (to >= FIRST_SPILL && from >= FIRST_SPILL)
        throughRegister(sink, (register) => {
          sink.copy(register, from);
          sink.copy(to, register);
        });
      else sink.copy(to, from);
      continue;
    }
    // Only cycles are left. The register or memory that is set aside is read from there instead.
    const { from } = copies[0]!;
    const spare = from < FIRST_SPILL ? (sink.spareRegister() ?? sink.spareMemory()) : sink.spareMemory();
    if (from >= FIRST_SPILL)
      throughRegister(sink, (register) => {
        sink.copy(register, from);
        sink.copy(spare, register);
      });
    else sink.copy(spare, from);
    for (const copy of copies) if (copy.from === from) copy.from = spare;
  }
  for (const { to, value } of made)
    if (to >= FIRST_SPILL && !sink.makeInMemory(to, value))
      throughRegister(sink, (register) => {
        sink.make(register, value);
        sink.copy(to, register);
      });
  for (const { to, value } of made) if (to < FIRST_SPILL) sink.make(to, value);
}

/** Lends a register to `use`: a spare one, or one whose value is put aside meanwhile. */
function throughRegister(sink: MoveSink, use: (register: number) => void): void {
  const spare = sink.spareRegister();
  if (spare !== undefined) {
    use(spare);
    return;
  }
  const aside = sink.spareMemory();
  const borrowed = 0;
  sink.copy(aside, borrowed);
  use(borrowed);
  sink.copy(borrowed, aside);
}
