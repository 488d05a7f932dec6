/** What a script uses that a compiled program (`--aot`) cannot keep. */
import { checkCatalogue } from './check/index.ts';
import { childrenOf, type Diagnostic, makeDiagnostic, type Node, type Script } from './language/index.ts';

/** Functions whose value is true for this run of the machine only. */
const bound: ReadonlySet<string> = new Set(['kaddr', 'uaddr', 'cgroupid']);

export function portabilityProblems(script: Script): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const walk = (node: Node): void => {
    const what = problemOf(node);
    if (what !== undefined) found.push(makeDiagnostic(checkCatalogue, 'aot', node.span, what));
    for (const child of childrenOf(node)) walk(child);
  };
  for (const item of script.items) walk(item);
  return found;
}

function problemOf(node: Node): string | undefined {
  if (node.kind === 'positional' || node.kind === 'positional-count') return 'positional parameters';
  return node.kind === 'call' && bound.has(node.callee.text) ? `${node.callee.text}()` : undefined;
}
