import { errnos } from '../../base/index.ts';
import type { Core } from '../core.ts';
import { FaultError } from '../fault.ts';
import type { KeyedMap } from '../maps/index.ts';
import type { HelperCall } from './call.ts';

/** Helpers on maps with keys. Source: kernel/bpf/helpers.c, map_iter.c; bpf-helpers(7). */
export const mapCalls = {
  map_lookup_elem(core) {
    const map = keyed(core, 'map_lookup_elem');
    core.returnPointer(map.lookup(core.locate(2, map.spec.keySize, 'read'), core.cpu));
  },

  map_lookup_percpu_elem(core) {
    const map = keyed(core, 'map_lookup_percpu_elem');
    const keyAt = core.locate(2, map.spec.keySize, 'read');
    const cpu = core.low(3) >>> 0;
    core.returnPointer(cpu < core.cpuCount ? map.lookup(keyAt, cpu) : 0);
  },

  map_update_elem(core) {
    const map = writable(core, 'map_update_elem');
    const keyAt = core.locate(2, map.spec.keySize, 'read');
    const valueAt = core.locate(3, map.spec.valueSize, 'read');
    core.chargeBytes(map.spec.valueSize * map.rows);
    core.return(
      core.high(4) === 0 ? map.update(keyAt, valueAt, core.low(4), core.cpu) : -errnos.EINVAL.number,
    );
  },

  map_delete_elem(core) {
    const map = writable(core, 'map_delete_elem');
    core.return(map.delete(core.locate(2, map.spec.keySize, 'read')));
  },

  /** bpf_for_each_map_elem(map, callback(map, key, value, ctx), ctx, flags): the number of entries visited. */
  for_each_map_elem(core) {
    const map = keyed(core, 'for_each_map_elem');
    const { words } = core;
    const call = core.callback(2, 'for_each_map_elem');
    const mapHigh = core.high(1);
    const ctxLow = core.low(3);
    const ctxHigh = core.high(3);
    if (!core.isZero(4)) return core.return(-errnos.EINVAL.number);
    core.charge(map.visitCost);
    let visited = 0;
    const key = core.borrowKey();
    map.forEach(core.cpu, key.scratchAt, (keyAt, region) => {
      visited++;
      words[2] = 0;
      words[3] = mapHigh;
      words[4] = 0;
      words[5] = key.point(keyAt, map.spec.keySize);
      words[6] = 0;
      words[7] = core.memory.handle(region);
      words[8] = ctxLow;
      words[9] = ctxHigh;
      words[10] = 0;
      words[11] = 0;
      call();
      return (words[0]! | words[1]!) !== 0;
    });
    key.giveBack();
    core.return(visited);
  },
} as const satisfies Record<string, HelperCall>;

function keyed(core: Core, helper: string): KeyedMap {
  const map = core.map(1, helper);
  if (map.kind !== 'keyed') return core.badArgument(helper, 1, 'map with keys and values');
  core.chargeBytes(map.spec.keySize);
  return map;
}

function writable(core: Core, helper: string): KeyedMap {
  const map = keyed(core, helper);
  if (!map.isWritable) throw new FaultError({ kind: 'read-only', region: `map ${map.spec.name}` });
  return map;
}
