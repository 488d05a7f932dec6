import { unreachable } from '../../base/index.ts';
import type { BpfMapSpec } from '../../program/index.ts';
import type { Memory, Space } from '../memory.ts';
import { arraySpace, createArray } from './array-map.ts';
import { createHash, hashSpace } from './hash-map.ts';
import type { VmMap } from './map.ts';
import { createPerfBuffer } from './perf-buffer.ts';
import { createProgArray } from './prog-array.ts';
import { createRing, ringSpace } from './ring-map.ts';
import { createStackMap } from './stack-map.ts';

/** What the maps of a machine share. `ringBytes`: size of ring buffers whose spec leaves it to the runtime, a power of two. */
export interface MapOptions {
  readonly cpuCount: number;
  readonly ringBytes: number;
}

const NOTHING: Space = { bytes: 0, regions: 0 };

/** What a map needs of the machine's memory. */
export function spaceOfMap(spec: BpfMapSpec, options: MapOptions): Space {
  switch (spec.type) {
    case 'BPF_MAP_TYPE_HASH':
    case 'BPF_MAP_TYPE_LRU_HASH':
      return hashSpace(spec, 1);
    case 'BPF_MAP_TYPE_PERCPU_HASH':
    case 'BPF_MAP_TYPE_LRU_PERCPU_HASH':
      return hashSpace(spec, options.cpuCount);
    case 'BPF_MAP_TYPE_ARRAY':
      return arraySpace(spec, 1);
    case 'BPF_MAP_TYPE_PERCPU_ARRAY':
      return arraySpace(spec, options.cpuCount);
    case 'BPF_MAP_TYPE_RINGBUF':
      return ringSpace(ringBytesOf(spec, options));
    case 'BPF_MAP_TYPE_PERF_EVENT_ARRAY':
    case 'BPF_MAP_TYPE_PROG_ARRAY':
    case 'BPF_MAP_TYPE_STACK_TRACE':
      return NOTHING;
    default:
      return unreachable(spec.type);
  }
}

/** Makes a map in `memory`, from which its space was counted. */
export function createMap(spec: BpfMapSpec, memory: Memory, options: MapOptions): VmMap {
  switch (spec.type) {
    case 'BPF_MAP_TYPE_HASH':
      return createHash(spec, memory, 1, 'refuse');
    case 'BPF_MAP_TYPE_LRU_HASH':
      return createHash(spec, memory, 1, 'forget-oldest');
    case 'BPF_MAP_TYPE_PERCPU_HASH':
      return createHash(spec, memory, options.cpuCount, 'refuse');
    case 'BPF_MAP_TYPE_LRU_PERCPU_HASH':
      return createHash(spec, memory, options.cpuCount, 'forget-oldest');
    case 'BPF_MAP_TYPE_ARRAY':
      return createArray(spec, memory, 1);
    case 'BPF_MAP_TYPE_PERCPU_ARRAY':
      return createArray(spec, memory, options.cpuCount);
    case 'BPF_MAP_TYPE_RINGBUF':
      return createRing(spec, memory, ringBytesOf(spec, options));
    case 'BPF_MAP_TYPE_PERF_EVENT_ARRAY':
      return createPerfBuffer(spec);
    case 'BPF_MAP_TYPE_PROG_ARRAY':
      return createProgArray(spec);
    case 'BPF_MAP_TYPE_STACK_TRACE':
      return createStackMap(spec);
    default:
      return unreachable(spec.type);
  }
}

function ringBytesOf(spec: BpfMapSpec, options: MapOptions): number {
  return spec.maxEntries === 0 ? options.ringBytes : spec.maxEntries;
}
