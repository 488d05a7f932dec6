/** Which file an `#include` in a script means, and what happens when there is none. */
import type { Target } from '../program/index.ts';
import type { IncludeAnswer, IncludeRequest } from './cpreproc/index.ts';

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}

/**
 * Looks beside the including file (for the quoted form), then in the include directories. A header that is nowhere is as if it were empty
 * where the kernel's BTF has the types that it would bring; without BTF it is an error.
 */
export function answerInclude(request: IncludeRequest, target: Target): IncludeAnswer {
  const { path, form, from } = request;
  const folders = [...(form === 'quoted' ? [directoryOf(from)] : []), ...target.includeDirs];
  const candidates = path.startsWith('/') ? [path] : folders.map((folder) => `${folder}/${path}`);
  for (const name of candidates) {
    const answer = target.readFile(name);
    if (answer.kind === 'text') return { kind: 'text', name, text: answer.text };
  }
  if (form === 'angled' && target.btf() !== undefined) return { kind: 'nothing' };
  return {
    kind: 'refused',
    reason: folders.length === 0 ? 'No such file' : `No such file in ${folders.join(', ')}`,
  };
}
