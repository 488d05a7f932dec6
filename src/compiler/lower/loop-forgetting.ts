/**
 * Keeps the verifier from following every history of a loop.
 *
 * A variable that only some rounds change has a different constant for each way the rounds before can have gone, and the verifier walks on with
 * each of them:
 *
 *     unroll(19) { if ($full == 10) { $cleared += 1; } else { $to -= 1; } … }
 *
 * After n rounds there are n + 1 pairs of ($cleared, $to), and all that follows is walked once for each. At the end of a round such a variable is
 * therefore mixed with a number the verifier knows nothing of, and unmixed again: (x ^ u) ^ u. It knows nothing of x then, and the ways of the
 * round meet. The loop's own counter is left alone: that it ends must stay visible. (No rule of the optimizer undoes this; a test says so.)
 */
import type { ValueId } from '../ir/index.ts';
import { type LocalIndex, type TypedStatement, walkStatements } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { localOf, readLocal, writeLocal } from './locals.ts';

/** Variables from before the loop that its body changes in some rounds only. */
export function sometimesChanged(f: FuncContext, body: readonly TypedStatement[]): readonly LocalIndex[] {
  const found = new Set<LocalIndex>();
  let conditions = 0;
  walkStatements(body, {
    enter: (statement) => {
      if (statement.kind === 'set-local' && conditions > 0) found.add(statement.local);
      if (statement.kind === 'if') conditions += 1;
    },
    leave: (statement) => {
      if (statement.kind === 'if') conditions -= 1;
    },
    expr: (expr) => {
      if (expr.kind === 'modify' && expr.target.kind === 'local' && conditions > 0)
        found.add(expr.target.local);
    },
  });
  return [...found].filter((local) => f.body.homes.get(local)?.kind === 'variable' && isNumber(f, local));
}

/** Variables that the body changes at all. */
export function everChanged(f: FuncContext, body: readonly TypedStatement[]): readonly LocalIndex[] {
  const found = new Set<LocalIndex>();
  walkStatements(body, {
    enter: (statement) => {
      if (statement.kind === 'set-local') found.add(statement.local);
    },
    expr: (expr) => {
      if (expr.kind === 'modify' && expr.target.kind === 'local') found.add(expr.target.local);
    },
  });
  return [...found].filter((local) => isNumber(f, local));
}

/**
 * Makes even a constant unknown, at the price of a load: a zero is added that lies in a map. (What is mixed with a number and unmixed again is folded
 * when it is a constant.)
 */
export function forgetConstants(f: FuncContext, locals: readonly LocalIndex[]): void {
  if (locals.length === 0) return;
  const { b } = f;
  const { mapTable } = f.prog.program;
  const zero = b.load(8, b.mapValue(mapTable.globals, mapTable.zeroOffset));
  for (const local of locals) writeLocal(f, local, b.binary('add', readLocal(f, local), zero));
}

/** Pointers have to stay what the verifier knows them to be. */
function isNumber(f: FuncContext, local: LocalIndex): boolean {
  const { kind } = localOf(f, local).type;
  return kind === 'int' || kind === 'bool' || kind === 'enum';
}

/** Makes the verifier forget what it knows of variables; their values stay. */
export function forget(f: FuncContext, locals: readonly LocalIndex[]): void {
  for (const local of locals) writeLocal(f, local, forgotten(f, readLocal(f, local)));
}

function forgotten(f: FuncContext, value: ValueId): ValueId {
  const { b } = f;
  // Any helper that gives a number will do; this one is cheap and gives the same all through an event.
  const unknown = b.call('get_current_pid_tgid', [], 'stable');
  return b.binary('xor', b.binary('xor', value, unknown), unknown);
}
