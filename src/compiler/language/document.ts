/**
 * Documents: text with places where lines may break, and how to lay it out in a given width.
 *
 * A group is printed on one line if it fits and nothing in it must break; otherwise all its own `line`s become line
 * ends, while the groups inside decide for themselves. After Philip Wadler, "A prettier printer" (2003).
 *
 *     group(foo( indent(softline a, line b) softline ))   ->   foo(a, b)   or   foo(
 *                                                                                 a,
 *                                                                                 b
 *                                                                               )
 */
export type Doc = string | Concat | Group | Indent | Line | Suffix;

interface Concat {
  readonly kind: 'concat';
  readonly parts: readonly Doc[];
  readonly breaks: boolean;
}

interface Group {
  readonly kind: 'group';
  readonly body: Doc;
  readonly breaks: boolean;
}

interface Indent {
  readonly kind: 'indent';
  readonly body: Doc;
  readonly breaks: boolean;
}

/** A place for a line end; unbroken it is `flat`. `breaks` means it always is a line end. */
interface Line {
  readonly kind: 'line';
  readonly flat: '' | ' ';
  readonly breaks: boolean;
}

/** A comment, which moves to the end of its line; line comments end up behind block comments. */
interface Suffix {
  readonly kind: 'suffix';
  readonly text: string;
  readonly breaks: true;
}

/** A blank, or a line end in a broken group. */
export const line: Doc = { kind: 'line', flat: ' ', breaks: false };
/** Nothing, or a line end in a broken group. */
export const softLine: Doc = { kind: 'line', flat: '', breaks: false };
/** A line end. */
export const hardLine: Doc = { kind: 'line', flat: '', breaks: true };

export function concat(...parts: readonly Doc[]): Doc {
  return { kind: 'concat', parts, breaks: parts.some(mustBreak) };
}

export function group(body: Doc): Doc {
  return { kind: 'group', body, breaks: mustBreak(body) };
}

export function indent(body: Doc): Doc {
  return { kind: 'indent', body, breaks: mustBreak(body) };
}

export function suffix(text: string): Doc {
  return { kind: 'suffix', text, breaks: true };
}

/** `parts` with a separator between them. */
export function join(separator: Doc, parts: readonly Doc[]): Doc {
  return concat(...parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part])));
}

/** Text with line ends inside (a block comment, a C definition) is printed as it is, and breaks what is around it. */
function mustBreak(doc: Doc): boolean {
  return typeof doc === 'string' ? doc.includes('\n') : doc.breaks;
}

interface Task {
  readonly doc: Doc;
  readonly indent: number;
  readonly isFlat: boolean;
}

/** Lays a document out. No line ends in blanks; the result has no line end of its own. */
export function layOut(doc: Doc, width: number, indentWidth: number): string {
  const lines: string[] = [];
  const tasks: Task[] = [{ doc, indent: 0, isFlat: false }];
  let current = '';
  let suffixes: string[] = [];
  const endLine = (nextIndent: number): void => {
    lines.push(withSuffixes(current.trimEnd(), suffixes));
    suffixes = [];
    current = ' '.repeat(nextIndent);
  };
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { doc: part, indent: depth, isFlat } = task;
    if (typeof part === 'string') {
      current += part;
      continue;
    }
    switch (part.kind) {
      case 'concat':
        for (let at = part.parts.length - 1; at >= 0; at--) {
          tasks.push({ doc: part.parts[at] ?? '', indent: depth, isFlat });
        }
        break;
      case 'indent':
        tasks.push({ doc: part.body, indent: depth + indentWidth, isFlat });
        break;
      case 'group': {
        const room = width - (current.length - (current.lastIndexOf('\n') + 1));
        const flat = isFlat || (!part.breaks && fits(part.body, tasks, room));
        tasks.push({ doc: part.body, indent: depth, isFlat: flat });
        break;
      }
      case 'suffix':
        suffixes.push(part.text);
        break;
      case 'line':
        if (isFlat) current += part.flat;
        else endLine(depth);
    }
  }
  endLine(0);
  return lines.join('\n');
}

/** A line and the comments that moved to its end: line comments last, as they make comments of what follows them. */
function withSuffixes(text: string, suffixes: readonly string[]): string {
  const isLine = (comment: string): boolean => comment.startsWith('//');
  return [text, ...suffixes.filter((comment) => !isLine(comment)), ...suffixes.filter(isLine)].join(' ');
}

/** Whether `body` on one line, and what follows it up to the next possible line end, takes at most `room` columns. */
function fits(body: Doc, following: readonly Task[], room: number): boolean {
  const todo: { doc: Doc; isFlat: boolean }[] = [{ doc: body, isFlat: true }];
  let next = following.length - 1;
  let left = room;
  while (left >= 0) {
    const task = todo.pop() ?? following[next--];
    if (task === undefined) return true;
    const { doc, isFlat } = task;
    if (typeof doc === 'string') {
      const lineEnd = doc.indexOf('\n');
      if (lineEnd >= 0) return lineEnd <= left;
      left -= doc.length;
      continue;
    }
    switch (doc.kind) {
      case 'concat':
        for (let at = doc.parts.length - 1; at >= 0; at--) todo.push({ doc: doc.parts[at] ?? '', isFlat });
        break;
      case 'indent':
        todo.push({ doc: doc.body, isFlat });
        break;
      case 'group':
        todo.push({ doc: doc.body, isFlat: isFlat || !doc.breaks });
        break;
      case 'suffix':
        break;
      case 'line':
        if (!isFlat) return true;
        left -= doc.flat.length;
    }
  }
  return false;
}
