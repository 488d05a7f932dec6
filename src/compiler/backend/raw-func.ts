import { invariant } from '../../base/index.ts';
import { type Insn, LD_IMM64, ldFunc, pseudoCalls } from '../../bpf/index.ts';
import type { Code, Label, RelocTarget } from './code.ts';

/** A function that is machine code already: it goes into a prog as it is, behind those made from IR. */
export interface RawFunc {
  readonly name: string;
  readonly insns: readonly Insn[];
  /** By index in `insns`: the function that is called or whose address is taken, or what the loader fills in. */
  readonly links: ReadonlyMap<number, { readonly kind: 'func'; readonly name: string } | RawReloc>;
  /** Bytes of stack of its own. */
  readonly stackBytes: number;
}

export type RawReloc = Exclude<RelocTarget, { readonly kind: 'scratch' }>;

/** The names of the functions that a raw function calls. */
export function calledByRaw(func: RawFunc): readonly string[] {
  return [...func.links.values()].flatMap((link) => (link.kind === 'func' ? [link.name] : []));
}

/** The raw functions among some names, and those that they call. */
export function reachedRawFuncs(names: Iterable<string>, funcs: readonly RawFunc[]): readonly RawFunc[] {
  const reached = new Set(names);
  const byName = new Map(funcs.map((func) => [func.name, func]));
  for (const name of reached) {
    const func = byName.get(name);
    for (const called of func ? calledByRaw(func) : []) reached.add(called);
  }
  return funcs.filter(({ name }) => reached.has(name));
}

export function emitRawFunc(code: Code, func: RawFunc, labels: ReadonlyMap<string, Label>): void {
  for (const [index, insn] of func.insns.entries()) {
    const link = func.links.get(index);
    if (link === undefined) code.add(insn, undefined);
    else if (link.kind === 'func') {
      const to = labels.get(link.name);
      invariant(to !== undefined, 'what a raw function calls is part of the prog');
      const isAddress = insn.opcode === LD_IMM64;
      code.add(isAddress ? ldFunc(insn.dst, 0) : insn, undefined, { kind: 'func', to });
    } else {
      const isCall = link.kind === 'kfunc';
      code.add(
        isCall ? { ...insn, src: pseudoCalls.BPF_PSEUDO_KFUNC_CALL, imm: 0 } : insn,
        undefined,
        undefined,
        link,
      );
    }
  }
}
