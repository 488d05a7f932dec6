import type { Target } from '../../src/program/index.ts';
import { LiveMachine } from '../../src/runtime/index.ts';

/** This machine as the compiler sees it, with kprobes on every function that its BTF names, and every symbol: for compiling, not running. */
export function targetWithEverything(): Target {
  const live = new LiveMachine({
    environment: {},
    includeDirs: [],
    debugInfoDirs: [],
    disabledFeatures: new Set(),
    unsafe: false,
  }).target;
  const answers: Partial<Target> = {
    has: (feature) => feature === 'kprobe' || live.has(feature),
    kernelFunctions: () => {
      const btf = live.btf();
      const names = btf === undefined ? [] : [...btf.idsOfKind('func')].map((id) => btf.nameOf(id));
      // Compilers make such variants of a function; which, depends on the kernel.
      return [...names, 'lookup_fast.constprop.0'].map((name) => ({ name }));
    },
    hasKernelFunction: () => true,
    kernelSymbol: (name) => live.kernelSymbol(name) ?? 0xffff_ffff_8100_0000n,
  };
  return new Proxy<Target>(live, {
    get(target, key: keyof Target) {
      const value = answers[key] ?? target[key];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
