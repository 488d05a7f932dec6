import { invariant } from '../../base/index.ts';
import { checkFunc, type Func, printFunc } from '../ir/index.ts';
import { commonSubexpressions } from './common-subexpressions.ts';
import { deadCode } from './dead-code.ts';
import { fold } from './fold.ts';
import { foldAddresses } from './fold-addresses.ts';
import { forwardMemory } from './forward-memory.ts';
import { knownConditions } from './known-conditions.ts';
import { mergeEqualBlocks } from './merge-blocks.ts';
import type { Pass } from './pass.ts';
import { redundantExtensions } from './redundant-extensions.ts';
import { selectDiamonds } from './select-diamonds.ts';
import { simplifyBranches } from './simplify-branches.ts';

export interface Stage {
  readonly pass: Pass;
  /** Why it stands where it stands. */
  readonly why: string;
}

/** Done again and again until nothing changes any more. */
export const rounds: readonly Stage[] = [
  { pass: simplifyBranches, why: 'lowering leaves many small blocks; facts travel further in large ones' },
  { pass: fold, why: 'constants first: every later pass sees fewer and simpler operations' },
  { pass: commonSubexpressions, why: 'after folding, equal values look equal' },
  { pass: knownConditions, why: 'needs equal conditions to be one value' },
  {
    pass: foldAddresses,
    why: 'constants of address sums have met by now; accesses to one place get one base',
  },
  {
    pass: forwardMemory,
    why: 'needs accesses to one place to look alike; what it finds is folded in the next round',
  },
  { pass: redundantExtensions, why: 'forwarded values come wrapped in extensions' },
  { pass: deadCode, why: 'sweeps up behind the others' },
];

/** Done once, at the end. */
export const finish: readonly Stage[] = [
  {
    pass: selectDiamonds,
    why: 'a value that a branch chooses is easier to follow than one a select chooses, so not before',
  },
  { pass: simplifyBranches, why: 'a block and the one it now always jumps to become one' },
  {
    pass: mergeEqualBlocks,
    why: 'only now do blocks that do the same look the same; earlier it would hide facts from the rounds',
  },
  { pass: simplifyBranches, why: 'merged successors make branches with two equal sides' },
  { pass: deadCode, why: 'conditions of such branches are not needed' },
];

/** Each round needs what the one before found; more than this many never paid. */
const MAX_ROUNDS = 6;

export interface OptimizeOptions {
  /** Called with the function's text after each pass that changed it. */
  readonly trace?: (pass: string, text: string) => void;
  /** Run the IR checker after each pass, so that a broken pass names itself. */
  readonly isChecked?: boolean;
}

/** Improves a function; its meaning stays. */
export function optimize(func: Func, options: OptimizeOptions = {}): Func {
  /** By pass: the function it had nothing more to say about. */
  const settled = new Map<Pass, Func>();
  let current = func;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = current;
    current = runStages(rounds, current, options, settled);
    if (current === before) break;
  }
  return runStages(finish, current, options, settled);
}

function runStages(
  stages: readonly Stage[],
  func: Func,
  { trace, isChecked = false }: OptimizeOptions,
  settled: Map<Pass, Func>,
): Func {
  let current = func;
  for (const { pass } of stages) {
    if (settled.get(pass) === current) continue;
    const next = pass.run(current);
    settled.set(pass, next);
    if (next === current) continue;
    current = next;
    trace?.(pass.name, printFunc(current));
    if (isChecked) {
      const problems = checkFunc(current);
      invariant(
        problems.length === 0,
        `the IR is sound after ${pass.name}: ${problems.join('; ')}\n${printFunc(current)}`,
      );
    }
  }
  return current;
}
