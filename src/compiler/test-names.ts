/** Tests and benchmarks have names of their own: results are told by them. */
import {
  type Diagnostic,
  makeDiagnostic,
  type Script,
  type Span,
  splitAttachPoint,
  withContext,
} from './language/index.ts';
import { probeCatalogue, providerNamed } from './probes/index.ts';

/** The names that occur twice, each time with where they stand first. */
export function reusedNames(script: Script, positional: readonly string[]): readonly Diagnostic[] {
  const firstByName = new Map<string, Span>();
  const found: Diagnostic[] = [];
  for (const item of script.items) {
    if (item.kind !== 'probe') continue;
    for (const { text, span } of item.attachPoints) {
      const split = splitAttachPoint(text, positional);
      if (!split.ok) continue;
      const [provider = '', name = ''] = split.parts;
      const kind = providerNamed(provider);
      if (kind !== 'test' && kind !== 'bench') continue;
      const key = `${kind}:${name}`;
      const first = firstByName.get(key);
      if (first === undefined) firstByName.set(key, span);
      else {
        const diagnostic = makeDiagnostic(probeCatalogue, 'probe-name-reused', span, name, kind);
        found.push(withContext(diagnostic, first, 'this is the other instance'));
      }
    }
  }
  return found;
}
