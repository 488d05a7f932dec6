/**
 * Loops whose body is a function of the prog:
 *
 *     unroll(20) { BODY }     ->     round1() { cells = this CPU's cells; BODY; return 0 }     loop 20 times: call round1
 *
 * A global function is verified once, by itself, so a round costs the verifier a handful of instructions whatever the body is. Before Linux 6.4,
 * which has open-coded iterators, every other loop is followed round by round. Such a function takes and gives numbers only. Variables that
 * belong outside the body therefore live in cells of a per-CPU map, where the prog and the functions of its loops find them; no two progs share
 * cells.
 */
import { present } from '../../base/index.ts';
import { FuncBuilder, type ValueId } from '../ir/index.ts';
import { lowerStatements } from './blocks.ts';
import { findCells } from './cells.ts';
import { loop as boundedLoop } from './control.ts';
import { at, type FuncContext } from './func-context.ts';
import { writeLocal } from './locals.ts';
import { constantRounds, type Loop } from './loop-form.ts';
import { lowerScalar } from './lower-expr.ts';
import { freshFuncName } from './program-context.ts';

type OutlinedLoop = Extract<Loop, { readonly kind: 'repeat' | 'for-range' }>;

export function lowerOutlined(f: FuncContext, loop: OutlinedLoop): void {
  const name = lowerRound(f, loop);
  const rounds = loop.kind === 'repeat' ? loop.count : (constantRounds(loop.from, loop.to) ?? 0);
  boundedLoop(f, rounds, ({ index }) => void f.b.callFunc(name, loop.kind === 'repeat' ? [] : [index]));
}

/** Builds the function of a round; its name. The parameter of a range's is the number of the round. */
function lowerRound(f: FuncContext, loop: OutlinedLoop): string {
  const { prog } = f;
  const name = freshFuncName(prog, 'round');
  const b = new FuncBuilder({ name, role: 'subprog', params: loop.kind === 'repeat' ? 0 : 1 });
  const inner: FuncContext = {
    b,
    byKind: f.byKind,
    prog,
    ctx: () => present<ValueId>(undefined, 'a body that needs the ctx stays in place'),
    leaveProbe: (value) => b.return(value),
    loops: [{ isCounted: true }],
    cells: findCells(b, f, () => b.return(b.const(0))),
    body: { ...f.body, homes: new Map(), owner: loop, loopDepth: 0 },
  };
  at(inner, loop.at, () => {
    if (loop.kind === 'for-range')
      writeLocal(inner, loop.local, b.binary('add', lowerScalar(inner, loop.from), b.param(0)));
    lowerStatements(inner, loop.body);
    b.return(b.const(0));
  });
  prog.funcs.push(b.finish());
  return name;
}
