/** The kernel functions an attach point names: exact, by module, by wildcard. */
import type { KernelFunction } from '../../program/index.ts';
import { suggest } from '../language/index.ts';
import type { Point, ResolveContext } from './context.ts';
import { hasWildcard, inOrderOfNames, longestPiece, matcher } from './wildcard.ts';

export interface FunctionPattern {
  readonly module?: string;
  readonly function: string;
}

/**
 * Functions that hang or crash kernels when they are traced, although nothing in the kernel says so. Source: the kernel's own test of
 * attaching to everything, tools/testing/selftests/bpf/prog_tests/kprobe_multi_test.c.
 */
const dangerous: ReadonlySet<string> = new Set(['arch_cpu_idle', 'default_idle', 'bpf_dispatcher_xdp_func']);
const dangerousPrefix = 'rcu_';

/** Whether a pattern may stand for this function; one named in full may be any. */
export function isForPatterns(name: string): boolean {
  // Compilers split cold parts off as `name.part.0`; they cannot be traced.
  return !name.includes('.part.') && !name.startsWith(dangerousPrefix) && !dangerous.has(name);
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
  const all = context.target.kernelFunctions(longestPiece(name));
  if (!all) return undefined;
  const isName = matcher(name);
  const isModule = module === undefined ? undefined : matcher(module);
  const seen = new Set<string>();
  const found = all.filter((fn) => {
    if (!isName(fn.name) || (isModule && !isModule(fn.module ?? 'vmlinux'))) return false;
    if (!isForPatterns(fn.name)) return false;
    const key = `${fn.module ?? ''}:${fn.name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return inOrderOfNames(found, (fn) =>
    module === undefined ? fn.name : `${fn.module ?? 'vmlinux'}:${fn.name}`,
  );
}

/** Whether a module that an attach point names is there; patterns are met by whatever is. */
export function isModuleLoaded(module: string | undefined, { target }: ResolveContext): boolean {
  if (module === undefined || module === 'vmlinux' || hasWildcard(module)) return true;
  return (
    target.btfModules().includes(module) ||
    (target.kernelFunctions() ?? []).some((known) => known.module === module)
  );
}

/** "Did you mean …?" for a function that the kernel does not have. */
export function similarFunction(
  { function: name }: FunctionPattern,
  context: ResolveContext,
): string | undefined {
  if (hasWildcard(name)) return undefined;
  return suggest(
    name,
    (context.target.kernelFunctions() ?? []).map((known) => known.name),
  );
}

/** Says that wildcards need a list of functions, where none could be read. */
export function noFunctionList(point: Point, context: ResolveContext): void {
  context.report('no-function-list', point.span);
}
