import { errnoName, present } from '../base/index.ts';
import { mapFlags } from '../bpf/index.ts';
import type { MapAccess, MapEntry } from '../program/index.ts';
import { MapError } from './map-error.ts';
import type { KeyedMap, VmMap } from './maps/index.ts';

/**
 * What user space can do with the maps of a machine. Errors are the kernel's own, as MapError; a frozen map refuses changes (EPERM).
 */
export function createMapAccess(maps: readonly VmMap[]): MapAccess {
  const keyed = (index: number): KeyedMap => {
    const map = present(maps[index], 'the map is one of the Program');
    if (map.kind !== 'keyed') throw new MapError('EINVAL', `map ${map.spec.name} has no keys and values`);
    return map;
  };
  const changeable = (index: number): KeyedMap => {
    const map = keyed(index);
    const isReadOnly = map.spec.frozen === true || (map.spec.flags & mapFlags.BPF_F_RDONLY) !== 0;
    if (isReadOnly) throw new MapError('EPERM', `map ${map.spec.name} is frozen`);
    return map;
  };
  return {
    entries: (map): MapEntry[] => keyed(map).entries(),
    readArray(index) {
      const [value] = present(keyed(index).read(FIRST_KEY), 'a one-entry array has its entry');
      return present(value, 'a value has a row');
    },
    writeArray(index, offset, bytes) {
      const map = changeable(index);
      const [value] = present(map.read(FIRST_KEY), 'a one-entry array has its entry');
      const whole = present(value, 'a value has a row');
      if (!(offset >= 0 && offset + bytes.length <= whole.length))
        throw new RangeError(`${bytes.length} bytes at ${offset} do not fit a value of ${whole.length}`);
      whole.set(bytes, offset);
      check(map.write(FIRST_KEY, [whole], 0), `map ${map.spec.name}`);
    },
    update(index, key, values) {
      const map = changeable(index);
      check(map.write(key, values, 0), `map ${map.spec.name}`);
    },
    delete(index, key) {
      const map = changeable(index);
      check(map.remove(key), `map ${map.spec.name}`);
    },
  };
}

/** Where a one-entry array's value lies, if the map is one. */
export function directMap(
  map: VmMap | undefined,
): { readonly region: number; readonly at: number; readonly valueSize: number } | undefined {
  if (map?.kind !== 'keyed' || map.direct === undefined) return undefined;
  return { ...map.direct, valueSize: map.spec.valueSize };
}

const FIRST_KEY = new Uint8Array(4);

function check(result: number, what: string): void {
  if (result < 0)
    throw new MapError(present(errnoName(-result), 'a map answers with an error of the kernel'), what);
}
