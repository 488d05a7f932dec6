/**
 * A Program as an object file that libbpf and bpftool load (`--emit-elf`).
 *
 *     progs               a section per type, a function each
 *     their functions     .text, called through relocations
 *     script maps         .maps, described by BTF
 *     arrays that progs   .data.* and .rodata.*, which libbpf makes arrays of one entry
 *     address directly
 *
 * What a run needs besides (formats, records, where probes attach) has no place in an object: `--aot` keeps it.
 */
import { encodeText, invariant, present } from '../../base/index.ts';
import { pseudoCalls, pseudoLoads, SLOT_SIZE } from '../../bpf/index.ts';
import type { BpfMapSpec, Prog, Program } from '../../program/index.ts';
import { elfObject, type ObjectRelocation, type ObjectSection, type ObjectSymbol } from './elf-object.ts';
import { MAP_DEFINITION_SIZE, ObjectBtf, type ObjectLine } from './object-btf.ts';
import { sectionName } from './section-name.ts';

export type ObjectResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string };

const OPCODE_CALL = 0x85;
const OPCODE_LD_IMM64 = 0x18;

/** Code that grows, with what has to be relocated in it. */
interface Code {
  readonly name: string;
  readonly bytes: number[];
  readonly relocations: ObjectRelocation[];
}

export function writeObject(program: Program): ObjectResult {
  const outside = program.progs.flatMap(({ relocs }) =>
    relocs.flatMap((reloc) => (reloc.kind === 'kfunc' || reloc.kind === 'ksym' ? [reloc.name] : [])),
  );
  if (outside.length > 0) {
    const names = [...new Set(outside)].join(', ');
    return {
      ok: false,
      problem: `an object file cannot name functions and variables of the kernel so far, and this program uses ${names}`,
    };
  }
  const writer = new ObjectWriter(program);
  return { ok: true, bytes: writer.finish() };
}

class ObjectWriter {
  readonly #program: Program;
  readonly #code = new Map<string, Code>();
  readonly #symbols: ObjectSymbol[] = [];
  readonly #btf = new ObjectBtf();
  readonly #names = new Set<string>();
  /** By number of the map: its section, or its symbol in `.maps`. */
  readonly #mapSymbols: readonly string[];
  readonly #direct: ReadonlySet<number>;

