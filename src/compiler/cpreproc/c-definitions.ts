import type { Diagnostic, Span } from '../language/index.ts';
import type { CDecl, CType } from './c-declaration.ts';
import { type Repeated, sameCType } from './redefinitions.ts';

/** What the parser has read so far: the declarations, the names that later ones may use, and what is wrong with them. */
export class CDefinitions {
  readonly declarations: CDecl[] = [];
  readonly repeated: Repeated[] = [];
  readonly wrongBitFields: Diagnostic[] = [];
  /** Values by name, over all enums. */
  readonly enumerators = new Map<string, bigint>();
  /** Types by typedef name. */
  readonly typedefs = new Map<string, CType>();
  readonly #enumeratorSpans = new Map<string, Span>();
  readonly #typedefSpans = new Map<string, Span>();

  addTypedef(name: string, span: Span, type: CType): void {
    const known = this.typedefs.get(name);
    // The same again is no second definition.
    if (known === undefined || !sameCType(known, type))
      this.noteName('typedef', name, span, this.#typedefSpans);
    this.typedefs.set(name, type);
  }

  addEnumerator(name: string, span: Span, value: bigint): void {
    this.noteName('enumerator', name, span, this.#enumeratorSpans);
    this.enumerators.set(name, value);
  }

  /** Notes a name among those it must differ from: `known` has their places. */
  noteName(kind: string, name: string, span: Span, known: Map<string, Span>): void {
    const first = known.get(name);
    if (first === undefined) known.set(name, span);
    else this.repeated.push({ what: `${kind} ${name}`, at: span, first });
  }
}
