/**
 * The C definitions of a script, laid out as C does on 64-bit Linux. A layout is made when something asks for it: definitions
 * may refer to each other and to the kernel's types in any order.
 *
 * Source: System V psABI, "Aggregates and Unions", "Bit-Fields".
 */
import { alignUp, unreachable } from '../../base/index.ts';
import {
  alignOf,
  bool,
  type EnumLayout,
  type IntSize,
  intType,
  none,
  pointerTo,
  type StructField,
  type StructLayout,
  type StructTable,
  sizeOf,
  type Type,
  uint8,
  voidType,
} from '../../types/index.ts';
import type { CDecl, CEnum, CMember, CStruct, CType, CTypedef } from '../cpreproc/index.ts';
import type { Enumerator } from './btf-types.ts';

/** Pointers to pointers, and arrays of arrays, followed in one type. */
const MAX_DEPTH = 64;
/** Structs in structs, and typedefs of typedefs, that are worked out at once; what lies deeper has no layout. */
const MAX_IN_PROGRESS = 500;

/** What the definitions ask of the types around them. */
export interface OuterTypes extends StructTable {
  /** A bare name that the script does not define. */
  outerNamed(name: string): Type | undefined;
}

function keyword(struct: CStruct): 'struct' | 'union' {
  return struct.kind === 'c-struct' ? 'struct' : 'union';
}

export class ScriptTypes {
  readonly #outer: OuterTypes;
  readonly #structs = new Map<string, CStruct>();
  readonly #enums = new Map<string, CEnum>();
  readonly #typedefs = new Map<string, CTypedef>();
  readonly #enumerators = new Map<string, Enumerator>();
  readonly #layouts = new Map<string, StructLayout | undefined>();
  readonly #inlineNames = new Map<CStruct, string>();
  /** Structs and typedefs that are being worked out: met again, they contain themselves. */
  readonly #inProgress = new Set<string>();

  constructor(declarations: readonly CDecl[], outer: OuterTypes) {
    this.#outer = outer;
    for (const declaration of declarations) this.#add(declaration);
  }

