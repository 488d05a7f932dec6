import { type LocalIndex, type TypedBody, type TypedExpr, walkStatements } from '../typed/index.ts';
import { isLoop, type Loop, type LoopForms } from './loop-form.ts';

/** What the functions that a body becomes (itself, and those of loops in it) share. */
export interface Captures {
  /** Locals that need an address: the function of a loop reaches them, or the script asks for it. */
  readonly inMemory: ReadonlySet<LocalIndex>;
  /** Those of them that the function of an outlined loop reaches. */
  readonly inCells: ReadonlySet<LocalIndex>;
  /** The callback loop a local belongs to; undefined: the body itself. */
  ownerOf(local: LocalIndex): Loop | undefined;
  /** Locals a callback loop reaches that belong to a function around it. */
  capturedBy(loop: Loop): readonly LocalIndex[];
  /** Whether the probe can be left from inside a callback loop. */
  leavesFrom(loop: Loop): boolean;
}

/** Builtins that end the probe, and the run. */
export const leaving: ReadonlySet<string> = new Set(['exit', 'assert']);

/**
 * Finds which locals callbacks share with the functions around them. A local belongs to the innermost callback loop that holds all
 * its mentions:
 *
 *     $n = 0;                      // belongs to the probe, captured by both loops
 *     for $kv : @a {               // $kv and $k belong to this loop
 *       $k = $kv.0;
 *       for $x : @b { $n += $k }   // captures $n and $k
 *     }
 */
export function findCaptures(body: TypedBody, forms: Pick<LoopForms, 'isFunction' | 'isOutlined'>): Captures {
  const path: Loop[] = [];
  const mentions = new Map<LocalIndex, (readonly Loop[])[]>();
  const inMemory = new Set<LocalIndex>();
  const leaves = new Set<Loop>();
  const mention = (local: LocalIndex): void => {
    const places = mentions.get(local);
    if (places === undefined) mentions.set(local, [[...path]]);
    else if (places.at(-1)?.at(-1) !== path.at(-1)) places.push([...path]);
  };
  const leave = (): void => {
    for (const loop of path) leaves.add(loop);
  };
  walkStatements(body.statements, {
    expr: (expr) => {
      for (const local of localsIn(expr)) mention(local);
      if (expr.kind === 'address-of-local') inMemory.add(expr.local);
      // A script function may end the probe too.
      if (expr.kind === 'call-fn' || (expr.kind === 'call' && leaving.has(expr.builtin))) leave();
    },
    enter: (statement) => {
      if (isLoop(statement) && forms.isFunction(statement)) path.push(statement);
      if (
        statement.kind === 'set-local' ||
        statement.kind === 'clear-local' ||
        statement.kind === 'for-range' ||
        statement.kind === 'for-map'
      ) {
        mention(statement.local);
      }
      if (statement.kind === 'return') leave();
    },
    leave: (statement) => {
      if (path.at(-1) === statement) path.pop();
    },
  });

  const captured = new Map<Loop, LocalIndex[]>();
  const owners = new Map<LocalIndex, Loop | undefined>();
  const inCells = new Set<LocalIndex>();
  for (const [local, places] of mentions) {
    const depth = commonPrefix(places);
    owners.set(local, places[0]?.[depth - 1]);
    const loops = new Set(places.flatMap((place) => place.slice(depth)));
    if (loops.size > 0) inMemory.add(local);
    for (const loop of loops) {
      captured.set(loop, [...(captured.get(loop) ?? []), local]);
      if (forms.isOutlined(loop)) inCells.add(local);
    }
  }
  return {
    inMemory,
    inCells,
    ownerOf: (local) => owners.get(local),
    capturedBy: (loop) => captured.get(loop) ?? [],
    leavesFrom: (loop) => leaves.has(loop),
  };
}

function localsIn(expr: TypedExpr): readonly LocalIndex[] {
  switch (expr.kind) {
    case 'local':
    case 'address-of-local':
      return [expr.local];
    case 'modify':
      return expr.target.kind === 'local' ? [expr.target.local] : [];
    case 'call':
      return expr.attrs.local === undefined ? [] : [expr.attrs.local];
    default:
      return [];
  }
}

/** Length of the longest common beginning. */
function commonPrefix(paths: readonly (readonly Loop[])[]): number {
  const [first = [], ...others] = paths;
  let length = first.length;
  for (const path of others) {
    let same = 0;
    while (same < length && path[same] === first[same]) same++;
    length = same;
  }
  return length;
}
