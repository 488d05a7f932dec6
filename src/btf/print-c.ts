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
import type { BtfId, BtfType } from './type.ts';

const MAX_DEPTH = 32;

/** Parts printed for one definition, against BTF made to explode. */
const MAX_PARTS = 100_000;

/** The type as C spells it without a name: `struct task_struct *`, `unsigned int`, `char[16]`, `int (*)(void)`. */
export function typeText(btf: Btf, id: BtfId): string {
  return new Printer(btf).declaration(id, '', 0, 0);
}

/** A declaration of `name`: `char comm[16]`, `struct list_head *next`. */
export function declarationText(btf: Btf, id: BtfId, name: string): string {
  return new Printer(btf).declaration(id, name, 0, 0);
}

/**
 * The definition of a struct, union, enum, typedef or function: tab-indented, closed by `};`. No newline at the end.
 *
 *     struct list_head {
 *     	struct list_head *next;
 *     	struct list_head *prev;
 *     };
 *
 * @returns undefined for kinds that C does not define by themselves (pointers, arrays, modifiers).
 */
export function definitionText(btf: Btf, id: BtfId): string | undefined {
  const type = btf.type(id);
  const printer = new Printer(btf);
  switch (type.kind) {
    case 'struct':
    case 'union':
    case 'enum':
    case 'enum64':
      return `${printer.body(type, 0)};`;
    case 'fwd':
      return `${type.of} ${type.name};`;
    case 'typedef':
      return `typedef ${printer.declaration(type.type, type.name, 0, 0)};`;
    case 'func':
    case 'var':
      return `${printer.declaration(type.type, type.name, 0, 0)};`;
    default:
      return undefined;
  }
}

class Printer {
  readonly #btf: Btf;
  #parts = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
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
        return this.declaration(type.type, needsParentheses ? `(*${name})` : `*${name}`, indent, depth + 1);
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
        const text = this.#base(type, indent, depth);
        if (name === '') return text;
        // `char[16]` and `int(void)` without a name, `char name[16]` and `int (*fn)(void)` with one.
        return name.startsWith('[') ? `${text}${name}` : `${text} ${name}`;
      }
    }
  }

  /** A qualifier of a pointer stands behind its star, one of anything else before the type. */
  #modified(word: string, id: BtfId, name: string, indent: number, depth: number): string {
    if (this.#btf.kindOf(this.#btf.skipModifiers(id)) === 'ptr') {
      return this.declaration(id, name === '' ? word : `${word} ${name}`, indent, depth + 1);
    }
    return `${word} ${this.declaration(id, name, indent, depth + 1)}`;
  }

  #base(type: BtfType, indent: number, depth: number): string {
    switch (type.kind) {
      case 'void':
        return 'void';
      case 'int':
      case 'float':
      case 'typedef':
        return type.name;
      case 'fwd':
        return `${type.of} ${type.name}`;
      case 'struct':
      case 'union':
        return type.name === '' ? this.body(type, indent, depth) : `${type.kind} ${type.name}`;
      case 'enum':
      case 'enum64':
        return type.name === '' ? this.body(type, indent, depth) : `enum ${type.name}`;
      default:
        throw new BtfError(`a ${type.kind} stands where a type is needed`);
    }
  }

  body(
    type: Extract<BtfType, { kind: 'struct' | 'union' | 'enum' | 'enum64' }>,
    indent: number,
    depth = 0,
  ): string {
    const tabs = '\t'.repeat(indent);
    const word = type.kind === 'enum64' ? 'enum' : type.kind;
    const head = type.name === '' ? word : `${word} ${type.name}`;
    const lines: string[] = [`${head} {`];
    if ('values' in type) {
      for (const { name, value } of type.values) lines.push(`${tabs}\t${name} = ${value},`);
    } else {
      for (const member of type.members) {
        const width = member.bitfieldSize > 0 ? ` : ${member.bitfieldSize}` : '';
        lines.push(`${tabs}\t${this.declaration(member.type, member.name, indent + 1, depth + 1)}${width};`);
      }
    }
    lines.push(`${tabs}}`);
    return lines.join('\n');
  }
}
