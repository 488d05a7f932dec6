/** Functions of an object file that clang made of C (`import "x.bpf.c"`), with the maps and data they use. Source: Documentation/bpf/llvm_reloc.rst. */
import {
  decodeInsns,
  type Insn,
  LD_IMM64,
  pseudoCalls,
  pseudoLoads,
  SLOT_SIZE,
  slotsOf,
} from '../../bpf/index.ts';
import { Btf, BtfError } from '../../btf/index.ts';
import type { BpfMapSpec } from '../../program/index.ts';
import { type ConfigSources, ConfigValues } from './config-values.ts';
import { applyCoreRelocation, type CoreRelocation, poison, readCoreRelocations } from './core-relocations.ts';
import { ObjectError } from './object-error.ts';
import { type ObjectMap, readObjectMaps } from './object-maps.ts';
import { type ElfParts, type ElfRelocation, readElf } from './read-elf.ts';

/** A function in machine code, to be placed in a prog that calls it. */
export interface ObjectFunc {
  readonly name: string;
  /** Known in its file only. */
  readonly isStatic: boolean;
  readonly insns: readonly Insn[];
  /** By index in `insns`: what an instruction there stands for. */
  readonly links: ReadonlyMap<number, ObjectLink>;
  readonly params: number;
  /** Bytes of stack of its own. */
  readonly stackBytes: number;
}

/** Maps are numbered as in `CObject.maps`. A `func` is called, or its address taken. */
export type ObjectLink =
  | { readonly kind: 'func' | 'kfunc' | 'ksym'; readonly name: string }
  | { readonly kind: 'map'; readonly map: number }
  | { readonly kind: 'map-value'; readonly map: number; readonly offset: number };

export interface CObject {
  readonly btf: Btf;
  readonly funcs: readonly ObjectFunc[];
  readonly maps: readonly BpfMapSpec[];
}

/** What an object asks about the kernel it is linked for. */
export interface KernelNames extends ConfigSources {
  readonly btf: Btf | undefined;
  hasFunction(name: string): boolean;
  address(name: string): bigint | undefined;
}

/** Source: tools/lib/bpf/libbpf_internal.h. */
const R_BPF_64_64 = 1;
const R_BPF_64_32 = 10;
const OPCODE_CALL = 0x85;

/** @throws ObjectError when the file is none of BPF's, is damaged, or has what cannot be linked. */
export function readObject(file: Uint8Array, kernel: KernelNames): CObject {
  try {
    return new ObjectReader(readElf(file), kernel).read();
  } catch (error) {
    // Offsets in a damaged file lead out of it.
    const isDamage = error instanceof BtfError || error instanceof RangeError;
    throw isDamage ? new ObjectError(`it is damaged: ${error.message}`) : error;
  }
}

interface Code {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly funcs: readonly {
    readonly name: string;
    readonly isLocal: boolean;
    readonly value: number;
    readonly size: number;
  }[];
  readonly relocations: ReadonlyMap<number, ElfRelocation>;
  readonly core: ReadonlyMap<number, CoreRelocation>;
}

class ObjectReader {
  readonly #elf: ElfParts;
  readonly #kernel: KernelNames;
  readonly #btf: Btf;
  readonly #maps: readonly ObjectMap[];
  readonly #code: readonly Code[];
  readonly #config: ConfigValues;

