/**
 * Where the parameters of a C function are when it begins: integers and pointers take the argument registers in order, then the stack;
 * floating point numbers have registers of their own, which probes do not see.
 *
 * Source: System V psABI x86-64, section 3.2.3; AAPCS64, section 6.8.
 */
import type { Dwarf, DwarfTypeId } from '../../dwarf/index.ts';
import type { ArchFacts } from '../../program/index.ts';
import type { ArgSource } from '../typed/index.ts';

/** A parameter's place, or why it has none that can be read. */
export type ParamSource = ArgSource | { readonly kind: 'unreadable'; readonly reason: string };

/** Registers for floating point numbers, on both architectures. */
const FLOAT_REGISTERS = 8;
/** Structs of two registers at most are passed in registers. */
const MAX_REGISTER_BYTES = 16;
/** Structs inside structs that are looked at. */
const MAX_DEPTH = 16;

/** What a parameter's bytes are made of; what is in memory goes to the stack whatever its size. */
type ParamClass = 'integer' | 'float' | 'mixed' | 'memory';

/** The sources of parameters of these types, in order. @throws DwarfError */
export function paramSources(
  dwarf: Dwarf,
  types: readonly DwarfTypeId[],
  arch: ArchFacts,
): readonly ParamSource[] {
  let integers = 0;
  let floats = 0;
  let stack = arch.stackArgsOffset;
  const onStack = (size: number, align: number): ParamSource => {
    const start = arch.stackArgsOffset + Math.ceil((stack - arch.stackArgsOffset) / align) * align;
    stack = start + Math.ceil(size / 8) * 8;
    return { kind: 'user-stack', offset: start };
  };
  const inFloatRegister: ParamSource = {
    kind: 'unreadable',
    reason: 'is passed in a floating point register, which probes do not see',
  };
  const inRegisters = (count: number): ParamSource => {
    const name = arch.args[integers] ?? '';
    const next = arch.args[integers + 1] ?? '';
    integers += count;
    // Both halves in one piece, where the registers lie in that order in ctx.
    const isOnePiece = count === 1 || arch.registers[next] === (arch.registers[name] ?? 0) + 8;
    return isOnePiece
      ? { kind: 'register', name }
      : { kind: 'unreadable', reason: `is passed in two registers: use reg("${name}") and reg("${next}")` };
  };
  const place = (id: DwarfTypeId): ParamSource => {
    const size = dwarf.sizeOf(id) ?? 8;
    const align = size >= 16 && alignOf(dwarf, id, 0) === 16 ? 16 : 8;
    const words = Math.max(1, Math.ceil(size / 8));
    const made = classOf(dwarf, id, size, arch);
    const needed = {
      memory: { integers: 0, floats: 0 },
      float: { integers: 0, floats: words },
      mixed: { integers: 1, floats: 1 },
      integer: { integers: words, floats: 0 },
    }[made];
    const fits = integers + needed.integers <= arch.args.length && floats + needed.floats <= FLOAT_REGISTERS;
    if (made === 'memory' && arch.largeStructs === 'reference') {
      const register = arch.args[integers++];
      const where = register === undefined ? 'on the stack' : `in ${register}`;
      return { kind: 'unreadable', reason: `is a struct whose address is passed ${where}` };
    }
    if (made === 'memory' || !fits) return onStack(size, align);
    if (made === 'integer') return inRegisters(words);
    integers += needed.integers;
    floats += needed.floats;
    return inFloatRegister;
  };
  return types.map(place);
}

function classOf(dwarf: Dwarf, id: DwarfTypeId, size: number, arch: ArchFacts): ParamClass {
  const type = dwarf.type(dwarf.resolve(id));
  if (type.kind === 'float') return size > 8 && arch.machine === 'x86_64' ? 'memory' : 'float';
  if (type.kind !== 'struct' && type.kind !== 'union') return 'integer';
  if (size > MAX_REGISTER_BYTES) return 'memory';
  const halves = [new Set<'integer' | 'float'>(), new Set<'integer' | 'float'>()];
  collect(dwarf, id, 0, halves, 0);
  const kinds = halves
    .slice(0, Math.max(1, Math.ceil(size / 8)))
    .map((half) => (half.has('integer') || half.size === 0 ? 'integer' : 'float'));
  const [first, second = first] = kinds;
  return first === second ? (first ?? 'integer') : 'mixed';
}

/** What lies in each eight bytes of a small struct. */
function collect(
  dwarf: Dwarf,
  id: DwarfTypeId,
  offset: number,
  halves: readonly Set<'integer' | 'float'>[],
  depth: number,
): void {
  const type = dwarf.type(dwarf.resolve(id));
  if (depth > MAX_DEPTH) return;
  if (type.kind === 'struct' || type.kind === 'union') {
    for (const member of type.members)
      collect(dwarf, member.type, offset + Math.floor(member.bitOffset / 8), halves, depth + 1);
    return;
  }
  const element = type.kind === 'array' ? dwarf.type(dwarf.resolve(type.of)) : type;
  const kind = element.kind === 'float' ? 'float' : 'integer';
  const last = offset + Math.max(1, dwarf.sizeOf(id) ?? 1) - 1;
  for (let half = Math.floor(offset / 8); half <= Math.min(1, Math.floor(last / 8)); half++)
    halves[half]?.add(kind);
}

/** 16 for what has a member of 16 bytes. */
function alignOf(dwarf: Dwarf, id: DwarfTypeId, depth: number): number {
  const type = dwarf.type(dwarf.resolve(id));
  if (depth > MAX_DEPTH) return 8;
  if (type.kind === 'array') return alignOf(dwarf, type.of, depth + 1);
  if (type.kind === 'struct' || type.kind === 'union')
    return Math.max(1, ...type.members.map((member) => alignOf(dwarf, member.type, depth + 1)));
  return 'size' in type ? type.size : 8;
}
