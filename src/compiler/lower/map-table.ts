import { alignUp } from '../../base/index.ts';
import { mapFlags } from '../../bpf/index.ts';
import {
  type BpfMapSpec,
  MAX_UNWIND_PROCESSES,
  type Target,
  type UnwindMaps,
  unwindProcess,
  unwindRange,
  unwindRow,
  unwindRule,
  unwindState,
} from '../../program/index.ts';

/** A cache line: rows of different CPUs never share one. */
const ROW_ALIGN = 64;

/** Where progs put records; user space says how large it is. */
export const ringBufferSpec: BpfMapSpec = {
  name: 'ringbuf',
  type: 'BPF_MAP_TYPE_RINGBUF',
  keySize: 0,
  valueSize: 0,
  maxEntries: 0,
  flags: 0,
  role: 'ring-buffer',
};

/**
 * The BPF maps of a Program, in the order they were first needed; relocations and storages name them by index.
 *
 * The globals map is a one-entry array that progs address directly:
 *
 *     | row of CPU 0 | row of CPU 1 | … | slot | slot | …
 *
 * A row starts with the count of lost records. There are rows for a power of two of CPUs, so that masking the CPU number
 * bounds it for the verifier without a branch.
 */
export class MapTable {
  readonly rowCount: number;
  readonly #target: Target;
  readonly #specs: (BpfMapSpec | undefined)[] = [];
  #globals: number | undefined;
  #constants: number | undefined;
  #ringBuffer: number | undefined;
  #perfBuffer: number | undefined;
  #unwinding: (UnwindMaps & { readonly states: number }) | undefined;
  #unwindStates = 0;
  #cells: number | undefined;
  #cellBytes = 0;
  /** Bytes used of a row: the lost count comes first. */
  #rowBytes = 8;
  #zero: number | undefined;
  #slotBytes = 0;
  #slotsPlaced = false;

  constructor(target: Target) {
    this.#target = target;
    this.rowCount = 2 ** Math.ceil(Math.log2(Math.max(1, target.possibleCpus)));
  }

  add(spec: BpfMapSpec): number {
    return this.#specs.push(spec) - 1;
  }

  /** The one-entry array that holds slots and rows. */
  get globals(): number {
    this.#globals ??= this.#specs.push(undefined) - 1;
    return this.#globals;
  }

  /** One entry per CPU, for variables that progs share with the functions of their loops. */
  get cells(): number {
    this.#cells ??= this.#specs.push(undefined) - 1;
    return this.#cells;
  }

  /** Offset of bytes in the cells that nobody else has. */
  allocateCell(bytes: number): number {
    const offset = this.#cellBytes;
    this.#cellBytes += alignUp(Math.max(1, bytes), 8);
    return offset;
  }

  get constants(): number {
    this.#constants ??= this.#specs.push(undefined) - 1;
    return this.#constants;
  }

  get ringBuffer(): number {
    this.#ringBuffer ??= this.add(ringBufferSpec);
    return this.#ringBuffer;
  }

