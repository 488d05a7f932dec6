import type { Node } from './ast.ts';
import { childrenOf } from './children.ts';
import { renderLocation } from './render-diagnostics.ts';
import type { Source } from './source.ts';

/**
 * A syntax tree as text, a node to a line: kind, its own values, and where it is.
 *
 *     assign op=+ 1:9-16
 *       variable name=$x 1:9-11
 *       int value=1 text=1 1:15-16
 */
export function printTree(root: Node): string {
  const lines: string[] = [];
  const todo: { node: Node; depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, depth } = next;
    lines.push('  '.repeat(depth) + printNode(node));
    for (const child of [...childrenOf(node)].reverse()) todo.push({ node: child, depth: depth + 1 });
  }
  return `${lines.join('\n')}\n`;
}

function printNode(node: Node): string {
  const values = Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'kind') return [];
    if (typeof value === 'string') return [`${key}=${isPlain(value) ? value : JSON.stringify(value)}`];
    if (typeof value === 'boolean') return value ? [key] : [];
    return typeof value === 'number' || typeof value === 'bigint' ? [`${key}=${value}`] : [];
  });
  return [node.kind, ...values, place(node, node.span.source)].join(' ');
}

function place(node: Node, source: Source): string {
  return renderLocation(node.span).slice(source.name.length + 1);
}

function isPlain(text: string): boolean {
  return /^[!-~]+$/.test(text) && !text.includes('"');
}
