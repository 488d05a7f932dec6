import { viewOf } from '../base/index.ts';
import { decodeType } from './decode.ts';
import { BtfError } from './error.ts';
import {
  BTF_HEADER_SIZE,
  BTF_MAGIC,
  BTF_VERSION,
  type BtfKind,
  btfKinds,
  kindsByNumber,
  linkages,
} from './kind.ts';
import { NameChains } from './name-chains.ts';
import { BtfStrings } from './strings.ts';
import type { BtfComposite, BtfId, BtfMember, BtfType, BtfTypeOf } from './type.ts';
import { indexIn, indexTypes } from './type-index.ts';

/** Modifiers, typedefs and nested arrays followed before we call it a loop. Source: kernel/bpf/btf.c, MAX_RESOLVE_DEPTH is 32. */
const MAX_DEPTH = 64;

/** Members looked at in one search through anonymous structs, against BTF made to explode. */
const MAX_SEARCH = 20_000;

/** Searches among the types for a name before chains of equal names are built, which cost about as much. */
const NAME_SCANS_BEFORE_CHAINS = 24;

/** A pointer's size: Tetrace knows 64-bit machines only. */
const POINTER_SIZE = 8;

/** Where a member was found: its type and its place in the struct that was asked. */
export interface FoundMember extends BtfMember {
  /** The struct that declares it: the one asked, or an anonymous one inside. */
  readonly owner: BtfId;
}

/**
 * BTF, read lazily: making one checks the header only, ids are indexed on first use, types are decoded when asked for.
 *
 *     ┌────────┬───────────────────────────────┬─────────┐
 *     │ header │ types: u32 name, u32 info,    │ strings │     info: kind_flag 31, kind 28..24, vlen 15..0
 *     │        │ u32 size or type, then extras │         │
 *     └────────┴───────────────────────────────┴─────────┘
 *
 * A module's BTF is split: its ids and string offsets continue those of its base (vmlinux). Look-ups by name search the own types first,
 * then the base. The bytes are kept, not copied; they must not change. Every defect of the bytes is a BtfError, whatever they hold.
 *
 * Source: Documentation/bpf/btf.rst.
 */
export class Btf {
  readonly base: Btf | undefined;
  /** Id of the first type that is not the base's. */
  readonly firstId: BtfId;
  readonly #words: Uint32Array;
  readonly #strings: BtfStrings;
  readonly #decoded = new Map<BtfId, BtfType>();
  readonly #alignments = new Map<BtfId, number>();
  #nesting = 0;
  #index: Uint32Array | undefined;
  readonly #named = new Map<string, BtfId[]>();
  #chains: NameChains | undefined;
  #nameScans = 0;

  private constructor(words: Uint32Array, strings: BtfStrings, base: Btf | undefined) {
    this.#words = words;
    this.#strings = strings;
    this.base = base;
    this.firstId = base === undefined ? 1 : base.typeCount;
  }

  /**
   * @param base the BTF that this one is split from.
   * @throws BtfError when the header is not that of little-endian BTF, or its sections lie outside the bytes.
   */
  static parse(bytes: Uint8Array, base?: Btf): Btf {
    const view = viewOf(bytes);
    if (bytes.length < BTF_HEADER_SIZE) throw new BtfError(`${bytes.length} bytes are too few for BTF`);
    const magic = view.getUint16(0, true);
    if (magic === 0x9feb) throw new BtfError('this BTF is big-endian; only little-endian BTF is supported');
    if (magic !== BTF_MAGIC) throw new BtfError(`no BTF: it begins with 0x${magic.toString(16)}, not 0xeb9f`);
    const version = view.getUint8(2);
    if (version !== BTF_VERSION) throw new BtfError(`BTF version ${version} is unknown (1 is known)`);
    const headerSize = view.getUint32(4, true);
    const types = sectionOf(bytes, headerSize, view.getUint32(8, true), view.getUint32(12, true), 'type');
    const strings = sectionOf(
      bytes,
      headerSize,
      view.getUint32(16, true),
      view.getUint32(20, true),
      'string',
    );
    if (types.length % 4 !== 0)
      throw new BtfError(`the BTF type section has ${types.length} bytes, not a multiple of 4`);
    if (strings.length === 0 && base === undefined) throw new BtfError('the BTF string section is empty');
    // Records are rows of 32-bit words, so word access needs alignment of the section in memory.
    const aligned = types.byteOffset % 4 === 0 ? types : types.slice();
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
    return new Btf(words, new BtfStrings(strings, base !== undefined), base);
  }

