import type { BpfMapSpec } from '../../program/index.ts';
import type { ProgArrayMap } from './map.ts';

/** BPF_MAP_TYPE_PROG_ARRAY: where bpf_tail_call() finds its progs. */
export function createProgArray(spec: BpfMapSpec): ProgArrayMap {
  const progs: (number | undefined)[] = [];
  return {
    kind: 'progs',
    spec,
    progAt: (index) => progs[index],
    setProg(index, prog) {
      if (!(index >= 0 && index < spec.maxEntries))
        throw new RangeError(`map ${spec.name} has ${spec.maxEntries} entries, none with index ${index}`);
      progs[index] = prog;
    },
  };
}
