import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkFunc, parseFunc, printFunc } from '../ir/index.ts';
import { commonSubexpressions } from './common-subexpressions.ts';
import { deadCode } from './dead-code.ts';
import { fold } from './fold.ts';
import { foldAddresses } from './fold-addresses.ts';
import { forwardMemory } from './forward-memory.ts';
import { finish, type Pass, rounds } from './index.ts';
import { knownConditions } from './known-conditions.ts';
import { mergeEqualBlocks } from './merge-blocks.ts';
import { redundantExtensions } from './redundant-extensions.ts';
import { selectDiamonds } from './select-diamonds.ts';
import { simplifyBranches } from './simplify-branches.ts';

/** One example per pass: the body of a prog before and after. `after` undefined: nothing to do. */
interface Example {
  readonly pass: Pass;
  readonly what: string;
  readonly before: string;
  readonly after: string | undefined;
  readonly slots?: string;
}

const examples: readonly Example[] = [
  {
    pass: fold,
    what: 'computes constants and turns a multiplication into a shift',
    before: `
b0:
  v1 = const 3
  v2 = const 5
  v3 = add v1 v2
  v4 = load.8 v0+0
  v5 = mul v4 v3
  return v5`,
    after: `
b0:
  v1 = const 3
  v2 = const 5
  v3 = const 8
  v4 = load.8 v0+0
  v6 = const 3
  v5 = shl v4 v6
  return v5`,
  },
  {
    pass: fold,
    what: 'inverts a comparison that is compared with 0',
    before: `
b0:
  v1 = load.8 v0+0
  v2 = const 0
  v3 = const 9
  v4 = ult v1 v3
  v5 = eq v4 v2
  return v5`,
    after: `
b0:
  v1 = load.8 v0+0
  v2 = const 0
  v3 = const 9
  v4 = ult v1 v3
  v5 = uge v1 v3
  return v5`,
  },
  {
    pass: foldAddresses,
    what: 'moves constants into offsets',
    before: `
b0:
  v1 = const 16
  v2 = add v0 v1
  v3 = load.8 v2+8
  return v3`,
    after: `
b0:
  v1 = const 16
  v2 = add v0 v1
  v3 = load.8 v0+24
  return v3`,
  },
  {
    pass: foldAddresses,
    what: 'leaves an offset that would not fit 16 bits',
    before: `
b0:
  v1 = mapValue 1+0
  v2 = const 32767
  v3 = add v1 v2
  v4 = load.8 v3+8
  return v4`,
    after: undefined,
  },
  {
    pass: commonSubexpressions,
    what: 'calls a stable helper once on a path, and leaves one that is not',
    before: `
b0:
  v1 = call get_current_pid_tgid() stable
  v2 = call ktime_get_ns() reads
  branch v1 b1 b2
b1:
  v3 = call get_current_pid_tgid() stable
  v4 = call ktime_get_ns() reads
  v5 = add v3 v4
  return v5
b2:
  return v2`,
    after: `
b0:
  v1 = call get_current_pid_tgid() stable
  v2 = call ktime_get_ns() reads
  branch v1 b1 b2
b1:
  v4 = call ktime_get_ns() reads
  v5 = add v1 v4
  return v5
b2:
  return v2`,
  },
  {
    pass: knownConditions,
    what: 'knows what a comparison has shown',
    before: `
b0:
  v1 = load.8 v0+0
  v2 = const 7
  v3 = eq v1 v2
  branch v3 b1 b2
b1:
  v4 = add v1 v1
  branch v3 b3(v4) b2
b2:
  return v1
b3(v5):
  return v5`,
    after: `
b0:
  v1 = load.8 v0+0
  v2 = const 7
  v3 = eq v1 v2
  branch v3 b1 b2
b1:
  v4 = add v2 v2
  jump b3(v4)
b2:
  return v1
b3(v5):
  return v5`,
  },
  {
    pass: forwardMemory,
    what: 'takes stored bytes back, narrowed as memory would',
    slots: '  slot s0 8 align 8\n  slot s1 8 align 8\n',
    before: `
b0:
  v1 = slot s0
  v2 = slot s1
  v3 = load.8 v0+0
  store.2 v1+2 v3
  store.8 v2+0 v3
  v4 = load.2 v1+2
  v5 = load.8 v2+0
  v6 = add v4 v5
  return v6`,
    after: `
b0:
  v1 = slot s0
  v2 = slot s1
  v3 = load.8 v0+0
  store.2 v1+2 v3
  store.8 v2+0 v3
  v4 = zext16 v3
  v6 = add v4 v3
  return v6`,
  },
  {
    pass: forwardMemory,
    what: 'forgets a slot that a call was given',
    slots: '  slot s0 8 align 8\n',
    before: `
b0:
  v1 = slot s0
  v2 = const 1
  store.8 v1+0 v2
  v3 = call probe_read_kernel(v1, v2, v2) writes
  v4 = load.8 v1+0
  return v4`,
    after: undefined,
  },
  {
    pass: redundantExtensions,
    what: 'drops extensions of narrow loads, and signed division of numbers that are not negative',
    before: `
b0:
  v1 = load.1 v0+0
  v2 = zext8 v1
  v3 = sext32 v2
  v4 = load.4 v0+4
  v5 = sdiv v4 v3
  v6 = and v5 v4
  return v6`,
    after: `
b0:
  v1 = load.1 v0+0
  v4 = load.4 v0+4
  v5 = udiv v4 v1
  v6 = and v5 v4
  return v6`,
  },
  {
    pass: redundantExtensions,
    what: 'keeps a mask that tells the verifier more than it knows',
    before: `
b0:
  v1 = load.8 v0+0
  v2 = const 10
  v3 = umod v1 v2
  v4 = const 15
  v5 = and v3 v4
  return v5`,
    after: undefined,
  },
  {
    pass: simplifyBranches,
    what: 'threads a jump whose outcome is known',
    before: `
b0:
  v1 = load.8 v0+0
  v2 = const 0
  v3 = const 1
  branch v1 b1 b2
b1:
  jump b3(v3)
b2:
  jump b3(v2)
b3(v4):
  branch v4 b4 b5
b4:
  return v1
b5:
  return v2`,
    after: `
b0:
  v1 = load.8 v0+0
  v2 = const 0
  v3 = const 1
  branch v1 b4 b5
b4:
  return v1
b5:
  return v2`,
  },
  {
    pass: selectDiamonds,
    what: 'chooses between two numbers without a jump',
    before: `
b0:
  v1 = load.4 v0+0
  v2 = const 9
  v3 = ult v1 v2
  branch v3 b1 b2(v1)
b1:
  v4 = const 5
  jump b2(v4)
b2(v5):
  return v5`,
    after: `
b0:
  v1 = load.4 v0+0
  v2 = const 9
  v3 = ult v1 v2
  v4 = const 5
  v6 = select v3 v4 v1
  jump b2(v6)
b2(v5):
  return v5`,
  },
  {
    pass: selectDiamonds,
    what: 'leaves what may be a pointer',
    before: `
b0:
  v1 = load.8 v0+0
  v2 = const 0
  branch v1 b1 b2(v1)
b1:
  jump b2(v2)
b2(v5):
  return v5`,
    after: undefined,
  },
  {
    pass: mergeEqualBlocks,
    what: 'keeps one of two blocks that do the same',
    before: `
b0:
  v1 = load.8 v0+0
  branch v1 b1 b2
b1:
  v2 = const 7
  v3 = add v1 v2
  return v3
b2:
  v4 = const 7
  v5 = add v1 v4
  return v5`,
    after: `
b0:
  v1 = load.8 v0+0
  branch v1 b2 b2
b2:
  v4 = const 7
  v5 = add v1 v4
  return v5`,
  },
  {
    pass: deadCode,
    what: 'drops unused values, parameters and slots that are only written',
    slots: '  slot s0 8 align 8\n',
    before: `
b0:
  v1 = slot s0
  v2 = load.8 v0+0
  store.8 v1+0 v2
  v3 = const 5
  v4 = call get_prandom_u32() writes
  jump b1(v3, v2)
b1(v5, v6):
  return v6`,
    after: `
b0:
  v2 = load.8 v0+0
  v4 = call get_prandom_u32() writes
  jump b1(v2)
b1(v6):
  return v6`,
  },
];

