/** Functions of an object file that clang made of C (`import "x.bpf.c"`). Source: System V gABI, chapter 4; Documentation/bpf/llvm_reloc.rst. */
import { decodeCString, invariant } from '../../base/index.ts';
import { decodeInsns, type Insn, pseudoCalls, SLOT_SIZE, slotsOf } from '../../bpf/index.ts';
import { Btf } from '../../btf/index.ts';

/** A function in machine code, to be placed in a prog that calls it. */
export interface ObjectFunc {
  readonly name: string;
  readonly insns: readonly Insn[];
  /** By index in `insns`: what a call there calls. */
  readonly calls: ReadonlyMap<number, ObjectCall>;
  readonly params: number;
  /** Bytes of stack of its own. */
  readonly stackBytes: number;
}

export type ObjectCall = { readonly kind: 'func' | 'kfunc'; readonly name: string };

export interface CObject {
  readonly btf: Btf;
  readonly funcs: readonly ObjectFunc[];
}

/** The file has something that cannot be linked into a script; the message says what. */
export class ObjectError extends Error {
  override readonly name = 'ObjectError';
}

const EM_BPF = 247;
const SHT_SYMTAB = 2;
const SHT_REL = 9;
const STT_FUNC = 2;
const STT_SECTION = 3;
const R_BPF_64_32 = 10;
const OPCODE_CALL = 0x85;
const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;
const SECTION_HEADER_SIZE = 64;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly info: number;
  readonly bytes: Uint8Array;
}

interface Symbol {
  readonly name: string;
  readonly type: number;
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

/** @throws ObjectError when the file is none of BPF's, or uses maps or global data. */
export function readObject(file: Uint8Array): CObject {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isBpf = file.length > 64 && view.getUint32(0) === 0x7f454c46 && view.getUint16(18, true) === EM_BPF;
  if (!isBpf) throw new ObjectError('it is no object file for BPF');
  const sections = readSections(file, view);
  const btfSection = sections.find(({ name }) => name === '.BTF');
  if (!btfSection) throw new ObjectError('it has no BTF: compile it with -g');
  const btf = Btf.parse(btfSection.bytes);
  const text = sections.findIndex(({ name }) => name === '.text');
  const code = sections[text];
  if (!code) return { btf, funcs: [] };
  const symbols = readSymbols(sections);
  const inText = symbols.filter(({ type, section }) => type === STT_FUNC && section === text);
  const relocations = sections.find(({ type, info }) => type === SHT_REL && info === text);
  const calls = relocatedCalls(relocations?.bytes ?? new Uint8Array(), symbols);
  const funcAt = (byte: number): string => {
    const found = inText.find(({ value }) => value === byte);
    if (!found) throw new ObjectError(`a call leads to byte ${byte} of its code, where no function begins`);
    return found.name;
  };
  const funcs = inText.map(({ name, value, size }): ObjectFunc => {
    const insns = decodeInsns(code.bytes.slice(value, value + size));
    const found = new Map<number, ObjectCall>();
    let slot = 0;
    for (const [index, insn] of insns.entries()) {
      const byte = value + slot * SLOT_SIZE;
      const target = calls.get(byte);
      if (insn.opcode === OPCODE_CALL && insn.src === pseudoCalls.BPF_PSEUDO_CALL) {
        if (target?.kind === 'kfunc') found.set(index, target);
        else {
          const at =
            target?.kind === 'place'
              ? target.base + (insn.imm + 1) * SLOT_SIZE
              : byte + (insn.imm + 1) * SLOT_SIZE;
          found.set(index, { kind: 'func', name: funcAt(at) });
        }
      }
      slot += slotsOf(insn);
    }
    return { name, insns, calls: found, params: paramsOf(btf, name), stackBytes: stackOf(insns) };
  });
  return { btf, funcs };
}

function readSections(file: Uint8Array, view: DataView): readonly Section[] {
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const names = view.getUint16(62, true);
  const rows = Array.from({ length: count }, (_, index) => {
    const at = table + index * SECTION_HEADER_SIZE;
    const offset = Number(view.getBigUint64(at + 24, true));
    const size = Number(view.getBigUint64(at + 32, true));
    return {
      nameOffset: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      info: view.getUint32(at + 44, true),
      bytes: file.slice(offset, offset + size),
    };
  });
  const text = rows[names]?.bytes ?? new Uint8Array();
  return rows.map(({ nameOffset, ...row }) => ({ ...row, name: decodeCString(text.subarray(nameOffset)) }));
}

function readSymbols(sections: readonly Section[]): readonly Symbol[] {
  const table = sections.find(({ type }) => type === SHT_SYMTAB);
  const strings = sections.find(({ name }) => name === '.strtab');
  if (!table || !strings) return [];
  const view = new DataView(table.bytes.buffer);
  return Array.from({ length: table.bytes.length / SYMBOL_SIZE }, (_, index) => {
    const at = index * SYMBOL_SIZE;
    return {
      name: decodeCString(strings.bytes.subarray(view.getUint32(at, true))),
      type: view.getUint8(at + 4) & 0xf,
      section: view.getUint16(at + 6, true),
      value: Number(view.getBigUint64(at + 8, true)),
      size: Number(view.getBigUint64(at + 16, true)),
    };
  });
}

type Target =
  | { readonly kind: 'kfunc'; readonly name: string }
  | { readonly kind: 'place'; readonly base: number };

/** By byte of the code: where a call goes. Everything else that would have to be linked is refused. */
function relocatedCalls(bytes: Uint8Array, symbols: readonly Symbol[]): ReadonlyMap<number, Target> {
  const view = new DataView(bytes.buffer);
  const calls = new Map<number, Target>();
  for (let at = 0; at < bytes.length; at += RELOCATION_SIZE) {
    const info = view.getBigUint64(at + 8, true);
    const symbol = symbols[Number(info >> 32n)];
    invariant(symbol !== undefined, 'a relocation names a symbol of the file');
    if (Number(info & 0xffff_ffffn) !== R_BPF_64_32) {
      throw new ObjectError(
        `it uses ${symbol.name === '' ? 'global data' : symbol.name}: only functions can be imported, without maps and global data`,
      );
    }
    const isOutside = symbol.section === 0;
    const base = symbol.type === STT_SECTION ? 0 : symbol.value;
    calls.set(
      Number(view.getBigUint64(at, true)),
      isOutside ? { kind: 'kfunc', name: symbol.name } : { kind: 'place', base },
    );
  }
  return calls;
}

function paramsOf(btf: Btf, name: string): number {
  const id = btf.find(name, 'func');
  const func = id === undefined ? undefined : btf.type(id);
  const proto = func?.kind === 'func' ? btf.type(func.type) : undefined;
  return proto?.kind === 'func_proto' ? proto.params.length : 0;
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
