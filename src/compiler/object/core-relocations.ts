/**
 * Places in the code of an object that hang on the kernel's types ("compile once, run everywhere"): the offset of a member, its size, whether it
 * is there, the value of an enumerator. Clang notes what was meant in terms of the object's own BTF,
 *
 *     task->signal->nr_threads        struct signal_struct, "0:7"        member 7 of element 0
 *
 * and here it is found by names in the kernel's BTF. What the kernel does not have makes the instruction one that no verifier lets pass: it may
 * stand behind a question whether it is there.
 *
 * Source: tools/lib/bpf/relo_core.c; uapi/linux/bpf.h, enum bpf_core_relo_kind.
 */
import { viewOf } from '../../base/index.ts';
import { type Insn, LD_IMM64 } from '../../bpf/index.ts';
import type { Btf, BtfId, BtfType } from '../../btf/index.ts';
import { essentialName } from './essential-name.ts';
import { ObjectError } from './object-error.ts';
import type { ElfParts } from './read-elf.ts';
import { typesMatch } from './types-match.ts';

const kinds = [
  'byte-offset',
  'byte-size',
  'exists',
  'signed',
  'left-shift',
  'right-shift',
  'local-type-id',
  'type-id',
  'type-exists',
  'type-size',
  'enumerator-exists',
  'enumerator-value',
  'type-matches',
] as const;
type Kind = (typeof kinds)[number];

export interface CoreRelocation {
  /** Byte in the section. */
  readonly offset: number;
  readonly type: BtfId;
  readonly access: string;
  readonly kind: Kind;
}

const RECORD_SIZE = 16;

/** By the name of the section. Source of the layout: tools/lib/bpf/libbpf_internal.h, struct btf_ext_header. */
export function readCoreRelocations({ sections }: ElfParts, btf: Btf): ReadonlyMap<string, CoreRelocation[]> {
  const found = new Map<string, CoreRelocation[]>();
  const bytes = sections.find(({ name }) => name === '.BTF.ext')?.bytes;
  if (!bytes || bytes.length < 32) return found;
  const view = viewOf(bytes);
  const headerSize = view.getUint32(4, true);
  if (headerSize < 32) return found;
  const start = headerSize + view.getUint32(24, true);
  const end = start + view.getUint32(28, true);
  const size = start < end ? view.getUint32(start, true) : RECORD_SIZE;
  for (let at = start + 4; at < end; ) {
    const section = btf.string(view.getUint32(at, true));
    const count = view.getUint32(at + 4, true);
    at += 8;
    const rows = found.get(section) ?? [];
    for (let index = 0; index < count; index++, at += size) {
      const kind = kinds[view.getUint32(at + 12, true)];
      if (kind === undefined)
        throw new ObjectError('it asks the types of the kernel in a way that is unknown');
      const access = btf.string(view.getUint32(at + 8, true));
      rows.push({ offset: view.getUint32(at, true), type: view.getUint32(at + 4, true), access, kind });
    }
    found.set(section, rows);
  }
  return found;
}

/** The instructions that stand in the place of one: as many slots. */
export function applyCoreRelocation(
  insn: Insn,
  relocation: CoreRelocation,
  own: Btf,
  kernel: Btf | undefined,
): readonly Insn[] {
  if (!kernel) throw new ObjectError('it depends on the types of the kernel, which has no BTF here');
  const answer = resolve(relocation, own, kernel);
  return (answer && patch(insn, answer)) ?? poison(insn);
}

/** `isResizable`: a read of the member may have the size that it has in the kernel. */
interface Answer {
  readonly value: bigint;
  readonly sizes?: { readonly own: number; readonly kernel: number; readonly isResizable: boolean };
}

function resolve(relocation: CoreRelocation, own: Btf, kernel: Btf): Answer | undefined {
  const { kind, type, access } = relocation;
  switch (kind) {
    case 'local-type-id':
      return { value: BigInt(type) };
    case 'type-matches':
      return {
        value: candidates(own, type, kernel).some((id) => typesMatch(own, type, kernel, id)) ? 1n : 0n,
      };
    case 'type-id':
      return { value: BigInt(candidates(own, type, kernel)[0] ?? 0) };
    case 'type-exists':
      return { value: candidates(own, type, kernel).length > 0 ? 1n : 0n };
    case 'type-size':
      return { value: BigInt(kernel.sizeOf(candidates(own, type, kernel)[0] ?? 0) ?? 0) };
    case 'enumerator-exists':
      return { value: enumerator(own, type, access, kernel) === undefined ? 0n : 1n };
    case 'enumerator-value': {
      const value = enumerator(own, type, access, kernel);
      return value === undefined ? undefined : { value };
    }
    default:
      return member(relocation, own, kernel);
  }
}

