/** The clocks, as progs read them. In tests a map of the script can stand for all of them. */
import { present, unreachable } from '../../base/index.ts';
import type { Clock } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { MapIndex } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { readMapScalar } from './map-values.ts';
import { runtimeConstant } from './runtime-constants.ts';

/** The time now, ns. */
export function readClock(f: FuncContext, clock: Clock): ValueId {
  const { clockMap } = f.prog.program;
  if (clockMap !== undefined) return readClockMap(f, clockMap);
  const { b } = f;
  switch (clock) {
    case 'boot':
      return b.call(
        f.prog.program.target.has('ktime-get-boot-ns') ? 'ktime_get_boot_ns' : 'ktime_get_ns',
        [],
        'reads',
      );
    case 'monotonic':
      return b.call('ktime_get_ns', [], 'reads');
    case 'tai':
      return b.call('ktime_get_tai_ns', [], 'reads');
    case 'sw_tai':
      return b.binary('add', readClock(f, 'boot'), runtimeConstant(f, 'sw-tai-offset-ns'));
    default:
      return unreachable(clock);
  }
}

function readClockMap(f: FuncContext, map: MapIndex): ValueId {
  const { value, at } = present(f.prog.program.typed.maps[map], 'the clock is a map of the script');
  return readMapScalar(f, { kind: 'map', map, type: value, at });
}
