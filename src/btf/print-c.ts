/**
 * BTF as C: spelling of types, declarations, and definitions of structs, unions and enums.
 *
 * C declarators read inside out, so a declaration is built around its name: each pointer adds `*` before, each array and parameter list
 * adds itself behind, with parentheses where a pointer meets those.
 *
 *     int (*fn)(void)        ptr -> func_proto(void) returning int
 *     char *names[4]         array[4] of ptr -> char
 */

import type { Btf } from './btf.ts';
import { BtfError } from './error.ts';
import { MemberPadding } from './member-padding.ts';
import type { BtfId, BtfType } from './type.ts';

const MAX_DEPTH = 32;

/** Parts printed for one definition, against BTF made to explode. */
const MAX_PARTS = 100_000;

/** The type as C spells it without a name: `struct task_struct *`, `unsigned int`, `char[16]`, `int (*)(void)`. */
export function typeText(btf: Btf, id: BtfId): string {
  return new TypePrinter(btf).declaration(id, '', 0, 0);
}

/** A declaration of `name`: `char comm[16]`, `struct list_head *next`. */
export function declarationText(btf: Btf, id: BtfId, name: string): string {
  return new TypePrinter(btf).declaration(id, name, 0, 0);
}

/**
 * The definition of a struct, union, enum, typedef or function: tab-indented, closed by `};`, with the padding and attributes that make
 * C lay it out as it is. No newline at the end.
 *
 *     struct list_head {
 *     	struct list_head *next;
 *     	struct list_head *prev;
 *     };
 *
 * @returns undefined for kinds that C does not define by themselves (pointers, arrays, modifiers).
 */
export function definitionText(btf: Btf, id: BtfId): string | undefined {
  return new TypePrinter(btf).definition(id);
}

