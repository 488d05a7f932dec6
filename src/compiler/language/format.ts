/**
 * The canonical layout of a script: two blanks of indentation, attach points, predicate and brace of a probe on lines
 * of their own, a blank line around probes, functions and macros, comments where they were.
 */
import { unreachable } from '../../base/index.ts';
import type { Config, Fn, Item, Macro, Node, Probe, Script } from './ast.ts';
import type { Doc } from './document.ts';
import { concat, group, hardLine, indent, layOut } from './document.ts';
import { formatBlock, formatExpr, formatType } from './format-code.ts';
import { CommentQueue, leading, trailing } from './format-comments.ts';
import { Lines } from './format-lines.ts';

const maxWidth = 100;
const indentWidth = 2;

/**
 * Prints a script without syntax errors in canonical layout. Printing the result again changes nothing, and it reads
 * as the same tree (spans apart).
 *
 * @returns text ending in a line end; empty for an empty script
 */
export function formatScript(script: Script): string {
  const { source, comments } = script;
  const queue = new CommentQueue(source.text, comments);
  const lines = new Lines(queue, 0);
  const pieces = topLevel(script);
  pieces.forEach((piece, index) => {
    const limit = pieces[index + 1]?.span.start ?? source.text.length;
    lines.add(piece.span, limit, () => formatPiece(piece, queue), standsApart(piece));
  });
  lines.addComments(source.text.length);
  if (lines.isEmpty) return '';
  return `${layOut(lines.doc, maxWidth, indentWidth)}\n`;
}

type Piece = Extract<Node, { kind: 'shebang' | 'c-directive' | 'c-definition' | 'config' | 'import' }> | Item;

/** Everything at the top level in the order of the script. */
function topLevel({ shebang, cSection, config, imports, items }: Script): readonly Piece[] {
  const pieces = [
    ...(shebang ? [shebang] : []),
    ...cSection,
    ...(config ? [config] : []),
    ...imports,
    ...items,
  ];
  return pieces.sort((left, right) => left.span.start - right.span.start);
}

function standsApart(piece: Piece): boolean {
  return ['config', 'macro', 'fn', 'probe'].includes(piece.kind);
}

function formatPiece(piece: Piece, comments: CommentQueue): Doc {
  switch (piece.kind) {
    case 'shebang':
    case 'c-directive':
      return piece.text;
    case 'c-definition':
      return `${piece.text};`;
    case 'config':
      return formatConfig(piece, comments);
    case 'import':
      return `import ${piece.path.text};`;
    case 'map-declaration':
      return `let ${piece.map.name} = ${piece.type.text}(${piece.maxEntries.text});`;
    case 'map-type-declaration':
      return concat(`let ${piece.map.name} : `, formatType(piece.type, comments), ';');
    case 'macro': {
      const params = piece.params.map((param) => param.name).join(', ');
      return concat(`macro ${piece.name.text}(${params})`, formatBody(piece, comments));
    }
    case 'fn': {
      const params = piece.params.flatMap(({ variable, type }, index) => {
        return [index > 0 ? ', ' : '', variable.name, ' : ', formatType(type, comments)];
      });
      const head = concat(
        `fn ${piece.name.text}(`,
        ...params,
        ') : ',
        formatType(piece.returnType, comments),
      );
      return concat(head, formatBody(piece, comments));
    }
    case 'probe':
      return formatProbe(piece, comments);
    default:
      return unreachable(piece);
  }
}

function formatConfig(config: Config, comments: CommentQueue): Doc {
  const { settings, span } = config;
  const lines = new Lines(comments, span.start);
  settings.forEach((setting, index) => {
    const { key, value } = setting;
    const text = value.kind === 'bool' ? String(value.value) : value.text;
    const limit = settings[index + 1]?.span.start ?? span.end;
    lines.add(setting.span, limit, () => `${key.text} = ${text};`);
  });
  lines.addComments(span.end);
  return lines.isEmpty
    ? 'config = {}'
    : concat('config = {', indent(concat(hardLine, lines.doc)), hardLine, '}');
}

function formatProbe(probe: Probe, comments: CommentQueue): Doc {
  const { attachPoints, predicate, predicateSpan, body } = probe;
  const parts: Doc[] = [];
  attachPoints.forEach(({ text, span }, index) => {
    const next = attachPoints[index + 1];
    const limit = next?.span.start ?? predicateSpan?.start ?? body.span.start;
    parts.push(index > 0 ? hardLine : '', leading(comments.takeBefore(span.start)), text);
    parts.push(next === undefined ? '' : ',', trailing(comments.takeOnLine(span.end, limit)));
  });
  if (predicate !== undefined && predicateSpan !== undefined) {
    parts.push(hardLine, leading(comments.takeBefore(predicateSpan.start)));
    // A `*` or a comment right behind the slash would start a comment with it.
    const isTight = !comments.hasBefore(predicate.span.start) && !startsWithStar(probe);
    const condition = formatExpr(predicate, comments);
    const rest = trailing(comments.takeBefore(predicateSpan.end));
    parts.push(group(concat(isTight ? '/' : '/ ', indent(condition), '/')), rest);
    parts.push(trailing(comments.takeOnLine(predicateSpan.end, body.span.start)));
  }
  return concat(...parts, formatBody(probe, comments));
}

/** The body of a probe, macro or function, from the line end before it. */
function formatBody({ body }: Macro | Fn | Probe, comments: CommentQueue): Doc {
  return concat(hardLine, leading(comments.takeBefore(body.span.start)), formatBlock(body, comments));
}

function startsWithStar({ predicate }: Probe): boolean {
  const text = predicate?.span.source.text ?? '';
  return text[predicate?.span.start ?? 0] === '*' && !predicate?.grouped;
}
