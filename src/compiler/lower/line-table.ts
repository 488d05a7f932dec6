import type { SourceRange, SourceTrail } from '../../program/index.ts';
import type { Line } from '../ir/index.ts';
import { type Source, type Span, spanEnd, spanStart } from '../language/index.ts';

/** Gives places of the script the numbers that IR instructions carry, and the form that a Program keeps. */
export class LineTable {
  readonly #sources: Source[] = [];
  readonly #trails: SourceTrail[] = [];
  readonly #lineOfPlace = new Map<string, Line>();

  /** The sources named so far, by `SourceRange.source`. */
  get sources(): readonly Source[] {
    return this.#sources;
  }

  /** IR line -> place. */
  get trails(): readonly SourceTrail[] {
    return this.#trails;
  }

  /** The number of a place; equal places have one number. */
  lineOf(span: Span): Line {
    const key = this.#keyOf(span);
    const known = this.#lineOfPlace.get(key);
    if (known !== undefined) return known;
    const line = this.#trails.length;
    this.#trails.push(this.#makeTrail(span));
    this.#lineOfPlace.set(key, line);
    return line;
  }

  trailOf(span: Span): SourceTrail {
    return this.#trails[this.lineOf(span)]!;
  }

  #keyOf(span: Span): string {
    let key = '';
    for (let at: Span | undefined = span; at !== undefined; at = at.expandedFrom) {
      key += `${this.#sourceOf(at.source)}:${at.start}-${at.end};`;
    }
    return key;
  }

  #makeTrail(span: Span): SourceTrail {
    const expandedFrom: SourceRange[] = [];
    for (let at = span.expandedFrom; at !== undefined; at = at.expandedFrom)
      expandedFrom.push(this.#rangeOf(at));
    return { at: this.#rangeOf(span), ...(expandedFrom.length > 0 ? { expandedFrom } : {}) };
  }

  #rangeOf(span: Span): SourceRange {
    const start = spanStart(span);
    const end = spanEnd(span);
    return {
      source: this.#sourceOf(span.source),
      line: start.line,
      column: start.column,
      endLine: end.line,
      endColumn: end.column,
    };
  }

  #sourceOf(source: Source): number {
    const known = this.#sources.indexOf(source);
    return known >= 0 ? known : this.#sources.push(source) - 1;
  }
}
