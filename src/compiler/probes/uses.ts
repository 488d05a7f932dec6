import type { Block, Macro, Node, Script } from '../language/index.ts';

/** Names a probe block mentions, directly or through the macros it may call. */
export type Uses = ReadonlySet<string>;

/** Walks any part of the tree: every property that holds a node or a list of nodes. */
function eachName(node: unknown, visit: (name: string) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) eachName(item, visit);
    return;
  }
  if (typeof node !== 'object' || node === null || !('kind' in node)) return;
  const { kind } = node as Node; // every object of the tree with a `kind` is a node
  if ((kind === 'builtin' || kind === 'identifier') && 'name' in node && typeof node.name === 'string')
    visit(node.name);
  if (kind === 'name' && 'text' in node && typeof node.text === 'string') visit(node.text);
  for (const [key, value] of Object.entries(node))
    if (key !== 'span' && key !== 'headSpan') eachName(value, visit);
}

/**
 * What a block uses that ties it to one attach point (`args`, `probe`, `ctx` …). A name that a macro defines counts with everything in
 * that macro's body, whether or not this overload is the one called.
 */
export function usesOf(script: Script, parts: readonly (Block | Node)[]): Uses {
  const macros = new Map<string, Macro[]>();
  for (const item of script.items) {
    if (item.kind === 'macro') macros.set(item.name.text, [...(macros.get(item.name.text) ?? []), item]);
  }
  const names = new Set<string>();
  const visit = (name: string): void => {
    if (names.has(name)) return;
    names.add(name);
    for (const macro of macros.get(name) ?? []) eachName(macro.body, visit);
  };
  for (const part of parts) eachName(part, visit);
  return names;
}
