/**
 * The types of a kernel, from its BTF. A struct is converted when something asks for its layout, one level deep: its members name other
 * structs, which are converted in turn when they are needed.
 */
import { unreachable } from '../../base/index.ts';
import type { Btf, BtfComposite, BtfId, BtfMember, BtfType } from '../../btf/index.ts';
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
  type Type,
  uint8,
  voidType,
} from '../../types/index.ts';

/** An enumerator and its enum. */
export interface Enumerator {
  readonly enumName: string;
  readonly value: bigint;
  readonly signed: boolean;
}

/** A function of the kernel as its BTF has it. */
export interface KernelFunctionType {
  readonly params: readonly { readonly name: string; readonly type: Type }[];
  readonly result: Type;
  /** Progs may call it; undefined: this BTF does not say of any function. */
  readonly isKfunc: boolean | undefined;
  /** Known in its own file only. */
  readonly isStatic: boolean;
}

interface Origin {
  readonly btf: Btf;
  readonly id: BtfId;
}

/** Pointers to pointers, and arrays of arrays, followed in one type. */
const MAX_DEPTH = 32;
/** Starts the names of enums that have none in C; what follows says where they are. */
const ANONYMOUS = '(anonymous) ';

/** Plain `char`, whose arrays are text; `signed char` and `unsigned char` are numbers. */
function isChar(type: BtfType): boolean {
  return type.kind === 'int' && type.size === 1 && (type.char || type.name === 'char');
}

export class BtfTypes {
  readonly #open: () => readonly Btf[];
  #opened: readonly Btf[] | undefined;
  readonly #origins = new Map<string, Origin>();
  readonly #structs = new Map<string, StructLayout | undefined>();
  readonly #enums = new Map<string, EnumLayout | undefined>();
  #enumerators: Map<string, Enumerator> | undefined;
  #kfuncs: ReadonlySet<string> | undefined;

  /** @param open gives the kernel's BTF first, then those of modules; called at the first question. */
  constructor(open: () => readonly Btf[]) {
    this.#open = open;
  }

  get isEmpty(): boolean {
    return this.#sources.length === 0;
  }

