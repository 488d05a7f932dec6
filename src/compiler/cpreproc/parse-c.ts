/**
 * Declarations of C, over preprocessed tokens: struct, union and enum definitions and typedefs, with whatever they
 * contain. Everything else (functions, variables, assertions) is passed over.
 *
 * Included files are full of C this does not read (inline functions, inline assembly): a declaration from a file that
 * cannot be read is left out without a word, one from the script itself is an error at its place.
 */
import type { Diagnostic, Source, Span } from '../language/index.ts';
import { makeDiagnostic } from '../language/index.ts';
import { basicType, isBasicWord } from './basic-type.ts';
import { bitFieldProblem, ENUM_BITS } from './bit-fields.ts';
import type { CDecl, CEnum, CEnumerator, CMember, CStruct, CType } from './c-declaration.ts';
import { CProblem, cDiagnostics } from './c-diagnostics.ts';
import type { CToken } from './c-token.ts';
import type { ConstantContext, CValue, TokenReader } from './constant-expression.ts';
import { readConstant } from './constant-expression.ts';
import { type Repeated, redefinitions, sameCType } from './redefinitions.ts';

export interface ParsedC {
  readonly declarations: readonly CDecl[];
  readonly diagnostics: readonly Diagnostic[];
}

/** How deep declarators and definitions may nest. */
const maxNesting = 100;

/** Words in front of or inside types that change nothing here. */
const ignoredWords: ReadonlySet<string> = new Set([
  'const',
  '__const',
  '__const__',
  'volatile',
  '__volatile__',
  'restrict',
  '__restrict',
  '__restrict__',
  '_Atomic',
  'register',
  'auto',
  'inline',
  '__inline',
  '__inline__',
  '_Noreturn',
  '_Thread_local',
  '__thread',
  '__extension__',
  'extern',
  'static',
]);

/** What `__attribute__((…))` said that matters for layout. */
interface Attributes {
  isPacked: boolean;
  alignment?: number;
}

/** A declarator read: its name, and what it makes of the type before it. */
interface Declarator {
  readonly name?: CToken;
  readonly wrap: (base: CType) => CType;
}

/**
 * Reads all declarations.
 *
 * @param isOwn whether a source is the script (errors are reported) or an included file (they are not)
 */
export function parseC(tokens: readonly CToken[], isOwn: (source: Source) => boolean): ParsedC {
  const parser = new Parser(tokens);
  const diagnostics: Diagnostic[] = [];
  while (!parser.atEnd) {
    const start = parser.mark();
    const firstSpan = parser.span;
    try {
      parser.declaration();
    } catch (problem) {
      if (!(problem instanceof CProblem)) throw problem;
      if (isOwn(firstSpan.source)) {
        diagnostics.push(makeDiagnostic(cDiagnostics, 'c-syntax', parser.span, problem.message));
      }
      parser.recover(start);
    }
  }
  return {
    declarations: parser.declarations,
    diagnostics: [
      ...diagnostics,
      ...redefinitions(parser.declarations, parser.repeated, isOwn),
      ...parser.wrongBitFields.filter(({ span }) => span !== undefined && isOwn(span.source)),
    ],
  };
}

class Parser implements TokenReader {
  readonly tokens: readonly CToken[];
  readonly declarations: CDecl[] = [];
  readonly repeated: Repeated[] = [];
  readonly wrongBitFields: Diagnostic[] = [];
  at = 0;
  readonly #enumerators = new Map<string, bigint>();
  readonly #enumeratorSpans = new Map<string, Span>();
  readonly #typedefs = new Map<string, CType>();
  readonly #typedefSpans = new Map<string, Span>();
  readonly #constants: ConstantContext;
  #depth = 0;

