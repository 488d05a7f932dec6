/** Types from their entries. Source: DWARF 5, chapter 5. */
import { blockOf, integerOf, isFlagSet, numberOf, referenceOf, textOf } from './attributes.ts';
import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { childrenOf, type Entry } from './entry.ts';
import type { DwarfMember, DwarfType, DwarfTypeId } from './type.ts';

/** More members than any struct has. */
const MAX_MEMBERS = 100_000;

/** Decodes a type. `idOf` gives the ids of the types it is made of. */
export function readType(entry: Entry, idOf: (entry: Entry | undefined) => DwarfTypeId): DwarfType {
  const { tag } = entry.abbreviation;
  const name = textOf(entry, dw.DW_AT_name) ?? '';
  const size = numberOf(entry, dw.DW_AT_byte_size) ?? 0;
  const inner = (): DwarfTypeId => idOf(referenceOf(entry, dw.DW_AT_type));
  switch (tag) {
    case dw.DW_TAG_base_type:
      return readBase(name, size, numberOf(entry, dw.DW_AT_encoding) ?? 0);
    case dw.DW_TAG_pointer_type:
    case dw.DW_TAG_reference_type:
    case dw.DW_TAG_rvalue_reference_type:
      return { kind: 'pointer', to: inner(), size: size || entry.unit.addressSize };
    case dw.DW_TAG_structure_type:
    case dw.DW_TAG_class_type:
    case dw.DW_TAG_union_type:
      return readComposite(entry, name, size, idOf);
    case dw.DW_TAG_enumeration_type:
      return readEnum(entry, name, size);
    case dw.DW_TAG_array_type:
      return { kind: 'array', of: inner(), lengths: lengthsOf(entry) };
    case dw.DW_TAG_typedef:
      return { kind: 'typedef', name, to: inner() };
    case dw.DW_TAG_const_type:
      return { kind: 'const', to: inner() };
    case dw.DW_TAG_volatile_type:
      return { kind: 'volatile', to: inner() };
    case dw.DW_TAG_restrict_type:
      return { kind: 'restrict', to: inner() };
    case dw.DW_TAG_atomic_type:
      return { kind: 'atomic', to: inner() };
    case dw.DW_TAG_subroutine_type:
      return { kind: 'function' };
    default:
      return { kind: 'other', name, size };
  }
}

function readBase(name: string, size: number, encoding: number): DwarfType {
  switch (encoding) {
    case dw.DW_ATE_boolean:
      return { kind: 'bool', name, size };
    case dw.DW_ATE_signed:
      return { kind: 'int', name, size, signed: true, char: false };
    case dw.DW_ATE_unsigned:
    case dw.DW_ATE_UTF:
      return { kind: 'int', name, size, signed: false, char: false };
    case dw.DW_ATE_signed_char:
      return { kind: 'int', name, size, signed: true, char: name === 'char' };
    case dw.DW_ATE_unsigned_char:
      return { kind: 'int', name, size, signed: false, char: name === 'char' };
    case dw.DW_ATE_float:
    case dw.DW_ATE_complex_float:
    case dw.DW_ATE_decimal_float:
      return { kind: 'float', name, size };
    default:
      return { kind: 'other', name, size };
  }
}

function readComposite(
  entry: Entry,
  name: string,
  size: number,
  idOf: (entry: Entry | undefined) => DwarfTypeId,
): DwarfType {
  const members: DwarfMember[] = [];
  for (const child of childrenOf(entry)) {
    const { tag } = child.abbreviation;
    if (tag !== dw.DW_TAG_member && tag !== dw.DW_TAG_inheritance) continue;
    // Static members of C++ lie elsewhere.
    if (isFlagSet(child, dw.DW_AT_declaration) || isFlagSet(child, dw.DW_AT_external)) continue;
    const place = memberPlace(child);
    if (place === undefined) continue;
    if (members.length >= MAX_MEMBERS) break;
    members.push({
      name: tag === dw.DW_TAG_member ? (textOf(child, dw.DW_AT_name) ?? '') : '',
      type: idOf(referenceOf(child, dw.DW_AT_type)),
      ...place,
    });
  }
  const kind = entry.abbreviation.tag === dw.DW_TAG_union_type ? 'union' : 'struct';
  return { kind, name, size, isDeclaration: isFlagSet(entry, dw.DW_AT_declaration), members };
}

/** Undefined for a member whose place only the program knows (a virtual base class). */
function memberPlace(member: Entry): Pick<DwarfMember, 'bitOffset' | 'bitfieldSize'> | undefined {
  const bitfieldSize = numberOf(member, dw.DW_AT_bit_size) ?? 0;
  const dataBitOffset = numberOf(member, dw.DW_AT_data_bit_offset);
  if (dataBitOffset !== undefined) return { bitOffset: dataBitOffset, bitfieldSize };
  const bytes = memberOffset(member);
  if (bytes === undefined) return undefined;
  const bigEndianOffset = numberOf(member, dw.DW_AT_bit_offset);
  if (bigEndianOffset === undefined) return { bitOffset: bytes * 8, bitfieldSize };
  // Before DWARF 4: counted from the most significant bit of the storage unit.
  const type = referenceOf(member, dw.DW_AT_type);
  const storage = numberOf(member, dw.DW_AT_byte_size) ?? (type && numberOf(type, dw.DW_AT_byte_size)) ?? 4;
  return { bitOffset: bytes * 8 + storage * 8 - bigEndianOffset - bitfieldSize, bitfieldSize };
}

function memberOffset(member: Entry): number | undefined {
  const constant = numberOf(member, dw.DW_AT_data_member_location);
  if (constant !== undefined) return constant;
  const expression = blockOf(member, dw.DW_AT_data_member_location);
  if (expression === undefined) return 0; // a member of a union
  // Version 2 writes an expression that adds a constant.
  const cursor = new DwarfCursor(expression, 'the place of a member');
  return cursor.end > 0 && cursor.u8() === dw.DW_OP_plus_uconst ? cursor.uleb() : undefined;
}

function readEnum(entry: Entry, name: string, size: number): DwarfType {
  const values: { readonly name: string; readonly value: bigint }[] = [];
  for (const child of childrenOf(entry)) {
    if (child.abbreviation.tag !== dw.DW_TAG_enumerator) continue;
    values.push({
      name: textOf(child, dw.DW_AT_name) ?? '',
      value: integerOf(child, dw.DW_AT_const_value) ?? 0n,
    });
  }
  return { kind: 'enum', name, size, signed: values.some(({ value }) => value < 0n), values };
}

function lengthsOf(entry: Entry): readonly number[] {
  const lengths: number[] = [];
  for (const child of childrenOf(entry)) {
    if (child.abbreviation.tag !== dw.DW_TAG_subrange_type) continue;
    const count = numberOf(child, dw.DW_AT_count);
    const upper = integerOf(child, dw.DW_AT_upper_bound);
    // A flexible array has no bound; an empty one (of GNU C) has none or -1.
    const length = count ?? (upper === undefined ? 0 : Number(BigInt.asIntN(64, upper)) + 1);
    lengths.push(length > 0 && length < 2 ** 31 ? length : 0);
  }
  return lengths.length > 0 ? lengths : [0];
}