  get #sources(): readonly Btf[] {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** The type of an id, behind typedefs and modifiers; pointers lead to `space`. */
  ofId(btf: Btf, id: BtfId, space: AddressSpace, depth = 0): Type {
    if (depth > MAX_DEPTH) return voidType; // it leads to itself
    const resolved = btf.resolve(id);
    const type = btf.type(resolved);
    switch (type.kind) {
      case 'void':
      case 'func_proto':
      case 'func':
        return voidType;
      case 'int':
        if (type.bool) return bool;
        return isIntSize(type.size) ? intType(type.size, type.signed) : opaque(type.size);
      case 'float':
        return none;
      case 'enum':
      case 'enum64':
        if (!isIntSize(type.size)) return opaque(type.size);
        if (type.name === '') return intType(type.size, type.signed);
        return { kind: 'enum', name: type.name, size: type.size, signed: type.signed };
      case 'ptr':
        return pointerTo(this.ofId(btf, type.type, space, depth + 1), space);
      case 'array': {
        if (type.length > 0 && isChar(btf.resolved(type.type))) return { kind: 'string', size: type.length };
        return { kind: 'array', of: this.ofId(btf, type.type, space, depth + 1), length: type.length };
      }
      case 'struct':
      case 'union':
        return { kind: 'struct', name: this.#nameOf(btf, resolved, type) };
      case 'fwd':
        return { kind: 'struct', name: `${type.of} ${type.name}` };
      case 'var':
        return this.ofId(btf, type.type, space, depth + 1);
      case 'datasec':
      case 'decl_tag':
        return voidType;
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        return voidType; // resolve() has gone past these
      default:
        return unreachable(type);
    }
  }

  /** The type a bare C name stands for: a typedef or a base type. */
  named(name: string, space: AddressSpace): Type | undefined {
    for (const btf of this.#sources) {
      const id = btf.find(name, 'typedef', 'int');
      if (id !== undefined) return this.ofId(btf, id, space);
    }
    return undefined;
  }

  /** The type of a variable of the kernel. */
  variable(name: string): Type | undefined {
    for (const btf of this.#sources) {
      const id = btf.find(name, 'var');
      if (id !== undefined) return this.ofId(btf, id, 'kernel');
    }
    return undefined;
  }

  /** The type of a function of the kernel. */
  func(name: string): KernelFunctionType | undefined {
    for (const btf of this.#sources) {
      const id = btf.find(name, 'func');
      const func = id === undefined ? undefined : btf.type(id);
      const proto = func?.kind === 'func' ? btf.type(func.type) : undefined;
      if (id === undefined || proto?.kind !== 'func_proto') continue;
      this.#kfuncs ??= findKfuncs(this.#sources);
      return {
        params: proto.params.map((param) => ({
          name: param.name,
          type: this.ofId(btf, param.type, 'kernel'),
        })),
        result: this.ofId(btf, proto.returns, 'kernel'),
        isStatic: func?.kind === 'func' && func.linkage === 'static',
        isKfunc: this.#kfuncs.size === 0 ? undefined : this.#kfuncs.has(name),
      };
    }
    return undefined;
  }

  struct(name: string): StructLayout | undefined {
    if (!this.#structs.has(name)) this.#structs.set(name, this.#readStruct(name));
    return this.#structs.get(name);
  }

  enum(name: string): EnumLayout | undefined {
    if (!this.#enums.has(name)) this.#enums.set(name, this.#readEnum(name));
    return this.#enums.get(name);
  }

  enumerator(name: string): Enumerator | undefined {
    this.#enumerators ??= this.#readEnumerators();
    return this.#enumerators.get(name);
  }

  enumeratorNames(): Iterable<string> {
    this.#enumerators ??= this.#readEnumerators();
    return this.#enumerators.keys();
  }

  /** The names of all structs and unions, for suggestions. */
  *structNames(): Generator<string> {
    for (const btf of this.#sources) {
      for (const kind of ['struct', 'union'] as const) {
        for (const id of btf.idsOfKind(kind)) {
          const name = btf.nameOf(id);
          if (name !== '') yield `${kind} ${name}`;
        }
      }
    }
  }

  /** Named structs go by their name; others get one that says where they are. */
  #nameOf(btf: Btf, id: BtfId, type: BtfComposite): string {
    const owner = btf.base && id < btf.firstId ? btf.base : btf;
    const label = type.name !== '' ? type.name : `(anonymous ${this.#sources.indexOf(owner)}.${id})`;
    const name = `${type.kind} ${label}`;
    if (!this.#origins.has(name)) this.#origins.set(name, { btf: owner, id });
    return name;
  }

  #originOf(name: string): Origin | undefined {
    const known = this.#origins.get(name);
    if (known) return known;
    const [kind, label] = name.split(' ');
    if ((kind !== 'struct' && kind !== 'union') || label === undefined) return undefined;
    for (const btf of this.#sources) {
      const id = btf.find(label, kind);
      if (id !== undefined) {
        const origin = { btf, id };
        this.#origins.set(name, origin);
        return origin;
      }
    }
    return undefined;
  }

  #readStruct(name: string): StructLayout | undefined {
    const origin = this.#originOf(name);
    if (!origin) return undefined;
    const { btf, id } = origin;
    const type = btf.type(id);
    if (type.kind !== 'struct' && type.kind !== 'union') return undefined;
    return {
      name,
      union: type.kind === 'union',
      size: type.size,
      align: btf.alignOf(id),
      fields: type.members.map((member) => this.#field(btf, member)),
    };
  }

  #field(btf: Btf, member: BtfMember): StructField {
    const tag = btf.pointerTags(member.type)[0];
    return {
      name: member.name,
      type: this.ofId(btf, member.type, 'kernel'),
      offset: Math.floor(member.bitOffset / 8),
      ...(member.bitfieldSize > 0
        ? { bitfield: { shift: member.bitOffset % 8, width: member.bitfieldSize } }
        : {}),
      ...(tag === undefined ? {} : { tag }),
    };
  }

  #readEnum(name: string): EnumLayout | undefined {
    const place = name.startsWith(ANONYMOUS) ? name.slice(ANONYMOUS.length).split('.').map(Number) : [];
    for (const [index, btf] of this.#sources.entries()) {
      const id = place[0] === index ? place[1] : btf.find(name, 'enum', 'enum64');
      const type = id === undefined ? undefined : btf.type(id);
      if ((type?.kind === 'enum' || type?.kind === 'enum64') && isIntSize(type.size)) {
        return { name, size: type.size, signed: type.signed, values: type.values };
      }
    }
    return undefined;
  }

  /** One pass over all enums; the first of several enumerators with one name counts. */
  #readEnumerators(): Map<string, Enumerator> {
    const found = new Map<string, Enumerator>();
    for (const btf of this.#sources) {
      for (const kind of ['enum', 'enum64'] as const) {
        for (const id of btf.idsOfKind(kind)) {
          const type = btf.type(id);
          if (type.kind !== 'enum' && type.kind !== 'enum64') continue;
          const enumName = type.name === '' ? `${ANONYMOUS}${this.#sources.indexOf(btf)}.${id}` : type.name;
          for (const { name, value } of type.values) {
            if (!found.has(name)) found.set(name, { enumName, value, signed: type.signed });
          }
        }
      }
    }
    return found;
  }
}

/** The functions tagged as kfuncs, which BTF has since Linux 6.10. */
function findKfuncs(sources: readonly Btf[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const btf of sources) {
    for (const id of btf.idsOfKind('decl_tag')) {
      const tag = btf.type(id);
      if (tag.kind === 'decl_tag' && tag.name === 'bpf_kfunc') names.add(btf.nameOf(tag.type));
    }
  }
  return names;
}

/** Something of a size that the language has no numbers for (128 bits): bytes. */
function opaque(size: number): Type {
  return { kind: 'array', of: uint8, length: size };
}
