import type { Node } from './ast.ts';
import { childrenOf } from './children.ts';
import type { Cursor } from './cursor.ts';

/**
 * How deep a syntax tree may be. Later stages walk it by recursion, and a chain such as `a + b + …` is a tree as deep
 * as it has operators although it does not nest: the limit keeps every walk within a default 1 MB stack.
 */
const maxTreeDepth = 600;

/** Reports each of the nodes that holds a tree deeper than the limit. Walks without recursion. */
export function checkTreeDepth(p: Cursor, roots: readonly Node[]): void {
  for (const root of roots) {
    const tooDeep = findTooDeep(root);
    if (tooDeep !== undefined) p.report('syntax-too-deep', tooDeep.span, maxTreeDepth);
  }
}

function findTooDeep(root: Node): Node | undefined {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxTreeDepth) return level[0];
    level = level.flatMap(childrenOf);
  }
  return undefined;
}
