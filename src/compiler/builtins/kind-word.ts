import { unreachable } from '../../base/index.ts';
import type { Type } from '../../types/index.ts';

/** The kind of a type in one word, as messages about arguments say it: `int`, `string`, `pointer`. */
export function kindWord(type: Type): string {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return 'int';
    case 'none':
    case 'void':
    case 'bool':
    case 'string':
    case 'buffer':
    case 'pointer':
    case 'array':
    case 'tuple':
    case 'record':
    case 'inet':
    case 'timestamp':
    case 'kstack':
    case 'ustack':
      return type.kind;
    case 'struct':
      return 'c_type';
    case 'mac':
      return 'mac_address';
    case 'username':
      return 'username_t';
    case 'cgroupPath':
      return 'cgroup_path_t';
    case 'ksym':
    case 'usym':
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
    case 'hist':
    case 'lhist':
    case 'tseries':
      return `${type.kind}_t`;
    default:
      return unreachable(type);
  }
}

export function isInteger(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'enum';
}

export function isIntegerOrPointer(type: Type): boolean {
  return isInteger(type) || type.kind === 'pointer';
}
