/** Which loops become calls (`outlined-loops.ts`). */
import type { ProbeKind, Target } from '../../program/index.ts';
import type { TypedExpr, TypedProbe, TypedStatement } from '../typed/index.ts';
import { constantRounds, costOf, isLoop, type Loop, loopForm } from './loop-form.ts';
import { walkStatements } from './walk.ts';

/** Rounds times instructions from which on a loop is made into calls. Below it the verifier is quicker, and the code as well. */
const OUTLINED_FROM = 1_000;
/** What a loop that stays in place may cost in a prog that has functions, whose verifiers take every number there for an important one. */
const IN_PLACE_LIMIT = 5_000;

/** Loops inside one another that may all become functions; the kernel allows 8 functions at a time. */
const MAX_NESTING = 4;

/** Builtins that need no ctx, except printf() in iterators. What is not here keeps a loop in place. */
const withoutCtx: ReadonlySet<string> = new Set(
  'printf pid tid uid gid cpu comm nsecs elapsed rand has_key delete'.split(' '),
);

/** Expressions that need no ctx, no address of a variable and no function of the script. */
const plain: ReadonlySet<string> = new Set<TypedExpr['kind']>([
  ...(['int', 'string', 'local', 'map', 'named-param', 'tuple', 'element', 'cast', 'block', 'call'] as const),
  ...(['modify', 'negate', 'complement', 'not', 'binary', 'compare', 'logical', 'conditional'] as const),
]);

/** The loops of a probe that become calls: all that are dear, or none. */
export function loopsToOutline(
  { statements }: TypedProbe,
  kind: ProbeKind | undefined,
  target: Target,
): ReadonlySet<Loop> {
  const outlined = new Set<Loop>();
  if (kind === 'iter' || target.has('open-coded-iterators') || !target.has('bounded-loops')) return outlined;
  let staysInPlace = false;
  let nesting = 0;
  walkStatements(statements, {
    enter: (statement) => {
      if (statement.kind === 'while' || statement.kind === 'for-map') staysInPlace = true;
      if (statement.kind !== 'repeat' && statement.kind !== 'for-range') return;
      if (loopForm(statement, target).kind !== 'bounded') staysInPlace = true;
      const rounds =
        statement.kind === 'repeat' ? statement.count : constantRounds(statement.from, statement.to);
      const cost = (rounds ?? Number.POSITIVE_INFINITY) * costOf(statement.body);
      if (cost < OUTLINED_FROM) return;
      if (rounds !== undefined && isPlain(statement.body)) {
        outlined.add(statement);
        nesting += 1;
        if (nesting > MAX_NESTING) staysInPlace = true;
      } else if (cost > IN_PLACE_LIMIT) staysInPlace = true;
    },
    leave: (statement) => {
      if (isLoop(statement) && outlined.has(statement)) nesting -= 1;
    },
  });
  return staysInPlace ? new Set() : outlined;
}

/** Whether a body can do without ctx, and is left at its end alone. */
function isPlain(body: readonly TypedStatement[]): boolean {
  let yes = true;
  walkStatements(body, {
    expr: (expr) => {
      if (!plain.has(expr.kind) || (expr.kind === 'call' && !withoutCtx.has(expr.builtin))) yes = false;
    },
    enter: ({ kind }) => {
      if (kind === 'break' || kind === 'continue' || kind === 'return' || kind === 'set-element') yes = false;
    },
  });
  return yes;
}
