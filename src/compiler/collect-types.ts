import type { RecordSpec, ScriptMap } from '../program/index.ts';
import type { EnumLayout, StructLayout, StructTable, StructTableData, Type } from '../types/index.ts';

/** The layouts of all structs and enums that must be known to show the values in records and maps. */
export function collectTypes(
  records: readonly RecordSpec[],
  maps: readonly ScriptMap[],
  table: StructTable,
): StructTableData {
  const structs: Record<string, StructLayout> = {};
  const enums: Record<string, EnumLayout> = {};
  const visit = (type: Type): void => {
    switch (type.kind) {
      case 'struct': {
        if (Object.hasOwn(structs, type.name)) return;
        const layout = table.struct(type.name);
        if (!layout) return;
        structs[type.name] = layout;
        for (const field of layout.fields) visit(field.type);
        return;
      }
      case 'enum': {
        const layout = table.enum(type.name);
        if (layout) enums[type.name] = layout;
        return;
      }
      case 'array':
        visit(type.of);
        return;
      case 'tuple':
        type.elements.forEach(visit);
        return;
      case 'record':
        for (const field of type.fields) visit(field.type);
        return;
      default: // Pointers are shown as numbers, whatever they point to.
    }
  };
  for (const record of records) for (const type of recordTypes(record)) visit(type);
  for (const map of maps) {
    if (map.key) visit(map.key);
    visit(map.value);
  }
  return { structs, enums };
}

function recordTypes(record: RecordSpec): readonly Type[] {
  if ('args' in record) return record.args.map((slot) => slot.type);
  if (record.kind === 'print-value') return [record.value.type];
  return [];
}