function candidates(own: Btf, id: BtfId, kernel: Btf): readonly BtfId[] {
  const kind = own.kindOf(id);
  const same = kind === 'enum' || kind === 'enum64' ? (['enum', 'enum64'] as const) : [kind];
  return kernel.findAll(essentialName(own.nameOf(id)), ...same);
}

function enumerator(own: Btf, id: BtfId, access: string, kernel: Btf): bigint | undefined {
  const type = own.resolved(id);
  if (type.kind !== 'enum' && type.kind !== 'enum64') return undefined;
  const wanted = essentialName(type.values[Number(access)]?.name ?? '');
  for (const candidate of candidates(own, id, kernel)) {
    const found = kernel.resolved(candidate);
    const values = found.kind === 'enum' || found.kind === 'enum64' ? found.values : [];
    const value = values.find(({ name }) => essentialName(name) === wanted)?.value;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A member, or an element of an array in one. `bitSize` is that of a bitfield. */
interface Place {
  readonly type: BtfId;
  readonly bitOffset: number;
  readonly bitSize: number | undefined;
}

/** How a place is reached from the type: elements by number, members by name (anonymous ones on the way need none). */
type Step =
  | { readonly kind: 'element'; readonly index: number }
  | { readonly kind: 'member'; readonly name: string };

function ownPlace(
  own: Btf,
  id: BtfId,
  access: string,
): { readonly place: Place; readonly steps: readonly Step[] } {
  const [first = 0, ...rest] = access.split(':').map(Number);
  const steps: Step[] = [{ kind: 'element', index: first }];
  let place = elementOf(own, id, first, { type: id, bitOffset: 0, bitSize: undefined });
  for (const index of rest) {
    const type = own.resolved(place.type);
    if (type.kind === 'struct' || type.kind === 'union') {
      const found = type.members[index];
      if (!found) throw new ObjectError(`a relocation names member ${index} of ${type.kind} ${type.name}`);
      if (found.name !== '') steps.push({ kind: 'member', name: found.name });
      place = memberOf(found, place);
    } else if (type.kind === 'array') {
      steps.push({ kind: 'element', index });
      place = elementOf(own, type.type, index, place);
    } else throw new ObjectError(`a relocation goes into a type of kind ${type.kind}`);
  }
  return { place, steps };
}

function kernelPlace(kernel: Btf, id: BtfId, steps: readonly Step[]): Place | undefined {
  let place: Place = { type: id, bitOffset: 0, bitSize: undefined };
  for (const [depth, step] of steps.entries()) {
    if (step.kind === 'member') {
      const found = kernel.findMember(place.type, step.name);
      if (!found) return undefined;
      place = memberOf(found, place);
      continue;
    }
    const array = depth === 0 ? undefined : kernel.resolved(place.type);
    if (depth > 0 && array?.kind !== 'array') return undefined;
    place = elementOf(kernel, array?.kind === 'array' ? array.type : id, step.index, place);
  }
  return place;
}

function elementOf(btf: Btf, type: BtfId, index: number, from: Place): Place {
  const bits = index * 8 * (btf.sizeOf(type) ?? 0);
  return { type, bitOffset: from.bitOffset + bits, bitSize: undefined };
}

function memberOf(
  found: { readonly type: BtfId; readonly bitOffset: number; readonly bitfieldSize: number },
  from: Place,
): Place {
  const bitSize = found.bitfieldSize > 0 ? found.bitfieldSize : undefined;
  return { type: found.type, bitOffset: from.bitOffset + found.bitOffset, bitSize };
}

function member({ kind, type, access }: CoreRelocation, own: Btf, kernel: Btf): Answer | undefined {
  const { place, steps } = ownPlace(own, type, access);
  for (const candidate of candidates(own, type, kernel)) {
    const found = kernelPlace(kernel, candidate, steps);
    if (!found || !areAlike(own.resolved(place.type), kernel.resolved(found.type))) continue;
    return kind === 'exists'
      ? { value: 1n }
      : { value: factOf(kind, kernel, found), ...sizes(own, place, kernel, found) };
  }
  return kind === 'exists' ? { value: 0n } : undefined;
}

/** Members with one name that are of different kinds are different members. */
function areAlike(own: BtfType, kernel: BtfType): boolean {
  const isNumber = ({ kind }: BtfType): boolean => kind === 'int' || kind === 'enum' || kind === 'enum64';
  const isComposite = ({ kind }: BtfType): boolean => kind === 'struct' || kind === 'union';
  return (
    own.kind === kernel.kind ||
    (isNumber(own) && isNumber(kernel)) ||
    (isComposite(own) && isComposite(kernel))
  );
}

function sizes(own: Btf, place: Place, kernel: Btf, found: Place): Pick<Answer, 'sizes'> {
  if (place.bitSize !== undefined || found.bitSize !== undefined) return {};
  const types = [own.resolved(place.type), kernel.resolved(found.type)];
  const isResizable =
    types.every(({ kind }) => kind === 'ptr') || types.every((each) => each.kind === 'int' && !each.signed);
  return {
    sizes: { own: own.sizeOf(place.type) ?? 0, kernel: kernel.sizeOf(found.type) ?? 0, isResizable },
  };
}

/** A bitfield is read as the smallest number of bytes around it that is a power of two and aligned to itself. */
function loadOf(
  btf: Btf,
  { type, bitOffset, bitSize }: Place,
): { readonly offset: number; readonly size: number } {
  let size = btf.sizeOf(type) ?? 0;
  if (bitSize === undefined) return { offset: bitOffset / 8, size };
  const offsetFor = (bytes: number): number => Math.floor(bitOffset / 8 / bytes) * bytes;
  while (bitOffset + bitSize - offsetFor(size) * 8 > size * 8) {
    if (size >= 8) throw new ObjectError('a bitfield of the kernel cannot be read at once');
    size *= 2;
  }
  return { offset: offsetFor(size), size };
}

function factOf(kind: Kind, btf: Btf, place: Place): bigint {
  const { offset, size } = loadOf(btf, place);
  const bits = place.bitSize ?? size * 8;
  const type = btf.resolved(place.type);
  switch (kind) {
    case 'byte-offset':
      return BigInt(offset);
    case 'byte-size':
      return BigInt(size);
    case 'signed':
      return (type.kind === 'int' || type.kind === 'enum' || type.kind === 'enum64') && type.signed ? 1n : 0n;
    case 'left-shift':
      return BigInt(64 - (place.bitOffset + bits - offset * 8));
    default:
      return BigInt(64 - bits);
  }
}

const BPF_LD = 0;
const BPF_LDX = 1;
const BPF_ST = 2;
const BPF_STX = 3;
const BPF_ALU = 4;
const BPF_ALU64 = 7;
/** Source: uapi/linux/bpf_common.h, BPF_SIZE. */
const sizeCodes: Readonly<Record<number, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };

/** undefined: a read or write of a member that has another size here. */
function patch(insn: Insn, { value, sizes: known }: Answer): readonly Insn[] | undefined {
  switch (insn.opcode & 7) {
    case BPF_ALU:
    case BPF_ALU64:
      return [{ ...insn, imm: Number(BigInt.asIntN(32, value)) }];
    case BPF_LD:
      return [{ ...insn, imm: Number(BigInt.asIntN(32, value)), imm64: BigInt.asUintN(64, value) }];
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX: {
      const moved = { ...insn, off: Number(value) };
      if (!known || known.own === known.kernel) return [moved];
      const code = sizeCodes[known.kernel];
      return known.isResizable && code !== undefined
        ? [{ ...moved, opcode: (insn.opcode & ~0x18) | code }]
        : undefined;
    }
    default:
      throw new ObjectError('a relocation stands at an instruction that has no number');
  }
}

/** The number of no helper, by which libbpf's users know this trouble in the verifier's log. */
const POISON = 195896080;

export function poison(insn: Insn): readonly Insn[] {
  const call = { opcode: 0x85, dst: 0, src: 0, off: 0, imm: POISON };
  return insn.opcode === LD_IMM64 ? [call, call] : [call];
}
