/** The types of a binary by number: what entries of types are called outside of this folder. */
import { isFlagSet, referenceOf, textOf } from './attributes.ts';
import * as dw from './constants.ts';
import type { InfoSection } from './debug-file.ts';
import { type Entry, entryAt } from './entry.ts';
import { entriesWithin } from './functions.ts';
import { readType } from './read-type.ts';
import { type DwarfType, type DwarfTypeId, VOID_TYPE } from './type.ts';
import type { Unit } from './unit.ts';
import type { Work } from './work.ts';

/** Typedefs and qualifiers followed before it is called a loop. */
const MAX_DEPTH = 64;
/** Ids of types are numbers of entries: this times the number of their section, plus their offset. */
const ID_STRIDE = 2 ** 40;

/** Numbers types, and reads each once. */
export class TypeStore {
  readonly #work: Work;
  readonly #infos: InfoSection[] = [];
  readonly #types = new Map<DwarfTypeId, DwarfType>();

  /** @param work counts the steps of whatever is read. */
  constructor(work: Work) {
    this.#work = work;
  }

  /** The id of the type that an entry is; that of void where there is no entry. */
  idOf(entry: Entry | undefined): DwarfTypeId {
    if (!entry) return VOID_TYPE;
    // What stands for a type that has a unit of its own.
    const { unit, offset } = referenceOf(entry, dw.DW_AT_signature) ?? entry;
    this.#infos[unit.info.number] = unit.info;
    return (unit.info.number * ID_STRIDE + offset) as DwarfTypeId; // the one place that numbers types
  }

  #entryOf(id: DwarfTypeId): Entry | undefined {
    const info = this.#infos[Math.floor(id / ID_STRIDE)];
    const offset = id % ID_STRIDE;
    const unit = info?.unitAt(offset);
    return unit && entryAt(unit, offset);
  }

  /** The type of an id. @throws DwarfError */
  type(id: DwarfTypeId): DwarfType {
    const known = this.#types.get(id);
    if (known) return known;
    this.#work.reset();
    const entry = this.#entryOf(id);
    const type: DwarfType = entry ? readType(entry, (inner) => this.idOf(inner)) : { kind: 'void' };
    this.#types.set(id, type);
    return type;
  }

  /** Follows typedefs and qualifiers to the type they stand for. @throws DwarfError */
  resolve(id: DwarfTypeId): DwarfTypeId {
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const type = this.type(current);
      if (type.kind !== 'typedef' && !isQualifier(type)) return current;
      current = type.to;
    }
    return VOID_TYPE;
  }

  /** Bytes of a value; undefined when that is not known (a struct that is only declared). @throws DwarfError */
  sizeOf(id: DwarfTypeId, depth = 0): number | undefined {
    const type = this.type(this.resolve(id));
    if (type.kind === 'array') {
      const element = depth < MAX_DEPTH ? this.sizeOf(type.of, depth + 1) : undefined;
      return element === undefined
        ? undefined
        : type.lengths.reduce((size, length) => size * length, element);
    }
    return 'size' in type && !('isDeclaration' in type && type.isDeclaration) ? type.size : undefined;
  }
}

/** Types that can be asked for by their names. */
export type NamedTypeKind = 'struct' | 'union' | 'enum' | 'typedef' | 'int';

const typeTags: Readonly<Record<NamedTypeKind, readonly number[]>> = {
  struct: [dw.DW_TAG_structure_type, dw.DW_TAG_class_type],
  union: [dw.DW_TAG_union_type],
  enum: [dw.DW_TAG_enumeration_type],
  typedef: [dw.DW_TAG_typedef],
  int: [dw.DW_TAG_base_type],
};

/** Entries that types are found below. */
const typeContainers: ReadonlySet<number> = new Set([dw.DW_TAG_namespace, dw.DW_TAG_module]);

/** The first definition of a type in a unit, in its namespaces as well. */
export function findType(unit: Unit, kind: NamedTypeKind, name: string): Entry | undefined {
  const tags = typeTags[kind];
  for (const entry of entriesWithin(unit, typeContainers)) {
    if (
      tags.includes(entry.abbreviation.tag) &&
      textOf(entry, dw.DW_AT_name) === name &&
      !isFlagSet(entry, dw.DW_AT_declaration)
    )
      return entry;
  }
  return undefined;
}

function isQualifier(type: DwarfType): type is Extract<DwarfType, { kind: 'const' }> {
  return (
    type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict' || type.kind === 'atomic'
  );
}