function parseBody(body: string, slots = '') {
  return parseFunc(`func f(v0) prog values 40 blocks 10 {\n${slots}${body.trim()}\n}`);
}

/** The text of the blocks. */
function bodyOf(func: ReturnType<typeof parseFunc>): string {
  return printFunc(func)
    .split('\n')
    .filter((line) => !line.startsWith('func') && !line.startsWith('  slot s') && line !== '}')
    .join('\n')
    .trim();
}

describe('passes', () => {
  for (const { pass, what, before, after, slots } of examples) {
    it(`${pass.name} ${what}`, () => {
      const func = parseBody(before, slots);
      assert.deepEqual(checkFunc(func), []);
      const result = pass.run(func);
      assert.deepEqual(checkFunc(result), []);
      if (after === undefined) assert.equal(result, func);
      // New values get numbers of their own.
      else assert.equal(renumber(bodyOf(result)), renumber(after.trim()));
      assert.equal(pass.run(result), result, 'a second run finds nothing');
    });
  }

  it('return the object they are given when there is nothing to do', () => {
    const func = parseBody('b0:\n  v1 = load.8 v0+0\n  return v1');
    for (const { pass } of [...rounds, ...finish]) assert.equal(pass.run(func), func, pass.name);
  });

  it('stand in an order that serves them', () => {
    const place = (pass: Pass): number => rounds.findIndex((stage) => stage.pass === pass);
    const before: readonly (readonly [Pass, Pass])[] = [
      [fold, commonSubexpressions],
      [commonSubexpressions, knownConditions],
      [foldAddresses, forwardMemory],
      [forwardMemory, redundantExtensions],
      [redundantExtensions, deadCode],
    ];
    for (const [first, second] of before)
      assert.ok(place(first) < place(second), `${first.name} before ${second.name}`);
  });
});

/** Values numbered by first appearance. */
function renumber(text: string): string {
  const numbers = new Map<string, string>();
  return text.replaceAll(/\bv\d+\b/g, (name) => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    const fresh = `v${numbers.size}`;
    numbers.set(name, fresh);
    return fresh;
  });
}
