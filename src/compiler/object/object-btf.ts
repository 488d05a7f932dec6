/** The BTF of an object: its functions, and its maps as libbpf reads them. Source: tools/lib/bpf/libbpf.c, parse_btf_map_def. */
import { ByteWriter } from '../../base/index.ts';
import { mapTypes } from '../../bpf/index.ts';
import { BtfBuilder, type BtfId } from '../../btf/index.ts';
import type { BpfMapSpec, ProgFunc } from '../../program/index.ts';

/** Bytes that the definition of one map takes in its section: a pointer for each property. */
export const MAP_DEFINITION_SIZE = 40;

/** What the loader would choose for a ring buffer, whose size a Program leaves open. */
const RING_BYTES = 1 << 18;

/** Source: tools/lib/bpf/libbpf_internal.h, struct btf_ext_header. */
const BTF_EXT_HEADER_SIZE = 24;
const BTF_MAGIC = 0xeb9f;
const FUNC_INFO_SIZE = 8;
const LINE_INFO_SIZE = 16;
const MAX_LINE = (1 << 22) - 1;
const MAX_COLUMN = (1 << 10) - 1;

/** From this byte of a section on, the code stands for a line of the script. */
export interface ObjectLine {
  readonly offset: number;
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export class ObjectBtf {
  readonly #builder = new BtfBuilder();
  readonly #int: BtfId;
  readonly #u64: BtfId;
  readonly #pointer: BtfId;
  /** By section: the byte a function starts at, and its id. */
  readonly #funcs = new Map<string, { readonly offset: number; readonly id: BtfId }[]>();

  readonly #lines = new Map<string, ObjectLine[]>();

  constructor() {
    this.#int = this.#builder.addInt('int', 4, 'signed');
    this.#u64 = this.#builder.addInt('unsigned long long', 8, 'unsigned');
    this.#pointer = this.#builder.add({ kind: 'ptr', type: 0 });
  }

  addFunc(section: string, offset: number, name: string, func: ProgFunc, isGlobal: boolean): void {
    const kinds = func.paramKinds ?? Array.from({ length: func.params }, () => 'u64' as const);
    const params = kinds.map((kind, index) => ({
      name: `arg${index}`,
      type: kind === 'pointer' ? this.#pointer : this.#u64,
    }));
    const proto = this.#builder.add({ kind: 'func_proto', returns: this.#u64, params, variadic: false });
    const id = this.#builder.add({
      kind: 'func',
      name,
      type: proto,
      linkage: isGlobal ? 'global' : 'static',
    });
    const known = this.#funcs.get(section) ?? [];
    known.push({ offset, id });
    this.#funcs.set(section, known);
  }

  addLines(section: string, lines: readonly ObjectLine[]): void {
    const known = this.#lines.get(section) ?? [];
    known.push(...lines);
    this.#lines.set(section, known);
  }

  /** The section `.maps`, in the order of the maps. */
  addMaps(maps: readonly { readonly name: string; readonly spec: BpfMapSpec }[]): void {
    const vars = maps.map(({ name, spec }, index) => {
      const type = this.#mapDefinition(spec);
      const variable = this.#builder.add({ kind: 'var', name, type, linkage: 'global' });
      return { type: variable, offset: index * MAP_DEFINITION_SIZE, size: MAP_DEFINITION_SIZE };
    });
    this.#builder.add({ kind: 'datasec', name: '.maps', size: vars.length * MAP_DEFINITION_SIZE, vars });
  }

  /** A struct of pointers to arrays, whose lengths are the properties. */
  #mapDefinition({ type, keySize, valueSize, maxEntries, flags }: BpfMapSpec): BtfId {
    const isRing = type === 'BPF_MAP_TYPE_RINGBUF';
    const properties: readonly (readonly [string, number])[] = [
      ['type', mapTypes[type]],
      ['max_entries', isRing && maxEntries === 0 ? RING_BYTES : maxEntries],
      ['key_size', keySize],
      ['value_size', valueSize],
      ['map_flags', flags],
    ];
    const members = properties
      // A ring buffer has neither key nor value, and a size of 0 is one too many.
      .filter(([name, value]) => value !== 0 || (!isRing && name !== 'map_flags'))
      .map(([name, length], index) => {
        const array = this.#builder.add({ kind: 'array', type: this.#int, indexType: this.#int, length });
        const pointer = this.#builder.add({ kind: 'ptr', type: array });
        return { name, type: pointer, bitOffset: index * 64, bitfieldSize: 0 };
      });
    return this.#builder.add({ kind: 'struct', name: '', size: MAP_DEFINITION_SIZE, members });
  }

  finish(): { readonly btf: Uint8Array; readonly ext: Uint8Array } {
    const info = new ByteWriter().u32(FUNC_INFO_SIZE);
    for (const [section, rows] of this.#funcs) {
      info.u32(this.#builder.string(section)).u32(rows.length);
      for (const { offset, id } of rows.toSorted((a, b) => a.offset - b.offset)) info.u32(offset).u32(id);
    }
    const funcs = info.finish();
    const rows = new ByteWriter().u32(LINE_INFO_SIZE);
    for (const [section, lines] of this.#lines) {
      rows.u32(this.#builder.string(section)).u32(lines.length);
      for (const { offset, file, text, line, column } of lines.toSorted((a, b) => a.offset - b.offset)) {
        const position = Math.min(line, MAX_LINE) * 1024 + Math.min(column, MAX_COLUMN);
        rows.u32(offset).u32(this.#builder.string(file)).u32(this.#builder.string(text)).u32(position);
      }
    }
    const lines = rows.finish();
    const ext = new ByteWriter()
      .u16(BTF_MAGIC)
      .u8(1)
      .u8(0)
      .u32(BTF_EXT_HEADER_SIZE)
      .u32(0)
      .u32(funcs.length)
      .u32(funcs.length)
      .u32(lines.length)
      .bytes(funcs)
      .bytes(lines)
      .finish();
    return { btf: this.#builder.finish(), ext };
  }
}