  /** What bpf_skb_output writes to: one ring per CPU. */
  get perfBuffer(): number {
    this.#perfBuffer ??= this.add({
      name: 'packets',
      type: 'BPF_MAP_TYPE_PERF_EVENT_ARRAY',
      keySize: 4,
      valueSize: 4,
      maxEntries: this.#target.possibleCpus,
      flags: 0,
      role: 'perf-buffer',
    });
    return this.#perfBuffer;
  }

  /** The tables of unwinding, and where walks keep their state: an entry for each walker. */
  get unwinding(): UnwindMaps & { readonly states: number } {
    this.#unwinding ??= {
      processes: this.add({
        name: 'unwind_pids',
        type: 'BPF_MAP_TYPE_HASH',
        keySize: 4,
        valueSize: unwindProcess.size,
        maxEntries: MAX_UNWIND_PROCESSES,
        flags: 0,
        role: 'unwind',
      }),
      ranges: this.#addUnwindTable('unwind_ranges', unwindRange.size),
      rows: this.#addUnwindTable('unwind_rows', unwindRow.size),
      rules: this.#addUnwindTable('unwind_rules', unwindRule.size),
      states: this.#specs.push(undefined) - 1,
    };
    return this.#unwinding;
  }

  #addUnwindTable(name: string, valueSize: number): number {
    const flags = mapFlags.BPF_F_MMAPABLE;
    return this.add({
      name,
      type: 'BPF_MAP_TYPE_ARRAY',
      keySize: 4,
      valueSize,
      maxEntries: 0,
      flags,
      role: 'unwind',
    });
  }

  /** An entry of the states that nobody else uses: progs may interrupt each other on a CPU. */
  newUnwindState(): number {
    return this.#unwindStates++;
  }

  /** Whether anything asked for them. */
  get used(): {
    readonly constants: number | undefined;
    readonly ringBuffer: number | undefined;
    readonly unwind: UnwindMaps | undefined;
  } {
    const { processes, ranges, rows, rules } = this.#unwinding ?? {};
    const unwind =
      processes === undefined || ranges === undefined || rows === undefined || rules === undefined
        ? undefined
        : { processes, ranges, rows, rules };
    return { constants: this.#constants, ringBuffer: this.#ringBuffer, unwind };
  }

  /** Bytes in every CPU's row; the offset within the row, a multiple of 8. All rows come before the first slot. */
  allocateInRow(size: number): number {
    if (this.#slotsPlaced) throw new Error('rows are laid out before slots');
    const offset = this.#rowBytes;
    this.#rowBytes = alignUp(offset + size, 8);
    return offset;
  }

  /** Distance between the rows of two CPUs. */
  get rowStride(): number {
    this.#slotsPlaced = true;
    return alignUp(this.#rowBytes, ROW_ALIGN);
  }

  /** Bytes that all CPUs share; their offset in the globals map. */
  allocateSlot(size: number, align: number): number {
    const start = this.rowStride * this.rowCount;
    const offset = alignUp(this.#slotBytes, align);
    this.#slotBytes = offset + size;
    return start + offset;
  }

  /** Offset in the globals map of 8 bytes that nothing writes: a zero that nobody knows but us. */
  get zeroOffset(): number {
    this.#zero ??= this.allocateSlot(8, 8);
    return this.#zero;
  }

  /** All maps; `constants` are the contents of the constants map, ignored when nothing uses it. */
  finish(constants: Uint8Array): readonly BpfMapSpec[] {
    return this.#specs.map((spec, index) => {
      if (spec !== undefined) return spec;
      if (index === this.#unwinding?.states) return this.#unwindStatesSpec();
      if (index === this.#cells) return cellsSpec(this.#cellBytes);
      return index === this.#globals ? this.#globalsSpec() : constantsSpec(constants);
    });
  }

  #unwindStatesSpec(): BpfMapSpec {
    const maxEntries = this.#unwindStates;
    return {
      name: 'unwind_states',
      type: 'BPF_MAP_TYPE_PERCPU_ARRAY',
      keySize: 4,
      valueSize: unwindState.size,
      maxEntries,
      flags: 0,
      role: 'unwind',
    };
  }

  #globalsSpec(): BpfMapSpec {
    return {
      name: 'globals',
      type: 'BPF_MAP_TYPE_ARRAY',
      keySize: 4,
      valueSize: alignUp(this.rowStride * this.rowCount + this.#slotBytes, 8),
      maxEntries: 1,
      // Mappable array values came with 5.5; the ring buffer (5.8) is the nearest thing a target is asked about.
      flags: this.#target.has('ring-buffer') ? mapFlags.BPF_F_MMAPABLE : 0,
      role: 'globals',
    };
  }
}

function cellsSpec(bytes: number): BpfMapSpec {
  return {
    name: 'cells',
    type: 'BPF_MAP_TYPE_PERCPU_ARRAY',
    keySize: 4,
    valueSize: Math.max(8, bytes),
    maxEntries: 1,
    flags: 0,
    role: 'other',
  };
}

function constantsSpec(initial: Uint8Array): BpfMapSpec {
  return {
    name: 'constants',
    type: 'BPF_MAP_TYPE_ARRAY',
    keySize: 4,
    valueSize: Math.max(8, initial.length),
    maxEntries: 1,
    flags: mapFlags.BPF_F_RDONLY_PROG,
    initial: initial.length > 0 ? initial : new Uint8Array(8),
    frozen: true,
    role: 'constants',
  };
}