  #add(declaration: CDecl): void {
    switch (declaration.kind) {
      case 'c-struct':
      case 'c-union':
        if (declaration.tag !== undefined)
          this.#structs.set(`${keyword(declaration)} ${declaration.tag}`, declaration);
        for (const member of declaration.members) this.#addInline(member.type);
        break;
      case 'c-enum':
        this.#addEnum(declaration);
        break;
      case 'c-typedef':
        this.#typedefs.set(declaration.name, declaration);
        this.#addInline(declaration.type);
        break;
      default:
        unreachable(declaration);
    }
  }

  /** Enumerators of enums without a name count as well. */
  #addInline(type: CType): void {
    if (type.kind === 'c-pointer') this.#addInline(type.to);
    else if (type.kind === 'c-array') this.#addInline(type.element);
    else if (type.kind === 'c-inline') {
      if (type.definition.kind === 'c-enum') this.#addEnum(type.definition);
      else for (const member of type.definition.members) this.#addInline(member.type);
    }
  }

  #addEnum(definition: CEnum): void {
    const enumName = definition.tag ?? `(anonymous at ${definition.span.start})`;
    this.#enums.set(enumName, definition);
    const { signed } = enumShape(definition);
    for (const { name, value } of definition.enumerators)
      this.#enumerators.set(name, { enumName, value, signed });
  }

  enumerator(name: string): Enumerator | undefined {
    return this.#enumerators.get(name);
  }

  get enumeratorNames(): Iterable<string> {
    return this.#enumerators.keys();
  }

  get structNames(): readonly string[] {
    return [...this.#structs.keys()];
  }

  enum(name: string): EnumLayout | undefined {
    const definition = this.#enums.get(name);
    return definition && { name, ...enumShape(definition), values: definition.enumerators };
  }

  typedef(name: string): Type | undefined {
    const definition = this.#typedefs.get(name);
    const progress = `typedef ${name}`;
    if (!definition || !this.#mayEnter(progress)) return undefined;
    // `typedef struct { … } name;`: the struct goes by the typedef's name.
    if (definition.type.kind === 'c-inline' && definition.type.definition.kind !== 'c-enum') {
      this.#inlineNames.set(definition.type.definition, `${keyword(definition.type.definition)} ${name}`);
    }
    this.#inProgress.add(progress);
    const type = this.#typeOf(definition.type, 0);
    this.#inProgress.delete(progress);
    return type;
  }

  struct(name: string): StructLayout | undefined {
    if (!this.#layouts.has(name)) {
      const definition = this.#structs.get(name);
      if (!definition || !this.#mayEnter(name)) return undefined;
      this.#inProgress.add(name);
      this.#layouts.set(name, this.#layout(name, definition));
      this.#inProgress.delete(name);
    }
    return this.#layouts.get(name);
  }

  #mayEnter(name: string): boolean {
    return !this.#inProgress.has(name) && this.#inProgress.size < MAX_IN_PROGRESS;
  }

  #typeOf(type: CType, depth: number): Type {
    if (depth > MAX_DEPTH) return voidType;
    switch (type.kind) {
      case 'c-void':
      case 'c-function':
        return voidType;
      case 'c-bool':
        return bool;
      case 'c-int':
        return type.bytes === 16 ? bytesOf(16) : intType(type.bytes, type.isSigned);
      case 'c-float':
        return none;
      case 'c-name':
        return this.typedef(type.name) ?? this.#outer.outerNamed(type.name) ?? voidType;
      case 'c-tag':
        return type.tag === 'enum'
          ? this.#enumType(type.name)
          : { kind: 'struct', name: `${type.tag} ${type.name}` };
      case 'c-inline':
        return type.definition.kind === 'c-enum'
          ? anonymousEnum(type.definition)
          : this.#inline(type.definition);
      case 'c-pointer':
        return pointerTo(this.#typeOf(type.to, depth + 1), 'kernel');
      case 'c-array': {
        const length = type.count ?? 0;
        if (length > 0 && isChar(type.element)) return { kind: 'string', size: length };
        return { kind: 'array', of: this.#typeOf(type.element, depth + 1), length };
      }
      default:
        return unreachable(type);
    }
  }

  #enumType(name: string): Type {
    const layout = this.enum(name) ?? this.#outer.enum(name);
    return layout ? { kind: 'enum', name, size: layout.size, signed: layout.signed } : intType(4, false);
  }

  /** A struct without a name gets one that is no C name. */
  #inline(definition: CStruct): Type {
    let name = this.#inlineNames.get(definition);
    if (name === undefined) {
      name = `${keyword(definition)} (anonymous at ${definition.span.start})`;
      this.#inlineNames.set(definition, name);
    }
    if (!this.#structs.has(name)) this.#structs.set(name, definition);
    return { kind: 'struct', name };
  }

  /** Floating point has a place in memory, though no type of the language. */
  #bytesOf(member: CType, type: Type): number {
    if (member.kind === 'c-float') return member.bytes;
    if (member.kind === 'c-array' && type.kind === 'array') {
      return (member.count ?? 0) * this.#bytesOf(member.element, type.of);
    }
    return sizeOf(type, this.#outer);
  }

  #alignOf(member: CType, type: Type): number {
    if (member.kind === 'c-float') return member.bytes;
    if (member.kind === 'c-array' && type.kind === 'array') return this.#alignOf(member.element, type.of);
    return alignOf(type, this.#outer);
  }

  /** Whether a struct is one of the script's own. */
  defines(name: string): boolean {
    return this.#structs.has(name);
  }

  #layout(name: string, definition: CStruct): StructLayout {
    const isUnion = definition.kind === 'c-union';
    const fields: StructField[] = [];
    /** Where the next member can start, in bits. */
    let at = 0;
    let size = 0;
    let align = definition.alignment ?? 1;
    for (const member of definition.members) {
      const type = this.#typeOf(member.type, 0);
      const bytes = this.#bytesOf(member.type, type);
      const isPacked = definition.isPacked || member.isPacked;
      const natural = isPacked ? 1 : this.#alignOf(member.type, type);
      const memberAlign = Math.max(natural, member.alignment ?? 1);
      if (isUnion) at = 0;
      if (member.bits !== undefined) {
        at = bitfieldStart(at, member, bytes, isPacked);
        if (member.name !== undefined) fields.push(bitfield(member.name, type, at, member.bits));
        if (member.name !== undefined && member.bits > 0) align = Math.max(align, memberAlign);
        at += member.bits;
      } else {
        const offset = alignUp(Math.ceil(at / 8), memberAlign);
        fields.push({ name: member.name ?? '', type, offset });
        align = Math.max(align, memberAlign);
        at = (offset + bytes) * 8;
      }
      size = Math.max(size, Math.ceil(at / 8));
    }
    return { name, union: isUnion, size: alignUp(size, align), align, fields };
  }
}

/** A bit-field does not cross a boundary of its declared type; one of width 0 starts at the next. */
function bitfieldStart(at: number, member: CMember, bytes: number, isPacked: boolean): number {
  const unit = bytes * 8;
  const width = member.bits ?? 0;
  if (width === 0) return alignUp(at, Math.max(1, unit));
  if (isPacked || unit === 0) return at;
  return Math.floor(at / unit) === Math.floor((at + width - 1) / unit) ? at : alignUp(at, unit);
}

function bitfield(name: string, type: Type, at: number, width: number): StructField {
  return { name, type, offset: Math.floor(at / 8), bitfield: { shift: at % 8, width } };
}

function isChar(type: CType): boolean {
  return type.kind === 'c-int' && type.name === 'char';
}

function bytesOf(size: number): Type {
  return { kind: 'array', of: uint8, length: size };
}

/** An enum takes 4 bytes, or 8 when a value needs them; it is signed when a value is negative. */
function enumShape(definition: CEnum): { readonly size: IntSize; readonly signed: boolean } {
  const values = definition.enumerators.map((enumerator) => enumerator.value);
  const signed = values.some((value) => value < 0n);
  const fits = (bits: bigint): boolean =>
    values.every((value) =>
      signed ? value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n) : value >= 0n && value < 1n << bits,
    );
  if (definition.isPacked) {
    if (fits(8n)) return { size: 1, signed };
    if (fits(16n)) return { size: 2, signed };
  }
  return { size: fits(32n) ? 4 : 8, signed };
}

function anonymousEnum(definition: CEnum): Type {
  const { size, signed } = enumShape(definition);
  if (definition.tag !== undefined) return { kind: 'enum', name: definition.tag, size, signed };
  return intType(size, signed);
}
