/**
 * The index of a package of split files (.dwp): a hash table from the ids of units to rows, and a row of offsets and sizes per unit, a
 * column per section.
 *
 *     ┌ header: version, columns, units, slots ┬ ids: slots * 8 ┬ rows: slots * 4 ┬ column names ┬ offsets ┬ sizes ┐
 *
 * Source: DWARF 5, section 7.3.5.3.
 */
import { DW_SECT } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import type { DebugFile, SectionName } from './debug-file.ts';
import type { Contributions } from './unit.ts';

/** More columns than there are sections: the header is damaged. */
const MAX_COLUMNS = 16;

/**
 * What each unit of a package has where. By the unit's id; also by `-1 - offset` in .debug_info, for the units of DWARF 4, whose headers
 * hold no id. Undefined: the file is no package.
 */
export function packageRows(file: DebugFile): ReadonlyMap<bigint, Contributions> | undefined {
  const rows = new Map<bigint, Contributions>();
  for (const name of ['cu_index', 'tu_index'] as const) readIndex(file, name, rows);
  return rows.size === 0 ? undefined : rows;
}

function readIndex(file: DebugFile, name: SectionName, rows: Map<bigint, Contributions>): void {
  const bytes = file.section(name);
  if (bytes.length === 0) return;
  const cursor = new DwarfCursor(bytes, `.debug_${name}`);
  // Version 5 has two bytes of version and two of padding, version 2 has four.
  const version = cursor.u32() & 0xffff;
  if (version !== 2 && version !== 5) return;
  const columnCount = cursor.u32();
  const unitCount = cursor.u32();
  const slotCount = cursor.u32();
  if (columnCount > MAX_COLUMNS) throw cursor.error(`has ${columnCount} columns`);
  const idsAt = cursor.take(slotCount * 8);
  const rowsAt = cursor.take(slotCount * 4);
  const columns = Array.from({ length: columnCount }, () => DW_SECT[version][cursor.u32()]);
  const offsetsAt = cursor.take(unitCount * columnCount * 4);
  const number = (at: number): number => new DwarfCursor(bytes, `.debug_${name}`, at).u32();
  for (let slot = 0; slot < slotCount; slot++) {
    file.work.spend(1);
    const row = number(rowsAt + slot * 4);
    if (row === 0 || row > unitCount) continue;
    const id = new DwarfCursor(bytes, `.debug_${name}`, idsAt + slot * 8).big64();
    const entries = columns.map((column, i): [string, number] => [
      column ?? '',
      number(offsetsAt + ((row - 1) * columnCount + i) * 4),
    ]);
    const found: Contributions = Object.fromEntries(entries);
    rows.set(id, found);
    const infoAt = found['info'];
    if (name === 'cu_index' && infoAt !== undefined) rows.set(-BigInt(infoAt) - 1n, found);
  }
}
