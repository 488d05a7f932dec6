import type { Dwarf } from './dwarf.ts';
import type { DwarfTypeId } from './type.ts';

/** Pointers and qualifiers spelled before it is called a loop. */
const MAX_DEPTH = 32;

/**
 * A type as listings of probes spell it: `int`, `struct Foo*`, `const char*`, `char* const`. What has no name is `<anonymous>`.
 *
 * @throws DwarfError
 */
export function dwarfTypeText(dwarf: Dwarf, id: DwarfTypeId, depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  const type = dwarf.type(id);
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'int':
    case 'bool':
    case 'float':
    case 'typedef':
      return type.name;
    case 'other':
      return type.name === '' ? '<unknown type>' : type.name;
    case 'pointer':
      return `${dwarfTypeText(dwarf, type.to, depth + 1)}*`;
    case 'struct':
    case 'union':
    case 'enum':
      return `${type.kind} ${type.name === '' ? '<anonymous>' : type.name}`;
    case 'array':
      return `${dwarfTypeText(dwarf, type.of, depth + 1)}${type.lengths.map((length) => `[${length || ''}]`).join('')}`;
    case 'function':
      return 'void ()';
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'atomic': {
      const inner = dwarfTypeText(dwarf, type.to, depth + 1);
      const word = type.kind === 'atomic' ? '_Atomic' : type.kind;
      return dwarf.type(type.to).kind === 'pointer' ? `${inner} ${word}` : `${word} ${inner}`;
    }
  }
}
