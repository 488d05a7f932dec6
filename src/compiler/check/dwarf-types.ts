/**
 * The types of traced programs, from their debug information; converted when something asks for them, one level deep, as those of a
 * kernel are. Several programs, and the kernel, may each have their own `struct stat`: a name stands for one layout, so the second gets
 * another name.
 */
import type { Dwarf, DwarfMember, DwarfType, DwarfTypeId } from '../../dwarf/index.ts';
import { DwarfError, VOID_TYPE } from '../../dwarf/index.ts';
import {
  type AddressSpace,
  bool,
  type EnumLayout,
  intType,
  isIntSize,
  none,
  pointerTo,
  type StructField,
  type StructLayout,
  type StructTable,
  type Type,
  uint8,
  voidType,
} from '../../types/index.ts';

interface Origin {
  readonly dwarf: Dwarf;
  readonly id: DwarfTypeId;
}

/** Where names are looked up that no argument led to: the program and an address of the function that is probed. */
export interface DwarfScope {
  readonly dwarf: () => Dwarf | undefined;
  readonly near: number;
}

/** Probes on more programs than these search only the first ones' debug information for names. */
const MAX_SCOPES = 8;
/** Pointers to pointers, and arrays of arrays, followed in one type. */
const MAX_DEPTH = 32;

export class DwarfTypes {
  readonly #outer: StructTable;
  readonly #origins = new Map<string, Origin>();
  readonly #names = new Map<Dwarf, Map<DwarfTypeId, string>>();
  readonly #layouts = new Map<string, StructLayout | undefined>();
  readonly #scopes: DwarfScope[] = [];
  readonly #unknown = new Set<string>();

  /** @param outer types whose names are taken. */
  constructor(outer: StructTable) {
    this.#outer = outer;
  }

  /** The types of this program can be named. */
  addScope(scope: DwarfScope): void {
    if (this.#scopes.length < MAX_SCOPES) this.#scopes.push(scope);
  }

  /** The type of an id, behind typedefs and qualifiers; pointers lead to `space`. @throws DwarfError */
  ofId(dwarf: Dwarf, id: DwarfTypeId, space: AddressSpace, depth = 0): Type {
    if (depth > MAX_DEPTH) return voidType;
    const resolved = dwarf.resolve(id);
    const type = dwarf.type(resolved);
    switch (type.kind) {
      case 'int':
        return isIntSize(type.size) ? intType(type.size, type.signed) : opaque(type.size);
      case 'bool':
        return type.size === 1 ? bool : opaque(type.size);
      case 'enum':
        if (!isIntSize(type.size)) return opaque(type.size);
        if (type.name === '') return intType(type.size, type.signed);
        return {
          kind: 'enum',
          name: this.#nameOf(dwarf, resolved, type).slice('enum '.length),
          size: type.size,
          signed: type.signed,
        };
      case 'pointer':
        return pointerTo(this.ofId(dwarf, type.to, space, depth + 1), space);
      case 'array':
        return this.#array(dwarf, type.of, type.lengths, space, depth);
      case 'struct':
      case 'union':
        return { kind: 'struct', name: this.#nameOf(dwarf, resolved, type) };
      case 'float':
        return none;
      case 'other':
        return opaque(type.size);
      case 'void':
      case 'function':
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'atomic':
        return voidType; // resolve() has gone past the last five
    }
  }

  #array(
    dwarf: Dwarf,
    of: DwarfTypeId,
    lengths: readonly number[],
    space: AddressSpace,
    depth: number,
  ): Type {
    const element = dwarf.type(dwarf.resolve(of));
    let type = this.ofId(dwarf, of, space, depth + 1);
    for (const [index, length] of lengths.toReversed().entries()) {
      // Arrays of plain `char` are text.
      const isText = index === 0 && length > 0 && element.kind === 'int' && element.char;
      type = isText ? { kind: 'string', size: length } : { kind: 'array', of: type, length };
    }
    return type;
  }

  struct(name: string): StructLayout | undefined {
    if (!this.#layouts.has(name)) this.#layouts.set(name, this.#readStruct(name));
    return this.#layouts.get(name);
  }

  enum(name: string): EnumLayout | undefined {
    const origin = this.#find(`enum ${name}`);
    const type = origin?.dwarf.type(origin.id);
    if (type?.kind !== 'enum' || !isIntSize(type.size)) return undefined;
    return { name, size: type.size, signed: type.signed, values: type.values };
  }

  /** The type a bare name stands for: a typedef of one of the programs. */
  named(name: string, space: AddressSpace): Type | undefined {
    const origin = this.#find(`typedef ${name}`);
    return origin && this.ofId(origin.dwarf, origin.id, space);
  }

  /** A name that stands for this type alone; the plain one unless something else has it. */
  #nameOf(dwarf: Dwarf, id: DwarfTypeId, type: DwarfType): string {
    let names = this.#names.get(dwarf);
    if (!names) {
      names = new Map();
      this.#names.set(dwarf, names);
    }
    const known = names.get(id);
    if (known !== undefined) return known;
    const name = this.#freeName(dwarf, id, type);
    names.set(id, name);
    return name;
  }

  #freeName(dwarf: Dwarf, id: DwarfTypeId, type: DwarfType): string {
    const label = 'name' in type && type.name !== '' ? type.name : '(anonymous)';
    const kind = type.kind === 'enum' || type.kind === 'union' ? type.kind : 'struct';
    const plain = `${kind} ${label}`;
    for (let number = 1; ; number++) {
      const name = number === 1 ? plain : `${plain} (${number})`;
      const other = this.#origins.get(name);
      if (other ? this.#isSame(other, { dwarf, id }) : !this.#isTaken(name, dwarf, type)) {
        // A declaration is known by its name until a definition turns up.
        if (!other) this.#origins.set(name, { dwarf, id });
        return name;
      }
    }
  }

