import type { Doc } from './document.ts';
import { concat, hardLine } from './document.ts';
import type { CommentQueue } from './format-comments.ts';
import { trailing } from './format-comments.ts';
import type { Span } from './span.ts';

/**
 * Things that stand on lines of their own (statements, settings, top-level items), with the comments between them.
 * Blank lines of the script are kept, several in a row as one.
 */
export class Lines {
  readonly #comments: CommentQueue;
  readonly #parts: Doc[] = [];
  /** Where the last printed thing ended in the script. */
  #previousEnd: number;
  #wantsBlank = false;

  /** @param start the offset in the script where the lines start */
  constructor(comments: CommentQueue, start: number) {
    this.#comments = comments;
    this.#previousEnd = start;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  get doc(): Doc {
    return concat(...this.#parts);
  }

  /**
   * Adds what `format` prints for the place `span`, the comments before it, and those behind it on its last line.
   *
   * @param limit where the next thing starts in the script: comments from there on are not behind this one
   * @param isApart a blank line goes before and behind it, whatever the script has
   */
  add(span: Span, limit: number, format: () => Doc, isApart = false): void {
    this.#wantsBlank ||= isApart;
    this.addComments(span.start);
    this.#separate(span.start);
    const doc = format();
    const inside = this.#comments.takeBefore(span.end);
    const behind = [...inside, ...this.#comments.takeOnLine(span.end, limit)];
    this.#parts.push(doc, trailing(behind));
    this.#previousEnd = Math.max(span.end, behind.at(-1)?.span.end ?? 0);
    this.#wantsBlank = isApart;
  }

  /** Adds the comments up to `limit`, each on its own line. */
  addComments(limit: number): void {
    for (const { text, span } of this.#comments.takeBefore(limit)) {
      this.#separate(span.start);
      this.#parts.push(text);
      this.#previousEnd = span.end;
    }
  }

  #separate(start: number): void {
    if (!this.isEmpty) {
      const hasBlank = this.#comments.lineEndsIn(this.#previousEnd, start) > 1;
      this.#parts.push(hardLine, hasBlank || this.#wantsBlank ? hardLine : '');
    }
    this.#wantsBlank = false;
  }
}