  constructor(program: Program) {
    this.#program = program;
    this.#direct = new Set(
      program.progs.flatMap(({ relocs }) =>
        relocs.flatMap((reloc) => (reloc.kind === 'map-value' ? [reloc.map] : [])),
      ),
    );
    this.#mapSymbols = program.bpfMaps.map((spec, index) => {
      const name = this.#uniqueName(spec.name);
      if (!this.#direct.has(index)) return name;
      return `${spec.frozen ? '.rodata' : '.data'}.${name}`;
    });
    for (const prog of program.progs) this.#addProg(prog);
  }

  #uniqueName(name: string): string {
    const clean = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9]|$)/, '_');
    let candidate = clean;
    for (let count = 2; this.#names.has(candidate); count++) candidate = `${clean}_${count}`;
    this.#names.add(candidate);
    return candidate;
  }

  #section(name: string): Code {
    const known = this.#code.get(name);
    if (known) return known;
    const code: Code = { name, bytes: [], relocations: [] };
    this.#code.set(name, code);
    return code;
  }

  /** The entry point goes to the section of its type; what it calls goes to `.text`, the only place libbpf follows calls to. */
  #addProg(prog: Prog): void {
    const slots = prog.insns.length / SLOT_SIZE;
    const funcs = prog.funcs.length > 0 ? prog.funcs : [{ name: prog.name, insn: 0, params: 0 }];
    const places = funcs.map((func, index) => {
      const code = this.#section(index === 0 ? sectionName(prog) : '.text');
      const end = funcs[index + 1]?.insn ?? slots;
      const offset = code.bytes.length;
      const bytes = prog.insns.subarray(func.insn * SLOT_SIZE, end * SLOT_SIZE);
      for (const byte of bytes) code.bytes.push(byte);
      const name = this.#uniqueName(index === 0 ? prog.name : `${prog.name}_${func.name}`);
      const isGlobal = index === 0 || func.isGlobal === true;
      this.#symbols.push({ name, section: code.name, type: 'func', isGlobal, offset, size: bytes.length });
      this.#btf.addFunc(code.name, offset, name, func, isGlobal);
      this.#btf.addLines(code.name, this.#linesOf(prog, func.insn, end, offset));
      return { code, offset, start: func.insn, end };
    });
    /** The place of a slot of the prog in its section. */
    const at = (slot: number): { readonly code: Code; readonly offset: number } => {
      const place = present(
        places.find(({ start, end }) => slot >= start && slot < end),
        'every slot lies in a function',
      );
      return { code: place.code, offset: place.offset + (slot - place.start) * SLOT_SIZE };
    };
    for (const reloc of prog.relocs) {
      if (reloc.kind !== 'map' && reloc.kind !== 'map-value') continue;
      const { code, offset } = at(reloc.insn);
      setSource(code.bytes, offset, 0);
      setImmediate(code.bytes, offset, reloc.kind === 'map-value' ? reloc.offset : 0);
      setImmediate(code.bytes, offset + SLOT_SIZE, 0);
      invariant(
        reloc.kind === 'map-value' || !this.#direct.has(reloc.map),
        'a map is addressed directly or through its descriptor, not both',
      );
      code.relocations.push({
        offset,
        type: 'R_BPF_64_64',
        symbol: present(this.#mapSymbols[reloc.map], 'a reloc names a map'),
      });
    }
    this.#linkCalls(prog, at);
  }

  /** The lines of a function; one that begins without a line has that of the code before it. */
  #linesOf(prog: Prog, start: number, end: number, offset: number): ObjectLine[] {
    const inside = prog.lines.filter(({ insn }) => insn >= start && insn < end);
    const first = prog.lines.findLast(({ insn }) => insn <= start) ?? prog.lines[0];
    const rows = first && inside[0]?.insn !== start ? [{ ...first, insn: start }, ...inside] : inside;
    return rows.map(({ insn, trail }) => {
      const source = this.#program.sources[trail.at.source];
      return {
        offset: offset + (insn - start) * SLOT_SIZE,
        file: source?.name ?? '',
        text: source?.text.split('\n')[trail.at.line - 1] ?? '',
        line: trail.at.line,
        column: trail.at.column,
      };
    });
  }

  #linkCalls(prog: Prog, at: (slot: number) => { readonly code: Code; readonly offset: number }): void {
    const view = new DataView(prog.insns.buffer, prog.insns.byteOffset, prog.insns.byteLength);
    for (let slot = 0; slot * SLOT_SIZE < prog.insns.length; slot++) {
      const byte = slot * SLOT_SIZE;
      const opcode = view.getUint8(byte);
      const source = view.getUint8(byte + 1) >> 4;
      const isCall = opcode === OPCODE_CALL && source === pseudoCalls.BPF_PSEUDO_CALL;
      const isAddress = opcode === OPCODE_LD_IMM64 && source === pseudoLoads.BPF_PSEUDO_FUNC;
      if (isCall || isAddress) {
        const from = at(slot);
        const to = at(slot + 1 + view.getInt32(byte + 4, true));
        // A call counts slots from behind itself; an address is one in bytes.
        setImmediate(from.code.bytes, from.offset, isCall ? to.offset / SLOT_SIZE - 1 : to.offset);
        if (isAddress) setImmediate(from.code.bytes, from.offset + SLOT_SIZE, 0);
        from.code.relocations.push({
          offset: from.offset,
          type: isCall ? 'R_BPF_64_32' : 'R_BPF_64_64',
          symbol: to.code.name,
        });
      }
      if (opcode === OPCODE_LD_IMM64) slot++;
    }
  }

  finish(): Uint8Array {
    const { bpfMaps, license } = this.#program;
    const described = bpfMaps.flatMap((spec, index) =>
      this.#direct.has(index) ? [] : [{ name: this.#mapSymbols[index] ?? spec.name, spec }],
    );
    const sections: ObjectSection[] = [...this.#code.values()].map(({ name, bytes, relocations }) => ({
      name,
      bytes: Uint8Array.from(bytes),
      use: 'code',
      relocations,
    }));
    for (const [index, spec] of bpfMaps.entries()) {
      if (this.#direct.has(index)) sections.push(dataSection(this.#mapSymbols[index] ?? spec.name, spec));
    }
    if (described.length > 0) {
      this.#btf.addMaps(described);
      const bytes = new Uint8Array(described.length * MAP_DEFINITION_SIZE);
      sections.push({ name: '.maps', bytes, use: 'data' });
      for (const [index, { name }] of described.entries()) {
        this.#symbols.push({
          name,
          section: '.maps',
          type: 'object',
          isGlobal: true,
          offset: index * MAP_DEFINITION_SIZE,
          size: MAP_DEFINITION_SIZE,
        });
      }
    }
    sections.push({ name: 'license', bytes: encodeText(`${license}\0`), use: 'data' });
    const { btf, ext } = this.#btf.finish();
    sections.push({ name: '.BTF', bytes: btf, use: 'notes' }, { name: '.BTF.ext', bytes: ext, use: 'notes' });
    return elfObject(sections, this.#symbols);
  }
}

function dataSection(name: string, spec: BpfMapSpec): ObjectSection {
  const bytes = new Uint8Array(spec.valueSize);
  if (spec.initial) bytes.set(spec.initial);
  return { name, bytes, use: spec.frozen ? 'constants' : 'data' };
}

function setSource(bytes: number[], insn: number, source: number): void {
  bytes[insn + 1] = ((bytes[insn + 1] ?? 0) & 0x0f) | (source << 4);
}

function setImmediate(bytes: number[], insn: number, value: number): void {
  for (let index = 0; index < 4; index++) bytes[insn + 4 + index] = (value >>> (8 * index)) & 0xff;
}