  /** One more than the greatest id, base and void included. */
  get typeCount(): number {
    return this.firstId + this.#offsets().length;
  }

  /** The type with this id. @throws BtfError when there is none, or its bytes are broken. */
  type(id: BtfId): BtfType {
    if (id === 0) return { kind: 'void' };
    if (id < this.firstId && this.base !== undefined) return this.base.type(id);
    const known = this.#decoded.get(id);
    if (known !== undefined) return known;
    const word = this.#wordOf(id);
    const decoded = decodeType(this, this.#words, word, this.#kindAt(word));
    this.#decoded.set(id, decoded);
    return decoded;
  }

  /** The kind of a type, without decoding the rest. */
  kindOf(id: BtfId): BtfKind {
    if (id === 0) return 'void';
    if (id < this.firstId && this.base !== undefined) return this.base.kindOf(id);
    return this.#kindAt(this.#wordOf(id));
  }

  /** The name of a type ('' when it has none), without decoding the rest. */
  nameOf(id: BtfId): string {
    if (id === 0) return '';
    if (id < this.firstId && this.base !== undefined) return this.base.nameOf(id);
    return this.string(this.#words[this.#wordOf(id)]!);
  }

  /** The string at an offset, in this BTF's strings or the base's. */
  string(offset: number): string {
    const baseLength = this.base?.stringLength ?? 0;
    return offset < baseLength ? this.base!.string(offset) : this.#strings.text(offset - baseLength);
  }

  /** Bytes of strings, base included. */
  get stringLength(): number {
    return (this.base?.stringLength ?? 0) + this.#strings.length;
  }

  /**
   * The id of the type with this name and one of these kinds; its own types come before the base's.
   *
   * @param kinds `struct` for `struct name`, `typedef`, `func` and so on; several are tried together, the lowest id wins.
   */
  find(name: string, ...kinds: readonly BtfKind[]): BtfId | undefined {
    return this.findAll(name, ...kinds)[0];
  }

  /** All ids with this name (and one of these kinds, if given): own ones first, ascending. */
  findAll(name: string, ...kinds: readonly BtfKind[]): BtfId[] {
    if (name === '') return [];
    const own = this.#ownNamed(name);
    const found = kinds.length === 0 ? [...own] : own.filter((id) => kinds.includes(this.kindOf(id)));
    return this.base === undefined ? found : [...found, ...this.base.findAll(name, ...kinds)];
  }

  /**
   * Whether there is a function of this name, own or the base's. Answered without the index of ids, which takes longer to make than all else
   * that many scripts want of BTF. The second word of a function's record says so: as the type of a member or parameter it would be an id beyond
   * 200 million. (An enumerator of that value could stand in for a function, if it had the same name.)
   */
  hasFunction(name: string): boolean {
    if (name === '') return false;
    const words = this.#words;
    for (const offset of this.#stringOffsets(name)) {
      for (let at = words.indexOf(offset); at >= 0; at = words.indexOf(offset, at + 1)) {
        const info = words[at + 1]!;
        if (info >>> 16 === btfKinds.func.number << 8 && (info & 0xffff) < linkages.length) return true;
      }
    }
    return this.base?.hasFunction(name) === true;
  }

  /** The ids of this BTF's own types of a kind, ascending. The base's are not among them. */
  *idsOfKind(kind: BtfKind): Generator<BtfId> {
    const words = this.#words;
    const offsets = this.#offsets();
    const wanted = btfKinds[kind].number;
    for (let index = 0; index < offsets.length; index++) {
      if (((words[offsets[index]! + 1]! >>> 24) & 0x1f) === wanted) yield this.firstId + index;
    }
  }

  /** Follows typedefs, `const`, `volatile`, `restrict` and type tags to the type they stand for. */
  resolve(id: BtfId): BtfId {
    return this.#follow(id, true);
  }

  /** As `resolve`, but stops at a typedef: `const u32` gives `u32`. */
  skipModifiers(id: BtfId): BtfId {
    return this.#follow(id, false);
  }

  /** Looks at kinds only: decoding a struct here could ask for the type of one of its members again. */
  #follow(id: BtfId, throughTypedefs: boolean): BtfId {
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      switch (this.kindOf(current)) {
        case 'typedef':
          if (!throughTypedefs) return current;
          break;
        case 'const':
        case 'volatile':
        case 'restrict':
        case 'type_tag':
          break;
        default:
          return current;
      }
      current = this.#targetOf(current);
    }
    throw new BtfError(`type ${id} is a chain of more than ${MAX_DEPTH} typedefs and modifiers`);
  }

