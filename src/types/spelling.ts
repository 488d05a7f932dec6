import { unreachable } from '../base/index.ts';
import { BUFFER_HEADER_BYTES } from './layout.ts';
import type { Type } from './type.ts';

/** The type as messages spell it (what has a size, with all that is stored): `int8`, `string[5]`, `struct foo *`, `(int8,string[3])`. */
export function spellType(type: Type): string {
  switch (type.kind) {
    case 'none':
    case 'void':
    case 'bool':
      return type.kind;
    case 'int':
      return `${type.signed ? '' : 'u'}int${type.size * 8}`;
    case 'enum':
      return `enum ${type.name}`;
    case 'string':
      return type.size === 0 ? 'string' : `string[${type.size}]`;
    case 'buffer':
      return `buffer[${BUFFER_HEADER_BYTES + type.capacity}]`;
    case 'pointer':
      return `${spellType(type.to)} *`;
    case 'array':
      return `${spellType(type.of)}[${type.length}]`;
    case 'struct':
      return type.name;
    case 'tuple':
      return `(${type.elements.map(spellType).join(',')})`;
    case 'record':
      return `record { ${type.fields.map((f) => `.${f.name} = ${spellType(f.type)}`).join(', ')} }`;
    case 'inet':
      return 'inet[24]';
    case 'mac':
      return 'mac_address';
    case 'username':
      return 'username_t';
    case 'ksym':
    case 'usym':
      return `${type.kind}_t`;
    case 'kstack':
    case 'ustack':
      return `${type.kind}_${type.mode}_${type.limit}`;
    case 'timestamp':
      return 'timestamp';
    case 'cgroupPath':
      return 'cgroup_path_t';
    case 'count':
    case 'hist':
    case 'lhist':
    case 'tseries':
      return `${type.kind}_t`;
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
      return `${type.signed ? '' : 'u'}${type.kind}_t`;
    default:
      return unreachable(type);
  }
}
