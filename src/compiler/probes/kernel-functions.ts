/** The kernel functions an attach point names: exact, by module, by wildcard. */
import type { KernelFunction } from '../../program/index.ts';
import type { Point, ResolveContext } from './context.ts';
import { hasWildcard, matcher } from './wildcard.ts';

export interface FunctionPattern {
  readonly module?: string;
  readonly function: string;
}

/** Functions that match, each name once; undefined when a wildcard was given and no list of functions can be read. */
export function matchFunctions(
  pattern: FunctionPattern,
  context: ResolveContext,
): readonly KernelFunction[] | undefined {
  const { module, function: name } = pattern;
  if (!hasWildcard(name) && (module === undefined || !hasWildcard(module))) {
    const known = context.target.hasKernelFunction(name, module);
    // Could not tell: the kernel decides when the probe is attached.
    return known === false
      ? []
      : [{ name, ...(module !== undefined && module !== 'vmlinux' ? { module } : {}) }];
  }
  const all = context.target.kernelFunctions();
  if (!all) return undefined;
  const isName = matcher(name);
  const isModule = module === undefined ? undefined : matcher(module);
  const seen = new Set<string>();
  return all.filter((fn) => {
    if (!isName(fn.name) || (isModule && !isModule(fn.module ?? 'vmlinux'))) return false;
    // Compilers split cold parts off under this name; upstream leaves them out too.
    if (fn.name.includes('.part.')) return false;
    const key = `${fn.module ?? ''}:${fn.name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Says that wildcards need a list of functions, where none could be read. */
export function noFunctionList(point: Point, context: ResolveContext): void {
  context.report('no-function-list', point.span);
}
