/** Which loops become calls (`outlined-loops.ts`). */
import type { ProbeKind, Target } from '../../program/index.ts';
import { type TypedExpr, type TypedProbe, type TypedStatement, walkStatements } from '../typed/index.ts';
import { constantRounds, costOf, isLoop, type Loop, loopForm } from './loop-form.ts';

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

/** Rounds of calls that the verifier may be made to follow, at some eight instructions each; with a choice, fewer. */
const MAX_ROUNDS = 15_000;
const MAX_ROUNDS_WITH_ITERATORS = 600;

/** The loops of a probe that become calls. Without iterators it is all that are dear, or none. */
export function loopsToOutline(
  { statements }: TypedProbe,
  kind: ProbeKind | undefined,
  target: Target,
): ReadonlySet<Loop> {
  const outlined = new Set<Loop>();
  // Looked at first: what the target can do takes longer to find out.
  if (kind === 'iter' || !hasDearLoop(statements) || !target.has('bounded-loops')) return outlined;
  const hasIterators = target.has('open-coded-iterators');
  let staysInPlace = false;
  let nesting = 0;
  walkStatements(statements, {
    enter: (statement) => {
      if (!isLoop(statement)) return;
      const form = loopForm(statement, target).kind;
      if (form !== 'bounded' && form !== 'iterator') staysInPlace = true;
      const rounds = roundsOf(statement);
      const cost = rounds * costOf(statement.body);
      const isDear = hasIterators ? form === 'iterator' : cost >= OUTLINED_FROM;
      if (!isDear) return;
      if (rounds <= (hasIterators ? MAX_ROUNDS_WITH_ITERATORS : MAX_ROUNDS) && isPlain(statement.body)) {
        outlined.add(statement);
        nesting += 1;
        if (nesting > MAX_NESTING) staysInPlace = true;
      } else if (!hasIterators && cost > IN_PLACE_LIMIT) staysInPlace = true;
    },
    leave: (statement) => {
      if (isLoop(statement) && outlined.has(statement)) nesting -= 1;
    },
  });
  return staysInPlace ? new Set() : outlined;
}

function hasDearLoop(statements: readonly TypedStatement[]): boolean {
  let found = false;
  walkStatements(statements, {
    enter: (statement) => {
      if (found || !isLoop(statement)) return;
      const rounds = roundsOf(statement);
      found = rounds <= MAX_ROUNDS && rounds * costOf(statement.body) >= OUTLINED_FROM;
    },
  });
  return found;
}

/** Infinite where nobody knows it. */
function roundsOf(loop: Loop): number {
  if (loop.kind === 'repeat') return loop.count;
  const rounds = loop.kind === 'for-range' ? constantRounds(loop.from, loop.to) : undefined;
  return rounds ?? Number.POSITIVE_INFINITY;
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