  constructor(elf: ElfParts, kernel: KernelNames) {
    this.#elf = elf;
    this.#kernel = kernel;
    const btf = elf.sections.find(({ name }) => name === '.BTF');
    if (!btf) throw new ObjectError('it has no BTF: compile it with -g');
    this.#btf = Btf.parse(btf.bytes);
    this.#maps = readObjectMaps(elf, this.#btf);
    this.#config = new ConfigValues(this.#btf, kernel);
    const core = readCoreRelocations(elf, this.#btf);
    this.#code = [...elf.sections.entries()]
      .filter(([, { isCode, bytes }]) => isCode && bytes.length > 0)
      .map(([number, { name, bytes }]) => ({
        number,
        bytes,
        funcs: elf.symbols.filter(({ type, section }) => type === 'func' && section === number),
        relocations: new Map(elf.relocationsOf(number).map((row) => [row.offset, row])),
        core: new Map((core.get(name) ?? []).map((row) => [row.offset, row])),
      }));
  }

  read(): CObject {
    const funcs = this.#code.flatMap((code) => code.funcs.map((func) => this.#func(code, func)));
    const config = this.#config.finish();
    const maps = this.#maps.map(({ spec }) => spec);
    return { btf: this.#btf, funcs, maps: config === undefined ? maps : [...maps, config] };
  }

  #func(code: Code, { name, isLocal, value, size }: Code['funcs'][number]): ObjectFunc {
    const insns: Insn[] = [];
    const links = new Map<number, ObjectLink>();
    let byte = value;
    for (const insn of decodeInsns(code.bytes.slice(value, value + size))) {
      const core = code.core.get(byte);
      const relocation = code.relocations.get(byte);
      if (core) insns.push(...applyCoreRelocation(insn, core, this.#btf, this.#kernel.btf));
      else {
        const link = this.#link(code, insn, byte, relocation);
        if (link && 'kind' in link) links.set(insns.length, link);
        insns.push(...(link && 'instead' in link ? link.instead : [insn]));
      }
      byte += slotsOf(insn) * SLOT_SIZE;
    }
    return { name, isStatic: isLocal, insns, links, params: this.#params(name), stackBytes: stackOf(insns) };
  }

  /** What an instruction stands for, or what has to stand in its place. */
  #link(
    code: Code,
    insn: Insn,
    byte: number,
    relocation: ElfRelocation | undefined,
  ): ObjectLink | { readonly instead: readonly Insn[] } | undefined {
    const isCall = insn.opcode === OPCODE_CALL && insn.src === pseudoCalls.BPF_PSEUDO_CALL;
    if (!relocation) {
      return isCall ? this.#funcAt(code.number, byte + (insn.imm + 1) * SLOT_SIZE) : undefined;
    }
    const { symbol, type } = relocation;
    const isKnown = isCall ? type === R_BPF_64_32 : type === R_BPF_64_64 && insn.opcode === LD_IMM64;
    if (!isKnown) throw new ObjectError(`it has a relocation of type ${type}, which is unknown`);
    if (symbol.section === 0) return isCall ? this.#kfunc(insn, symbol) : this.#outside(insn, symbol);
    const base = symbol.type === 'section' ? 0 : symbol.value;
    if (isCall) return this.#funcAt(symbol.section, base + (insn.imm + 1) * SLOT_SIZE);
    return this.#addressOf(insn, symbol.section, base + insn.imm);
  }

  #funcAt(section: number, byte: number): ObjectLink {
    const funcs = this.#code.find(({ number }) => number === section)?.funcs;
    const found = funcs?.find(({ value }) => value === byte);
    if (!found) throw new ObjectError(`a call leads to byte ${byte} of its code, where no function begins`);
    return { kind: 'func', name: found.name };
  }

  #addressOf(insn: Insn, section: number, byte: number): ObjectLink | { readonly instead: readonly Insn[] } {
    const map = this.#maps.findIndex(
      (candidate) =>
        candidate.section === section && (candidate.at.kind === 'data' || candidate.at.offset === byte),
    );
    const found = this.#maps[map];
    if (found?.at.kind === 'data') return { kind: 'map-value', map, offset: byte };
    if (found) return { kind: 'map', map };
    const isCode = this.#code.some(({ number }) => number === section);
    const name = this.#elf.sections[section]?.name ?? '';
    if (!isCode) throw new ObjectError(`it uses data in the section ${name}, which cannot be linked`);
    if (insn.src !== pseudoLoads.BPF_PSEUDO_FUNC && insn.src !== 0)
      throw new ObjectError('it takes the address of a function in a way that is unknown');
    return this.#funcAt(section, byte);
  }

  #kfunc(insn: Insn, { name, isWeak }: { readonly name: string; readonly isWeak: boolean }) {
    if (isWeak && !this.#kernel.hasFunction(name)) return { instead: poison(insn) };
    return { kind: 'kfunc', name } as const;
  }

  /** A variable or function of the kernel, by its address. */
  #outside(insn: Insn, { name, isWeak }: { readonly name: string; readonly isWeak: boolean }) {
    const isOf = (section: string): boolean =>
      this.#btf.findAll(section, 'datasec').some((id) => {
        const type = this.#btf.type(id);
        return type.kind === 'datasec' && type.vars.some((row) => this.#btf.nameOf(row.type) === name);
      });
    const variable = this.#btf.findAll(name, 'var').map((id) => this.#btf.type(id))[0];
    if (variable?.kind === 'var' && isOf('.kconfig')) {
      const offset = this.#config.offsetOf(name, variable.type, isWeak);
      // Behind all others.
      return { kind: 'map-value', map: this.#maps.length, offset } as const;
    }
    if (!isOf('.ksyms')) throw new ObjectError(`it uses ${name}, which is not defined`);
    const isTyped = variable?.kind === 'var' && this.#btf.resolved(variable.type).kind !== 'void';
    if (isTyped && this.#kernel.btf?.find(name, 'var') !== undefined) return { kind: 'ksym', name } as const;
    const address = this.#kernel.address(name) ?? (isWeak ? 0n : undefined);
    if (address === undefined) throw new ObjectError(`it uses ${name}, which this kernel does not have`);
    return { instead: [{ ...insn, src: 0, imm: Number(BigInt.asIntN(32, address)), imm64: address }] };
  }

  #params(name: string): number {
    const id = this.#btf.find(name, 'func');
    const func = id === undefined ? undefined : this.#btf.type(id);
    const proto = func?.kind === 'func' ? this.#btf.type(func.type) : undefined;
    return proto?.kind === 'func_proto' ? proto.params.length : 0;
  }
}

/** Loads, stores and addresses below the frame pointer: how far down they go. */
function stackOf(insns: readonly Insn[]): number {
  const R10 = 10;
  let lowest = 0;
  let last: Insn | undefined;
  for (const insn of insns) {
    if (insn.dst === R10 || insn.src === R10) lowest = Math.min(lowest, insn.off);
    // r1 = r10; r1 += -16
    if (last?.src === R10 && last.opcode === 0xbf && insn.opcode === 0x07 && insn.dst === last.dst)
      lowest = Math.min(lowest, insn.imm);
    last = insn;
  }
  return Math.abs(lowest);
}