  #isTaken(name: string, dwarf: Dwarf, type: DwarfType): boolean {
    if (type.kind === 'enum') return this.#outer.enum(type.name) !== undefined;
    const outer = this.#outer.struct(name);
    if (!outer || (type.kind !== 'struct' && type.kind !== 'union')) return false;
    if (type.isDeclaration) return false;
    return !(
      outer.size === type.size &&
      outer.fields.length === type.members.length &&
      outer.fields.every((field, i) => {
        const member = type.members[i];
        return (
          member !== undefined &&
          field.name === member.name &&
          field.offset * 8 + (field.bitfield?.shift ?? 0) === member.bitOffset &&
          dwarf.sizeOf(member.type) !== undefined
        );
      })
    );
  }

  /** One type that several units have written down, or that is only declared in one of them. */
  #isSame(a: Origin, b: Origin): boolean {
    const [first, second] = [a.dwarf.type(a.id), b.dwarf.type(b.id)];
    if (first.kind === 'enum' && second.kind === 'enum') return first.values.length === second.values.length;
    if ((first.kind !== 'struct' && first.kind !== 'union') || first.kind !== second.kind) return false;
    if (first.name === '') return a.dwarf === b.dwarf && a.id === b.id;
    if (a.dwarf === b.dwarf && (first.isDeclaration || second.isDeclaration)) return true;
    return (
      first.size === second.size &&
      first.members.length === second.members.length &&
      first.members.every(
        ({ name, bitOffset }, i) =>
          name === second.members[i]?.name && bitOffset === second.members[i]?.bitOffset,
      )
    );
  }

  #readStruct(name: string): StructLayout | undefined {
    const origin = this.#find(name);
    if (!origin) return undefined;
    const { dwarf, id } = origin;
    const type = dwarf.type(id);
    if ((type.kind !== 'struct' && type.kind !== 'union') || type.isDeclaration) return undefined;
    return {
      name,
      union: type.kind === 'union',
      size: type.size,
      align: alignOf(dwarf, id, new Map()),
      fields: type.members.map((member) => this.#field(dwarf, member)),
    };
  }

  #field(dwarf: Dwarf, member: DwarfMember): StructField {
    return {
      name: member.name,
      type: this.ofId(dwarf, member.type, 'user'),
      offset: Math.floor(member.bitOffset / 8),
      ...(member.bitfieldSize > 0
        ? { bitfield: { shift: member.bitOffset % 8, width: member.bitfieldSize } }
        : {}),
    };
  }

  /** What a name of this table stands for; what only a cast names is looked for in the programs. */
  #find(name: string): Origin | undefined {
    const known = this.#origins.get(name);
    if (known && !isDeclared(known)) return known;
    const [kind, label] = name.split(' ');
    if (label === undefined || this.#unknown.has(name)) return undefined;
    if (kind !== 'struct' && kind !== 'union' && kind !== 'enum' && kind !== 'typedef') return undefined;
    const places = known ? [{ dwarf: () => known.dwarf, near: 0 }] : this.#scopes;
    for (const scope of places) {
      const dwarf = scope.dwarf();
      const id = dwarf && findNamed(dwarf, kind, label, scope.near);
      if (!dwarf || id === undefined) continue;
      const origin = { dwarf, id };
      this.#origins.set(name, origin);
      return origin;
    }
    this.#unknown.add(name);
    return undefined;
  }
}

/** Damaged debug information has no types to give. */
function findNamed(
  dwarf: Dwarf,
  kind: 'struct' | 'union' | 'enum' | 'typedef',
  name: string,
  near: number,
): DwarfTypeId | undefined {
  try {
    return dwarf.typeNamed(kind, name, near);
  } catch (error) {
    if (error instanceof DwarfError) return undefined;
    throw error;
  }
}

function isDeclared({ dwarf, id }: Origin): boolean {
  const type = dwarf.type(id);
  return (type.kind === 'struct' || type.kind === 'union') && type.isDeclaration;
}

/**
 * The largest alignment among the members; debug information gives one only where the source does.
 *
 * @param found of the types that were met on the way; one that is met inside itself, or deeper than any is, counts as 1
 */
function alignOf(dwarf: Dwarf, id: DwarfTypeId, found: Map<DwarfTypeId, number>, depth = 0): number {
  const resolved = dwarf.resolve(id);
  if (depth > MAX_DEPTH || resolved === VOID_TYPE) return 1;
  const known = found.get(resolved);
  if (known !== undefined) return known;
  found.set(resolved, 1);
  const type = dwarf.type(resolved);
  let align = 1;
  if (type.kind === 'array') align = alignOf(dwarf, type.of, found, depth + 1);
  else if (type.kind === 'struct' || type.kind === 'union') {
    for (const { type: member } of type.members)
      align = Math.max(align, alignOf(dwarf, member, found, depth + 1));
  } else if ('size' in type && isIntSize(type.size)) align = type.size;
  found.set(resolved, align);
  return align;
}

/** Something of a size that the language has no numbers for: bytes. */
function opaque(size: number): Type {
  return { kind: 'array', of: uint8, length: size };
}
