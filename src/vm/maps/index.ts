export { createMap, spaceOfMap } from './create-map.ts';
export type { KeyedMap, PerfBufferMap, ProgArrayMap, RingBufferMap, StackMap, VmMap } from './map.ts';