  constructor(tokens: readonly CToken[]) {
    this.tokens = tokens;
    this.#constants = {
      valueOf: (name) => this.#enumerators.get(name),
      readOperand: (reader) => this.#readOperand(reader),
    };
  }

  // ---- tokens ----

  get atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  /** The place of the next token; at the end, that of the last. */
  get span(): Span {
    const token = this.tokens[this.at] ?? this.tokens.at(-1);
    if (token === undefined) throw new CProblem('nothing to read');
    return token.span;
  }

  mark(): number {
    return this.at;
  }

  #peek(ahead = 0): string {
    return this.tokens[this.at + ahead]?.text ?? '';
  }

  #accept(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected(`'${text}'`);
  }

  #expectName(): CToken {
    const token = this.tokens[this.at];
    if (token?.kind !== 'identifier') throw this.#unexpected('a name');
    this.at++;
    return token;
  }

  #unexpected(wanted: string): CProblem {
    return new CProblem(this.atEnd ? `${wanted} is missing` : `${wanted} expected, not '${this.#peek()}'`);
  }

  /** From a token to the last one consumed. */
  #spanFrom(start: number): Span {
    const first = this.tokens[start]?.span ?? this.span;
    const last = this.tokens[this.at - 1]?.span ?? first;
    return first.source === last.source && last.end >= first.start ? { ...first, end: last.end } : first;
  }

  /** Goes behind the declaration that started at `start`: behind its `;`, or the `}` of a function body. */
  recover(start: number): void {
    this.at = start;
    this.#depth = 0;
    let open = 0;
    while (!this.atEnd) {
      const text = this.#peek();
      this.at++;
      if (text === '{' || text === '(') open++;
      else if (text === '}' || text === ')') open--;
      const endsBody = text === '}' && open <= 0 && ![';', ',', '=', '*'].includes(this.#peek());
      if ((text === ';' && open <= 0) || (endsBody && this.tokens[this.at]?.kind !== 'identifier')) return;
      // A function body ends without a semicolon; what follows it starts a declaration on a line of its own.
      if (endsBody && this.tokens[this.at]?.startsLine) return;
    }
  }

  // ---- declarations ----

  /** One top-level declaration. */
  declaration(): void {
    const start = this.at;
    if (this.#accept(';')) return;
    const isTypedef = this.#hasTypedef();
    const attributes: Attributes = { isPacked: false };
    const base = this.#specifiers(attributes);
    if (this.#accept(';')) {
      // `enum { A, B };` defines its enumerators, though nothing can name it.
      if (base.kind === 'c-inline' && base.definition.kind === 'c-enum')
        this.declarations.push(base.definition);
      return;
    }
    for (;;) {
      const { name, wrap } = this.#declarator(attributes);
      this.#readAttributes(attributes);
      if (isTypedef && name !== undefined) {
        const { alignment } = attributes;
        const type = wrap(base);
        const span = this.#spanFrom(start);
        const known = this.#typedefs.get(name.text);
        // The same again is no second definition.
        if (known === undefined || !sameCType(known, type))
          this.#noteName('typedef', name.text, name.span, this.#typedefSpans);
        this.#typedefs.set(name.text, type);
        this.declarations.push({
          kind: 'c-typedef',
          span,
          name: name.text,
          type,
          ...(alignment && { alignment }),
        });
      }
      if (!isTypedef && this.#skipBody()) return;
      if (!this.#accept(',')) break;
    }
    this.#expect(';');
  }

  /** Whether `typedef` is among the words before the declarator (it may come behind the type's first words). */
  #hasTypedef(): boolean {
    for (let ahead = 0; this.tokens[this.at + ahead]?.kind === 'identifier'; ahead++) {
      if (this.#peek(ahead) === 'typedef') return true;
    }
    return false;
  }

  /** A function's body or a variable's initialiser; true when that ends the declaration. */
  #skipBody(): boolean {
    if (this.#peek() === '{') {
      this.#skipBalanced('{', '}');
      return true;
    }
    if (this.#accept('=')) while (!this.atEnd && ![',', ';'].includes(this.#peek())) this.#skipPiece();
    return false;
  }

  #skipPiece(): void {
    if (this.#peek() === '{') this.#skipBalanced('{', '}');
    else if (this.#peek() === '(') this.#skipBalanced('(', ')');
    else this.at++;
  }

  #skipBalanced(open: string, close: string): void {
    let count = 0;
    do {
      if (this.atEnd) throw new CProblem(`'${close}' is missing`);
      const text = this.#peek();
      this.at++;
      if (text === open) count++;
      if (text === close) count--;
    } while (count > 0);
  }

  /** The type in front of declarators. */
  #specifiers(attributes: Attributes): CType {
    const words: string[] = [];
    let type: CType | undefined;
    for (;;) {
      const token = this.tokens[this.at];
      if (token?.kind !== 'identifier') break;
      const { text } = token;
      if (this.#readAttributes(attributes)) continue;
      if (ignoredWords.has(text) || text === 'typedef') this.at++;
      else if (isBasicWord(text) && type === undefined) {
        words.push(text);
        this.at++;
      } else if ((text === 'struct' || text === 'union' || text === 'enum') && type === undefined) {
        if (words.length > 0) break;
        type = this.#tagged(text);
      } else if (type === undefined && words.length === 0) {
        if (text === 'typeof' || text === '__typeof__' || text === '_Static_assert') {
          throw new CProblem(`'${text}' is not supported here`);
        }
        type = { kind: 'c-name', span: token.span, name: text };
        this.at++;
      } else break;
    }
    if (type !== undefined) return type;
    if (words.length === 0) throw this.#unexpected('a type');
    const basic = basicType(words);
    if (basic === undefined) throw new CProblem(`there is no type '${words.join(' ')}'`);
    return basic;
  }

  /** `struct x`, `struct x { … }`, `struct { … }` and the same with `union` and `enum`. */
  #tagged(tag: 'struct' | 'union' | 'enum'): CType {
    const start = this.at++;
    const attributes: Attributes = { isPacked: false };
    this.#readAttributes(attributes);
    const name = this.tokens[this.at]?.kind === 'identifier' ? this.#expectName() : undefined;
    this.#readAttributes(attributes);
    if (this.#peek() !== '{' && !(tag === 'enum' && this.#peek() === ':')) {
      if (name === undefined) throw this.#unexpected('a name or {');
      return { kind: 'c-tag', span: name.span, tag, name: name.text };
    }
    this.#enter();
    const definition =
      tag === 'enum' ? this.#enumBody(start, name) : this.#structBody(tag, start, name, attributes);
    this.#depth--;
    if (name === undefined) return { kind: 'c-inline', definition };
    this.declarations.push(definition);
    return { kind: 'c-tag', span: name.span, tag, name: name.text };
  }

  #noteName(kind: string, name: string, span: Span, known: Map<string, Span>): void {
    const first = known.get(name);
    if (first === undefined) known.set(name, span);
    else this.repeated.push({ what: `${kind} ${name}`, at: span, first });
  }

  /** Those of anonymous members are names of the struct as well. */
  #noteMembers(members: readonly CMember[], known: Map<string, Span>): void {
    for (const { name, span, type } of members) {
      if (name !== undefined) this.#noteName('member', name, span, known);
      else if (
        type.kind === 'c-inline' &&
        type.definition.kind !== 'c-enum' &&
        type.definition.tag === undefined
      )
        this.#noteMembers(type.definition.members, known);
    }
  }

  #structBody(
    tag: 'struct' | 'union',
    start: number,
    name: CToken | undefined,
    attributes: Attributes,
  ): CStruct {
    this.#expect('{');
    const members: CMember[] = [];
    while (!this.#accept('}')) {
      if (this.atEnd) throw new CProblem("'}' is missing");
      this.#members(members);
    }
    this.#readAttributes(attributes);
    this.#noteMembers(members, new Map());
    return {
      kind: tag === 'struct' ? 'c-struct' : 'c-union',
      span: this.#spanFrom(start),
      ...(name && { tag: name.text }),
      members,
      isPacked: attributes.isPacked,
      ...(attributes.alignment && { alignment: attributes.alignment }),
    };
  }

  /** One line of members: `int a, *b, c:3;` */
  #members(members: CMember[]): void {
    if (this.#accept(';')) return;
    const start = this.at;
    const shared: Attributes = { isPacked: false };
    const base = this.#specifiers(shared);
    if (this.#peek() === '}' || this.#accept(';')) {
      // No name: an anonymous member, if it is a struct or union in place; `struct x;` inside declares nothing.
      if (base.kind === 'c-inline' && base.definition.kind !== 'c-enum') {
        members.push({ span: this.#spanFrom(start), type: base, ...shared });
      }
      return;
    }
    do {
      const own: Attributes = { ...shared };
      const { name, wrap } = this.#peek() === ':' ? { name: undefined, wrap: same } : this.#declarator(own);
      const type = wrap(base);
      const bits = this.#accept(':') ? this.#bitFieldWidth(type, name) : undefined;
      this.#readAttributes(own);
      const span = name?.span ?? this.#spanFrom(start);
      members.push({
        span,
        ...(name && { name: name.text }),
        type,
        ...(bits !== undefined && { bits }),
        ...own,
      });
    } while (this.#accept(','));
    // C compilers take a last member without its semicolon, and scripts rely on it.
    if (this.#peek() !== '}') this.#expect(';');
  }

  /** Wrong ones are noted and the rest of the struct is read on. */
  #bitFieldWidth(type: CType, name: CToken | undefined): number {
    const span = name?.span ?? this.span;
    const { value } = readConstant(this, this.#constants);
    const most = this.#bitsOf(type);
    const problem = bitFieldProblem(value, most, name?.text);
    if (problem === undefined) return Number(value);
    this.wrongBitFields.push(makeDiagnostic(cDiagnostics, 'c-bit-field', span, problem));
    return 0;
  }

  /** Bits of a type that bit-fields can have; undefined when only BTF knows it, 0 for any other type. */
  #bitsOf(type: CType): number | undefined {
    switch (type.kind) {
      case 'c-bool':
        return 1;
      case 'c-int':
        return type.bytes * 8;
      case 'c-tag':
        return type.tag === 'enum' ? ENUM_BITS : 0;
      case 'c-inline':
        return type.definition.kind === 'c-enum' ? ENUM_BITS : 0;
      case 'c-name': {
        const target = this.#typedefs.get(type.name);
        if (target !== undefined) return this.#within(() => this.#bitsOf(target));
        return fixedWidth.test(type.name) ? this.#sizeOf(type) * 8 : undefined;
      }
      default:
        return 0;
    }
  }

  #enumBody(start: number, name: CToken | undefined): CEnum {
    // C23 and GNU: an underlying type, which changes no value.
    if (this.#accept(':')) this.#specifiers({ isPacked: false });
    this.#expect('{');
    const enumerators: CEnumerator[] = [];
    const attributes: Attributes = { isPacked: false };
    let next = 0n;
    while (!this.#accept('}')) {
      const entry = this.#expectName();
      this.#readAttributes(attributes);
      const value = this.#accept('=') ? readConstant(this, this.#constants).value : next;
      enumerators.push({ span: entry.span, name: entry.text, value });
      this.#noteName('enumerator', entry.text, entry.span, this.#enumeratorSpans);
      this.#enumerators.set(entry.text, value);
      next = value + 1n;
      if (!this.#accept(',') && this.#peek() !== '}') throw this.#unexpected("',' or '}'");
    }
    this.#readAttributes(attributes);
    const { isPacked } = attributes;
    return {
      kind: 'c-enum',
      span: this.#spanFrom(start),
      ...(name && { tag: name.text }),
      enumerators,
      isPacked,
    };
  }

  // ---- declarators ----

  /**
   * What stands around a name: `*a[3]` is an array of pointers, `(*a)[3]` a pointer to an array. Suffixes bind before
   * pointers; parentheses are applied last, to what is around them.
   */
  #declarator(attributes: Attributes): Declarator {
    this.#enter();
    let pointers = 0;
    for (;;) {
      if (this.#accept('*')) {
        if (++pointers > maxNesting) throw new CProblem('nested too deeply');
      } else if (!this.#skipQualifier(attributes)) break;
    }
    let name: CToken | undefined;
    let inner: Declarator = { wrap: same };
    if (this.#peek() === '(' && this.#startsNested()) {
      this.at++;
      inner = this.#declarator(attributes);
      this.#expect(')');
      ({ name } = inner);
    } else if (this.tokens[this.at]?.kind === 'identifier') name = this.#expectName();
    const suffixes: ((type: CType) => CType)[] = [];
    for (;;) {
      if (this.#accept('[')) suffixes.push(this.#arraySuffix());
      else if (this.#accept('(')) suffixes.push(this.#functionSuffix());
      else if (!this.#readAttributes(attributes) && !this.#skipAsmLabel()) break;
      if (suffixes.length > maxNesting) throw new CProblem('nested too deeply');
    }
    this.#depth--;
    const wrap = (base: CType): CType => {
      let type = base;
      for (let count = 0; count < pointers; count++) type = { kind: 'c-pointer', to: type };
      for (const suffix of suffixes.reverse()) type = suffix(type);
      suffixes.reverse();
      return inner.wrap(type);
    };
    return { ...(name && { name }), wrap };
  }

  #skipQualifier(attributes: Attributes): boolean {
    if (this.#readAttributes(attributes)) return true;
    if (!ignoredWords.has(this.#peek())) return false;
    this.at++;
    return true;
  }

  /** A `(` that groups a declarator rather than starting parameters. */
  #startsNested(): boolean {
    const next = this.#peek(1);
    return (
      next === '*' || next === '(' || next === '__attribute__' || (isName(next) && this.#peek(2) === ')')
    );
  }

  #arraySuffix(): (type: CType) => CType {
    while (ignoredWords.has(this.#peek())) this.at++;
    if (this.#accept(']')) return (element) => ({ kind: 'c-array', element });
    const count = this.#count('an array size');
    this.#expect(']');
    return (element) => ({ kind: 'c-array', element, count });
  }

  #functionSuffix(): (type: CType) => CType {
    const params: CType[] = [];
    let isVariadic = false;
    if (this.#peek() === 'void' && this.#peek(1) === ')') this.at++;
    while (!this.#accept(')')) {
      if (this.#accept('...')) isVariadic = true;
      else {
        const attributes: Attributes = { isPacked: false };
        const base = this.#specifiers(attributes);
        params.push(this.#declarator(attributes).wrap(base));
      }
      if (!this.#accept(',') && this.#peek() !== ')') throw this.#unexpected("',' or ')'");
    }
    return (returns) => ({ kind: 'c-function', returns, params, isVariadic });
  }

  /** `asm("name")` behind a declaration. */
  #skipAsmLabel(): boolean {
    if (!['asm', '__asm__', '__asm'].includes(this.#peek())) return false;
    this.at++;
    this.#skipBalanced('(', ')');
    return true;
  }

  /** `__attribute__((…))` or `_Alignas(…)`; false when there is none. */
  #readAttributes(attributes: Attributes): boolean {
    let found = false;
    for (;;) {
      if (this.#peek() === '_Alignas') {
        this.at += 2;
        attributes.alignment = this.#alignment();
        this.#expect(')');
      } else if (this.#accept('__attribute__') || this.#accept('__attribute')) {
        this.#expect('(');
        this.#expect('(');
        while (!this.#accept(')')) this.#attribute(attributes);
        this.#expect(')');
      } else return found;
      found = true;
    }
  }

  #attribute(attributes: Attributes): void {
    if (this.#accept(',')) return;
    const name = this.#expectName().text.replace(/^__|__$/g, '');
    if (name === 'packed') attributes.isPacked = true;
    if (name !== 'aligned') {
      if (this.#peek() === '(') this.#skipBalanced('(', ')');
      return;
    }
    // Without a number: the largest alignment any type of the machine needs.
    attributes.alignment = 16;
    if (!this.#accept('(')) return;
    attributes.alignment = this.#alignment();
    this.#expect(')');
  }

  // ---- constants ----

  #count(what: string): number {
    const { value } = readConstant(this, this.#constants);
    if (value < 0n || value > 0xffff_ffffn) throw new CProblem(`${value} cannot be ${what}`);
    return Number(value);
  }

  #alignment(): number {
    const count = this.#count('an alignment');
    if (Math.log2(count) % 1 !== 0)
      throw new CProblem(`${count} cannot be an alignment: it is no power of 2`);
    return count;
  }

  /** `sizeof (type)` and `(type)` casts of the types that have a size without a layout. */
  #readOperand(reader: TokenReader): CValue | ((operand: CValue) => CValue) | undefined {
    const start = reader.at;
    if (this.#accept('sizeof')) {
      this.#expect('(');
      const value = this.#sizeOf(this.#typeName());
      this.#expect(')');
      return { value: BigInt(value), isUnsigned: true };
    }
    const word = this.#peek(1);
    const isType = isBasicWord(word) || fixedWidth.test(word) || this.#typedefs.has(word);
    if (this.#peek() !== '(' || !isType) return undefined;
    this.at++;
    const type = this.#typeName();
    if (!this.#accept(')')) {
      reader.at = start;
      return undefined;
    }
    const bits = this.#sizeOf(type) * 8;
    const isSigned = this.#isSigned(type);
    return (operand) => convert(operand, bits, isSigned);
  }

  #typeName(): CType {
    const attributes: Attributes = { isPacked: false };
    const base = this.#specifiers(attributes);
    return this.#declarator(attributes).wrap(base);
  }

  /** In bytes, of types that have a size without a layout. */
  #sizeOf(type: CType): number {
    switch (type.kind) {
      case 'c-int':
      case 'c-float':
        return type.bytes;
      case 'c-bool':
        return 1;
      case 'c-pointer':
        return 8;
      case 'c-array':
        if (type.count === undefined) break;
        return type.count * this.#sizeOf(type.element);
      case 'c-tag':
        if (type.tag === 'enum') return 4;
        break;
      case 'c-name': {
        const [, , bits, , cBits] = fixedWidth.exec(type.name) ?? [];
        const width = bits ?? cBits;
        if (width !== undefined) return Number(width) / 8;
        const target = this.#typedefs.get(type.name);
        if (target !== undefined) return this.#within(() => this.#sizeOf(target));
        break;
      }
      case 'c-void':
      case 'c-inline':
      case 'c-function':
        break;
    }
    throw new CProblem('sizeof of this type is not supported in a constant');
  }

  #isSigned(type: CType): boolean {
    if (type.kind === 'c-int') return type.isSigned;
    if (type.kind !== 'c-name') return false;
    const [, sign, , unsigned] = fixedWidth.exec(type.name) ?? [];
    if (sign !== undefined || unsigned !== undefined) return sign === 's' || unsigned === '';
    const target = this.#typedefs.get(type.name);
    return target !== undefined && this.#within(() => this.#isSigned(target));
  }

  /** One step along names that may lead back to themselves. */
  #within<T>(step: () => T): T {
    this.#enter();
    const result = step();
    this.#depth--;
    return result;
  }

  #enter(): void {
    if (++this.#depth > maxNesting) throw new CProblem('nested too deeply');
  }
}

const same = (type: CType): CType => type;

function isName(text: string): boolean {
  return /^[A-Za-z_]/.test(text);
}

/** Kernel and C99 names of fixed-width integers, as constants use them. */
const fixedWidth = /^(?:__)?([us])(8|16|32|64)$|^(u?)int(8|16|32|64)_t$/;

function convert({ value }: CValue, bits: number, isSigned: boolean): CValue {
  const converted = isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  // Narrower than 64 bits everything is promoted to a signed type.
  return { value: converted, isUnsigned: !isSigned && bits >= 64 };
}