  /** The type that a modifier, typedef or pointer refers to. */
  #targetOf(id: BtfId): BtfId {
    if (id < this.firstId && this.base !== undefined) return this.base.#targetOf(id);
    return this.#words[this.#wordOf(id) + 2]!;
  }

  /** `type(resolve(id))`. */
  resolved(id: BtfId): BtfType {
    return this.type(this.resolve(id));
  }

  /** Size in bytes; undefined for what has none (void, functions, forward declarations). */
  sizeOf(id: BtfId): number | undefined {
    let factor = 1;
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const type = this.resolved(current);
      switch (type.kind) {
        case 'int':
        case 'float':
        case 'struct':
        case 'union':
        case 'enum':
        case 'enum64':
        case 'datasec':
          return factor * type.size;
        case 'ptr':
          return factor * POINTER_SIZE;
        case 'var':
          current = type.type;
          break;
        case 'array':
          factor *= type.length;
          current = type.type;
          break;
        default:
          return undefined;
      }
    }
    throw new BtfError(`type ${id} nests arrays deeper than ${MAX_DEPTH}`);
  }

  /** Alignment in bytes, as C gives it; BTF does not record it, so packed structs are recognised by their offsets. */
  alignOf(id: BtfId): number {
    const resolved = this.resolve(id);
    const type = this.type(resolved);
    switch (type.kind) {
      case 'int':
      case 'float':
      case 'enum':
      case 'enum64':
        return Math.min(Math.max(type.size, 1), 16);
      case 'ptr':
        return POINTER_SIZE;
      case 'array':
        return this.#once(resolved, () => this.alignOf(type.type));
      case 'struct':
      case 'union':
        return this.#once(resolved, () => this.#compositeAlign(type));
      default:
        return 1;
    }
  }

  #compositeAlign(type: BtfComposite): number {
    let align = 1;
    for (const member of type.members) {
      const wanted = member.bitfieldSize > 0 ? 1 : this.alignOf(member.type);
      if (wanted > align && type.size % wanted === 0 && (member.bitOffset / 8) % wanted === 0) align = wanted;
    }
    return align;
  }

  /** Remembers alignments; a type met again while it is being measured contains itself. */
  #once(id: BtfId, measure: () => number): number {
    const known = this.#alignments.get(id);
    if (known === 0) throw new BtfError(`type ${id} contains itself`);
    if (known !== undefined) return known;
    this.#alignments.set(id, 0);
    this.#nesting++;
    try {
      if (this.#nesting > MAX_DEPTH) throw new BtfError(`type ${id} nests deeper than ${MAX_DEPTH}`);
      const align = measure();
      this.#alignments.set(id, align);
      return align;
    } finally {
      this.#nesting--;
      if (this.#alignments.get(id) === 0) this.#alignments.delete(id);
    }
  }

  /** The struct or union behind typedefs and modifiers; a forward declaration is looked up by its name. */
  composite(id: BtfId): BtfComposite | undefined {
    const found = this.compositeId(id);
    const type = found === undefined ? undefined : this.type(found);
    return type?.kind === 'struct' || type?.kind === 'union' ? type : undefined;
  }

  /** As `composite`, but the id. */
  compositeId(id: BtfId): BtfId | undefined {
    const resolved = this.resolve(id);
    const type = this.type(resolved);
    if (type.kind === 'struct' || type.kind === 'union') return resolved;
    if (type.kind === 'fwd') return this.find(type.name, type.of);
    return undefined;
  }

  /** Looks a member up by name, through anonymous structs and unions; its bitOffset counts from the start of the struct asked. */
  findMember(id: BtfId, name: string): FoundMember | undefined {
    for (const member of this.flatMembers(id)) if (member.name === name) return member;
    return undefined;
  }

  /** All named members of a struct or union, those of its anonymous members included, in the order of declaration. */
  *flatMembers(id: BtfId): Generator<FoundMember> {
    const top = this.compositeId(id);
    if (top === undefined) return;
    const budget = { left: MAX_SEARCH };
    yield* this.#flatMembers(top, 0, 0, budget);
  }

  *#flatMembers(
    id: BtfId,
    bitOffset: number,
    depth: number,
    budget: { left: number },
  ): Generator<FoundMember> {
    if (depth > MAX_DEPTH) throw new BtfError(`type ${id} nests anonymous members deeper than ${MAX_DEPTH}`);
    const type = this.type(id);
    if (type.kind !== 'struct' && type.kind !== 'union') return;
    for (const member of type.members) {
      if (--budget.left < 0) throw new BtfError(`type ${id} has more than ${MAX_SEARCH} members`);
      const inner = member.name === '' ? this.compositeId(member.type) : undefined;
      if (inner !== undefined) {
        yield* this.#flatMembers(inner, bitOffset + member.bitOffset, depth + 1, budget);
      } else if (member.name !== '') {
        yield { ...member, bitOffset: bitOffset + member.bitOffset, owner: id };
      }
    }
  }

  /** The prototype of a func, or of a pointer to or typedef of a prototype. */
  prototypeOf(id: BtfId): BtfTypeOf<'func_proto'> | undefined {
    let current = this.resolve(id);
    for (let depth = 0; depth < 4; depth++) {
      const type = this.type(current);
      if (type.kind === 'func_proto') return type;
      if (type.kind !== 'func' && type.kind !== 'ptr') return undefined;
      current = this.resolve(type.type);
    }
    return undefined;
  }

  /** The tags between a pointer (behind typedefs and modifiers) and what it points to: `user`, `rcu`, `percpu`. */
  pointerTags(id: BtfId): string[] {
    const type = this.resolved(id);
    if (type.kind !== 'ptr') return [];
    const tags: string[] = [];
    let current = type.type;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const next = this.type(current);
      if (next.kind === 'type_tag') tags.push(next.name);
      else if (next.kind !== 'const' && next.kind !== 'volatile' && next.kind !== 'restrict') return tags;
      current = next.type;
    }
    throw new BtfError(`type ${id} is a chain of more than ${MAX_DEPTH} modifiers`);
  }

  /** Word offset of each own type's record. */
  #offsets(): Uint32Array {
    this.#index ??= indexTypes(this.#words, this.firstId);
    return this.#index;
  }

  #wordOf(id: BtfId): number {
    const at = this.#offsets()[id - this.firstId];
    if (at === undefined) throw new BtfError(`there is no type ${id} (ids end at ${this.typeCount - 1})`);
    return at;
  }

  #kindAt(word: number): BtfKind {
    // The index checked every kind.
    return kindsByNumber[(this.#words[word + 1]! >>> 24) & 0x1f]!;
  }

  #stringOffsets(name: string): number[] {
    const offsets: number[] = [];
    const baseLength = this.base?.stringLength ?? 0;
    const own = this.#strings.find(name);
    if (own !== undefined) offsets.push(baseLength + own);
    for (let base = this.base; base !== undefined; base = base.base) {
      const found = base.#strings.find(name);
      if (found !== undefined) offsets.push((base.base?.stringLength ?? 0) + found);
    }
    return offsets;
  }

  /** Own types with a name, ascending. Remembered: loaders ask for the same few kfuncs again and again. */
  #ownNamed(name: string): readonly BtfId[] {
    let ids = this.#named.get(name);
    if (ids === undefined) {
      ids = this.#stringOffsets(name).flatMap((offset) => this.#idsNamed(offset));
      ids.sort((a, b) => a - b);
      this.#named.set(name, ids);
    }
    return ids;
  }

  /** Own types whose name lies at `offset`. */
  #idsNamed(offset: number): BtfId[] {
    const offsets = this.#offsets();
    if (this.#chains === undefined && this.#nameScans < NAME_SCANS_BEFORE_CHAINS) {
      this.#nameScans++;
      // The engine searches a typed array with machine code of its own; what it finds besides records are members and numbers.
      const words = this.#words;
      const found: number[] = [];
      for (let at = words.indexOf(offset); at >= 0; at = words.indexOf(offset, at + 1)) {
        const index = indexIn(offsets, at);
        if (index !== undefined) found.push(this.firstId + index);
      }
      return found;
    }
    this.#chains ??= new NameChains(this.#words, offsets);
    return this.#chains.indexesAt(offset).map((index) => this.firstId + index);
  }
}

function sectionOf(
  bytes: Uint8Array,
  headerSize: number,
  offset: number,
  length: number,
  what: string,
): Uint8Array {
  const start = headerSize + offset;
  if (headerSize < BTF_HEADER_SIZE || start + length > bytes.length) {
    throw new BtfError(
      `the BTF ${what} section (${length} bytes at ${start}) lies outside the ${bytes.length} bytes`,
    );
  }
  return bytes.subarray(start, start + length);
}
