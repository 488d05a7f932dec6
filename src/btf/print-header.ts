/**
 * All types of one BTF as a C header: what C for BPF includes as `vmlinux.h`.
 *
 * C wants a type before its use, so definitions come in the order in which they need each other. Behind a pointer a struct needs only its name,
 * which is declared at the top; inside another it needs its body:
 *
 *     struct b;                                   declared: all names of structs and unions
 *     typedef struct b b_t;                       `declare`: a name that may stand behind a pointer
 *     struct b { int x; };                        `complete`: a size
 *     struct a { b_t *far; struct b near; };
 */
import type { Btf } from './btf.ts';
import { type Renames, TypePrinter } from './print-c.ts';
import type { BtfId, BtfType } from './type.ts';

/** Names of types that are not of C (Rust's) cannot be said in it. */
const isIdentifier = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name);

/** What compilers know themselves. */
const builtIn: ReadonlySet<string> = new Set(['__builtin_va_list']);

export function headerText(btf: Btf): string {
  return new HeaderWriter(btf).write();
}

class HeaderWriter {
  readonly #btf: Btf;
  readonly #printer: TypePrinter;
  readonly #lines: string[] = [];
  readonly #declared = new Set<BtfId>();
  readonly #completed = new Set<BtfId>();

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#printer = new TypePrinter(btf, uniqueNames(btf));
  }

  write(): string {
    const ids = Array.from(
      { length: this.#btf.typeCount - this.#btf.firstId },
      (_, index) => index + this.#btf.firstId,
    );
    const ofKind = (...kinds: readonly BtfType['kind'][]): readonly BtfId[] =>
      ids.filter((id) => kinds.includes(this.#btf.kindOf(id)));
    const enums = ofKind('enum', 'enum64');
    for (const id of enums) if (this.#btf.nameOf(id) !== '') this.#define(id);
    const tags = new Set<string>();
    for (const id of ofKind('struct', 'union', 'fwd')) {
      const tag = this.#printer.tagOf(id);
      if (tag !== undefined && this.#isSayable(id)) tags.add(`${tag};`);
    }
    this.#lines.push(...tags);
    for (const id of ofKind('typedef')) this.#declare(id);
    for (const id of ofKind('struct', 'union')) if (this.#btf.nameOf(id) !== '') this.#complete(id);
    // One without a name stood where it is used.
    for (const id of enums) if (this.#btf.nameOf(id) === '' && !this.#declared.has(id)) this.#define(id);
    return `${this.#lines.join('\n')}\n`;
  }

  #isSayable(id: BtfId): boolean {
    const name = this.#btf.nameOf(id);
    return name === '' || isIdentifier(name);
  }

  #define(id: BtfId): void {
    const text = this.#isSayable(id) ? this.#printer.definition(id) : undefined;
    if (text !== undefined) this.#lines.push(text);
  }

  /** Makes the name of a type known. */
  #declare(id: BtfId): void {
    const type = this.#btf.type(id);
    switch (type.kind) {
      case 'ptr':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        this.#declare(type.type);
        return;
      case 'array':
        this.#complete(type.type);
        return;
      case 'func_proto':
        if (this.#declared.has(id)) return;
        this.#declared.add(id);
        for (const { type: param } of type.params) this.#declare(param);
        this.#declare(type.returns);
        return;
      case 'typedef':
        if (this.#declared.has(id) || builtIn.has(type.name)) return;
        this.#declared.add(id);
        this.#declare(type.type);
        this.#define(id);
        return;
      case 'struct':
      case 'union':
        if (type.name === '') this.#completeMembers(id, type);
        return;
      case 'enum':
      case 'enum64':
        this.#declared.add(id);
        return;
      default:
        return;
    }
  }

  /** Makes the size of a type known. */
  #complete(id: BtfId): void {
    const type = this.#btf.type(id);
    switch (type.kind) {
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
      case 'array':
        this.#complete(type.type);
        return;
      case 'typedef':
        this.#complete(type.type);
        this.#declare(id);
        return;
      case 'struct':
      case 'union':
        this.#completeMembers(id, type);
        return;
      default:
        this.#declare(id);
    }
  }

  #completeMembers(id: BtfId, type: Extract<BtfType, { readonly kind: 'struct' | 'union' }>): void {
    if (this.#completed.has(id)) return;
    this.#completed.add(id);
    for (const member of type.members) this.#complete(member.type);
    if (type.name !== '') this.#define(id);
  }
}

/** Where a name is taken: `struct x___2`. Tags are apart from all other names in C; enumerators are among those. */
function uniqueNames(btf: Btf): Renames {
  const tags = new Set<string>();
  const names = new Set<string>();
  const types = new Map<BtfId, string>();
  const enumerators = new Map<BtfId, ReadonlyMap<string, string>>();
  const choose = (name: string, taken: Set<string>): string => {
    let candidate = name;
    for (let count = 2; taken.has(candidate); count++) candidate = `${name}___${count}`;
    taken.add(candidate);
    return candidate;
  };
  for (let id = btf.firstId; id < btf.typeCount; id++) {
    const kind = btf.kindOf(id);
    const isEnum = kind === 'enum' || kind === 'enum64';
    const isTag = isEnum || kind === 'struct' || kind === 'union';
    if (!isTag && kind !== 'typedef') continue;
    const name = btf.nameOf(id);
    const chosen = name === '' ? name : choose(name, isTag ? tags : names);
    if (chosen !== name) types.set(id, chosen);
    const type = isEnum ? btf.type(id) : undefined;
    if (type?.kind !== 'enum' && type?.kind !== 'enum64') continue;
    const changed = type.values.flatMap((row) => {
      const other = choose(row.name, names);
      return other === row.name ? [] : [[row.name, other] as const];
    });
    if (changed.length > 0) enumerators.set(id, new Map(changed));
  }
  return { types, enumerators };
}