/** What stands apart from a star: `struct page * (*find)(int)`, `void * const base`. */
const spacedAfterStar = /^(?:\(|(?:const|volatile|restrict)\b)/;

/** The attribute that gives an `enum` (an `enum64` has none) another size than an int's, by size in bytes. */
const enumModes: Readonly<Record<number, string>> = { 1: 'byte', 8: 'word' };

/** Other names than BTF has; those of enumerators by enum, then by what they are called there. */
export interface Renames {
  readonly types: ReadonlyMap<BtfId, string>;
  readonly enumerators: ReadonlyMap<BtfId, ReadonlyMap<string, string>>;
}

/** Prints types of one BTF, some of them under other names than their own. */
export class TypePrinter {
  readonly #btf: Btf;
  readonly #padding: MemberPadding;
  readonly #renamed: Renames;
  #parts = 0;

  constructor(btf: Btf, renamed: Renames = { types: new Map(), enumerators: new Map() }) {
    this.#btf = btf;
    this.#padding = new MemberPadding(btf);
    this.#renamed = renamed;
  }

  /** See `definitionText`. */
  definition(id: BtfId): string | undefined {
    this.#parts = 0;
    const type = this.#btf.type(id);
    switch (type.kind) {
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
        return `${this.body(id, type, 0)};`;
      case 'fwd':
        return `${type.of} ${type.name};`;
      case 'typedef':
        return `typedef ${this.declaration(type.type, this.#nameOf(id, type), 0, 0)};`;
      case 'func':
      case 'var':
        return `${this.declaration(type.type, type.name, 0, 0)};`;
      default:
        return undefined;
    }
  }

  /** `struct name` of a struct, union or one that is only declared; undefined for those without a name. */
  tagOf(id: BtfId): string | undefined {
    const type = this.#btf.type(id);
    if (type.kind === 'fwd') return `${type.of} ${type.name}`;
    if ((type.kind !== 'struct' && type.kind !== 'union') || type.name === '') return undefined;
    return `${type.kind} ${this.#nameOf(id, type)}`;
  }

  #nameOf(id: BtfId, { name }: { readonly name: string }): string {
    return this.#renamed.types.get(id) ?? name;
  }

  /** `indent` is that of a body printed inside, `depth` counts nesting. */
  declaration(id: BtfId, name: string, indent: number, depth: number): string {
    if (depth > MAX_DEPTH) throw new BtfError(`type ${id} nests deeper than ${MAX_DEPTH}`);
    if (++this.#parts > MAX_PARTS) throw new BtfError(`type ${id} has more than ${MAX_PARTS} parts`);
    const type = this.#btf.type(id);
    switch (type.kind) {
      case 'ptr': {
        const target = this.#btf.kindOf(this.#btf.skipModifiers(type.type));
        const needsParentheses = target === 'array' || target === 'func_proto';
        const star = spacedAfterStar.test(name) ? `* ${name}` : `*${name}`;
        return this.declaration(type.type, needsParentheses ? `(${star})` : star, indent, depth + 1);
      }
      case 'array':
        return this.declaration(type.type, `${name}[${type.length}]`, indent, depth + 1);
      case 'func_proto': {
        const params = type.params.map((param) =>
          this.declaration(param.type, param.name, indent, depth + 1),
        );
        if (type.variadic) params.push('...');
        return this.declaration(type.returns, `${name}(${params.join(', ') || 'void'})`, indent, depth + 1);
      }
      case 'const':
      case 'volatile':
      case 'restrict':
        return this.#modified(type.kind, type.type, name, indent, depth);
      case 'type_tag':
        return this.declaration(type.type, name, indent, depth + 1);
      default: {
        const text = this.#base(id, type, indent, depth);
        if (name === '') return text;
        // `char[16]` and `int(void)` without a name, `char name[16]` and `int (*fn)(void)` with one.
        return name.startsWith('[') ? `${text}${name}` : `${text} ${name}`;
      }
    }
  }

  /** A qualifier of a pointer stands behind its star, one of anything else before the type. */
  #modified(word: string, id: BtfId, name: string, indent: number, depth: number): string {
    const target = this.#btf.type(this.#btf.skipModifiers(id));
    // A qualified array is one of qualified elements; compilers record the qualifier in both places.
    if (target.kind === 'array' && this.#btf.kindOf(target.type) === word) {
      return this.declaration(id, name, indent, depth + 1);
    }
    if (target.kind === 'ptr') {
      return this.declaration(id, name === '' ? word : `${word} ${name}`, indent, depth + 1);
    }
    return `${word} ${this.declaration(id, name, indent, depth + 1)}`;
  }

  #base(id: BtfId, type: BtfType, indent: number, depth: number): string {
    switch (type.kind) {
      case 'void':
        return 'void';
      case 'int':
      case 'float':
        return type.name;
      case 'typedef':
        return this.#nameOf(id, type);
      case 'fwd':
        return `${type.of} ${type.name}`;
      case 'struct':
      case 'union':
        return type.name === ''
          ? this.body(id, type, indent, depth)
          : `${type.kind} ${this.#nameOf(id, type)}`;
      case 'enum':
      case 'enum64':
        return type.name === '' ? this.body(id, type, indent, depth) : `enum ${this.#nameOf(id, type)}`;
      default:
        throw new BtfError(`a ${type.kind} stands where a type is needed`);
    }
  }

  body(
    id: BtfId,
    type: Extract<BtfType, { kind: 'struct' | 'union' | 'enum' | 'enum64' }>,
    indent: number,
    depth = 0,
  ): string {
    const tabs = '\t'.repeat(indent);
    const word = type.kind === 'enum64' ? 'enum' : type.kind;
    const head = type.name === '' ? word : `${word} ${this.#nameOf(id, type)}`;
    const lines: string[] = [`${head} {`];
    if ('values' in type) {
      // Declared somewhere, never defined: C has no enum of nothing.
      if (type.values.length === 0) return head;
      const isWide = type.kind === 'enum64';
      const suffix = isWide ? (type.signed ? 'LL' : 'ULL') : '';
      const renamed = this.#renamed.enumerators.get(id);
      for (const { name, value } of type.values)
        lines.push(`${tabs}\t${renamed?.get(name) ?? name} = ${value}${suffix},`);
      const mode = isWide ? undefined : enumModes[type.size];
      lines.push(`${tabs}}${mode === undefined ? '' : ` __attribute__((mode(${mode})))`}`);
      return lines.join('\n');
    }
    if (type.members.length === 0 && type.size === 0) return `${head} {}`;
    const { items, isPacked } = this.#padding.body(type);
    for (const item of items) {
      if (item.kind === 'padding') {
        lines.push(`${tabs}\t${item.padding.type}: ${item.padding.bits};`);
        continue;
      }
      const { member } = item;
      const width = member.bitfieldSize > 0 ? `: ${member.bitfieldSize}` : '';
      lines.push(`${tabs}\t${this.declaration(member.type, member.name, indent + 1, depth + 1)}${width};`);
    }
    lines.push(`${tabs}}${isPacked ? ' __attribute__((packed))' : ''}`);
    return lines.join('\n');
  }
}
