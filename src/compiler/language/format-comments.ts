import type { Comment } from './ast.ts';
import type { Doc } from './document.ts';
import { concat, hardLine, suffix } from './document.ts';

/**
 * The comments of a script while it is printed: each is handed out once, in order, to the place that prints it. The
 * printer asks before every token it prints and behind every list element and statement, so none is lost.
 */
export class CommentQueue {
  readonly #text: string;
  readonly #comments: readonly Comment[];
  #next = 0;

  constructor(text: string, comments: readonly Comment[]) {
    this.#text = text;
    this.#comments = comments;
  }

  /** Whether a comment starts before `offset` and was not printed. */
  hasBefore(offset: number): boolean {
    return (this.#comments[this.#next]?.span.start ?? Number.POSITIVE_INFINITY) < offset;
  }

  /** The comments that start before `offset`. */
  takeBefore(offset: number): readonly Comment[] {
    const taken: Comment[] = [];
    while (this.hasBefore(offset)) taken.push(...this.#comments.slice(this.#next, ++this.#next));
    return taken;
  }

  /** The comments that start before `limit` and on the line where `offset` is. */
  takeOnLine(offset: number, limit: number): readonly Comment[] {
    const taken: Comment[] = [];
    let from = offset;
    for (;;) {
      const comment = this.#comments[this.#next];
      if (
        comment === undefined ||
        comment.span.start >= limit ||
        this.lineEndsIn(from, comment.span.start) > 0
      ) {
        return taken;
      }
      taken.push(comment);
      this.#next++;
      from = Math.max(from, comment.span.end);
    }
  }

  /** How many line ends the script has between two offsets. */
  lineEndsIn(start: number, end: number): number {
    let count = 0;
    for (let at = this.#text.indexOf('\n', start); at >= 0 && at < end; at = this.#text.indexOf('\n', at + 1))
      count++;
    return count;
  }
}

/** Comments in the middle of a line: block comments stay before what follows, line comments go to the line's end. */
export function inline(comments: readonly Comment[]): Doc {
  return concat(...comments.map(({ kind, text }) => (kind === 'block-comment' ? `${text} ` : suffix(text))));
}

/** Comments behind something, on its line. */
export function trailing(comments: readonly Comment[]): Doc {
  return concat(...comments.map(({ text }) => suffix(text)));
}

/** Comments on lines of their own, before something on the next line. */
export function leading(comments: readonly Comment[]): Doc {
  return concat(...comments.flatMap(({ text }) => [text, hardLine]));
}
