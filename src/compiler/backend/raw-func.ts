import type { Insn } from '../../bpf/index.ts';
import type { Code, Label } from './code.ts';

/** A function that is machine code already: it goes into a prog as it is, behind those made from IR. */
export interface RawFunc {
  readonly name: string;
  readonly insns: readonly Insn[];
  /** By index in `insns`: what a call there calls. */
  readonly calls: ReadonlyMap<number, { readonly kind: 'func' | 'kfunc'; readonly name: string }>;
  /** Bytes of stack of its own. */
  readonly stackBytes: number;
}

/** The raw functions among some names, and those that they call. */
export function reachedRawFuncs(names: Iterable<string>, funcs: readonly RawFunc[]): readonly RawFunc[] {
  const reached = new Set(names);
  const byName = new Map(funcs.map((func) => [func.name, func]));
  for (const name of reached) {
    for (const call of byName.get(name)?.calls.values() ?? [])
      if (call.kind === 'func') reached.add(call.name);
  }
  return funcs.filter(({ name }) => reached.has(name));
}

export function emitRawFunc(code: Code, func: RawFunc, labels: ReadonlyMap<string, Label>): void {
  for (const [index, insn] of func.insns.entries()) {
    const call = func.calls.get(index);
    const to = call?.kind === 'func' ? labels.get(call.name) : undefined;
    if (call?.kind === 'kfunc')
      code.add({ ...insn, src: 2, imm: 0 }, undefined, undefined, { kind: 'kfunc', name: call.name });
    else code.add(insn, undefined, to === undefined ? undefined : { kind: 'func', to });
  }
}
