import { SLOT_SIZE } from '../bpf/index.ts';
import {
  type BpfMap,
  createMap,
  type KernelFeature,
  type Prog as KernelProg,
  onlineCpus,
  PerfRing,
  ProgLoadError,
  possibleCpuCount,
  ResourceStack,
  RingBuffer,
} from '../kernel/index.ts';
import type { Backend, BpfMapSpec, LoadOptions, LoadResult, Program, Rejection } from '../program/index.ts';
import type { BtfSources } from './btf-sources.ts';
import { KernelMaps } from './kernel-maps.ts';
import { LoadedProgram } from './loaded-program.ts';
import { ProgLoader } from './prog-loader.ts';
import { RecordSource } from './record-source.ts';
import { ringBufferBytes } from './ring-size.ts';
import { lastInsnOf } from './verifier-log.ts';

const ONLY_KEY = new Uint8Array(4);

export interface KernelBackendOptions {
  readonly btf: BtfSources;
  readonly hasFeature: (feature: KernelFeature) => boolean;
  /** The process ends with the run, so that descriptors which are slow to close may be left to its end (see closeLater). */
  readonly processEnds: boolean;
}

/** The Backend of the running kernel. */
export class KernelBackend implements Backend {
  readonly name = 'kernel';
  readonly #options: KernelBackendOptions;

  constructor(options: KernelBackendOptions) {
    this.#options = options;
  }

  /**
   * Makes the maps, fills in constants, loads the progs. Nothing runs yet.
   *
   * @throws KernelError when the kernel refuses a map; a refused prog is a Rejection.
   */
  load(program: Program, options: LoadOptions): LoadResult {
    const possibleCpus = possibleCpuCount();
    using resources = new ResourceStack();
    const maps = program.bpfMaps.map((plan, index) => {
      const spec = withSize(plan, program, options.mapEntries?.get(index));
      const map = resources.use(createMap(spec, possibleCpus));
      options.loaderLog?.(mapLine(spec, map));
      fillMap(map, spec, index === program.constants ? options.constants : []);
      return map;
    });
    using loader = new ProgLoader(program, maps, this.#options.btf);
    const progs: KernelProg[] = [];
    for (const [index, prog] of program.progs.entries()) {
      try {
        const loaded = resources.use(loader.load(prog, { withLog: options.verifierLog !== undefined }));
        options.verifierLog?.(index, loaded.log);
        options.loaderLog?.(
          `prog '${prog.name}': loaded as ${prog.type}, ${prog.insns.length / SLOT_SIZE} instructions, fd=${loaded.fd.raw}`,
        );
        progs.push(loaded);
      } catch (error) {
        if (!(error instanceof ProgLoadError)) throw error;
        options.verifierLog?.(index, error.log);
        return { ok: false, rejection: rejectionOf(index, error) };
      }
    }
    const access = resources.use(new KernelMaps(maps));
    options.onMaps?.(access);
    const packetRings = openPacketRings(program, maps, resources);
    const records = resources.use(recordSource(program, maps, packetRings));
    return {
      ok: true,
      loaded: new LoadedProgram({
        program,
        maps: access,
        progs,
        records,
        resources: resources.move(),
        pid: options.pid,
        possibleCpus,
        hasFeature: this.#options.hasFeature,
        processEnds: this.#options.processEnds,
      }),
    };
  }
}

function mapLine({ name, type, keySize, valueSize, maxEntries }: BpfMapSpec, map: BpfMap): string {
  return `map '${name}': created as ${type}, key ${keySize} B, value ${valueSize} B, ${maxEntries} entries, fd=${map.fd.raw}`;
}

function withSize(spec: BpfMapSpec, program: Program, entries: number | undefined): BpfMapSpec {
  if (entries !== undefined) return { ...spec, maxEntries: entries };
  if (spec.type !== 'BPF_MAP_TYPE_RINGBUF' || spec.maxEntries > 0) return spec;
  const kinds = program.records.map(({ kind }) => kind);
  return { ...spec, maxEntries: ringBufferBytes(program.settings.perfRbPages, kinds) };
}

/** Writes a one-entry array's first contents and freezes it, before any prog that relies on them is loaded. */
function fillMap(map: BpfMap, spec: BpfMapSpec, constants: LoadOptions['constants']): void {
  if (spec.initial || constants.length > 0) {
    const value = new Uint8Array(spec.valueSize);
    if (spec.initial) value.set(spec.initial);
    for (const { offset, bytes } of constants) value.set(bytes, offset);
    map.update(ONLY_KEY, value);
  }
  if (spec.frozen) map.freeze();
}

function recordSource(
  program: Program,
  maps: readonly BpfMap[],
  packetRings: readonly PerfRing[],
): RecordSource {
  const map = program.ringBuffer === undefined ? undefined : maps[program.ringBuffer];
  return new RecordSource(map && new RingBuffer(map), map?.fd.raw, packetRings);
}

/** A ring for each CPU where progs send packets, in the map that they name. */
function openPacketRings(
  program: Program,
  maps: readonly BpfMap[],
  resources: ResourceStack,
): readonly PerfRing[] {
  const map = maps[program.bpfMaps.findIndex(({ role }) => role === 'perf-buffer')];
  if (map === undefined) return [];
  return onlineCpus().map((cpu) => {
    const ring = resources.use(new PerfRing(cpu));
    map.update(bytesOf(cpu), bytesOf(ring.fd.raw));
    return ring;
  });
}

const bytesOf = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

function rejectionOf(prog: number, error: ProgLoadError): Rejection {
  const insn = lastInsnOf(error.log);
  return { prog, log: error.log, errno: error.errno, ...(insn === undefined ? {} : { insn }) };
}
