import { findBuiltin } from '../builtins/index.ts';
import type { Span } from '../language/index.ts';
import { type Body, report } from './body.ts';
import { isStable } from './unstable.ts';

/** Whether a builtin may be used where the walk stands; reports why not. */
export function isUsableHere(body: Body, name: string, at: Span): boolean {
  const row = findBuiltin(name);
  if (!row) return false;
  if (row.unsafe && !body.program.isUnsafe) {
    report(body, 'unsafe-builtin', at, [name]);
    return false;
  }
  if (row.unstable && !isStable(body, row.unstable, at)) return false;
  if (!body.probe) {
    if (!row.needsCtx && !row.where) return true;
    report(body, 'outside-probe', at, [name]);
    return false;
  }
  const isBarred = typeof row.notInFor === 'function' ? row.notInFor(body.probe) : row.notInFor;
  if (isBarred && body.loops.includes('for')) {
    report(body, 'builtin-in-loop', at, [name]);
    return false;
  }
  // Rows that answer from the probe's own facts word their refusal themselves.
  if (!row.where || row.folds || row.where.includes(body.probe.kind)) return true;
  if (row.elsewhere === undefined) report(body, 'builtin-availability', at, [name, body.probe.kind]);
  else report(body, 'builtin-elsewhere', at, [row.elsewhere]);
  return false;
}
