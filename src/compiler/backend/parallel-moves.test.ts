import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type MoveSink, sequenceMoves } from './parallel-moves.ts';
import { FIRST_SPILL, type Location, type Move } from './resolve.ts';

/** Does the moves on a table of contents, with `spares` registers to spare; says what was done. */
function runMoves(
  moves: readonly Move[],
  spares: readonly number[],
): { contents: Map<Location, string>; steps: string[] } {
  const contents = new Map<Location, string>();
  const steps: string[] = [];
  const read = (location: Location): string => contents.get(location) ?? `old ${location}`;
  let nextSpare = 0;
  let nextMemory = 100;
  const sink: MoveSink = {
    copy(to, from) {
      assert.ok(to < FIRST_SPILL || from < FIRST_SPILL, 'memory is copied through a register');
      steps.push(`${to} <- ${from}`);
      contents.set(to, read(from));
    },
    make(to, value) {
      assert.ok(to < FIRST_SPILL);
      steps.push(`${to} <- ${value.kind}`);
      contents.set(to, value.kind);
    },
    makeInMemory: () => false,
    spareRegister: () => spares[nextSpare++],
    spareMemory: () => nextMemory++,
  };
  sequenceMoves(moves, sink);
  return { contents, steps };
}

describe('sequenceMoves', () => {
  it('overwrites nothing that is still read', () => {
    assert.deepEqual(
      runMoves(
        [
          { to: 1, from: 2 },
          { to: 2, from: 3 },
        ],
        [],
      ).steps,
      ['1 <- 2', '2 <- 3'],
    );
    assert.deepEqual(
      runMoves(
        [
          { to: 2, from: 1 },
          { to: 3, from: 2 },
        ],
        [],
      ).steps,
      ['3 <- 2', '2 <- 1'],
    );
  });

  it('breaks a cycle with a spare register, or memory', () => {
    const swap = [
      { to: 1, from: 2 },
      { to: 2, from: 1 },
    ];
    assert.deepEqual(runMoves(swap, [5]).steps, ['5 <- 2', '2 <- 1', '1 <- 5']);
    assert.deepEqual(runMoves(swap, []).steps, ['100 <- 2', '2 <- 1', '1 <- 100']);
  });

  it('does what moves done at once would do', () => {
    const registers = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const places = [...registers, FIRST_SPILL, FIRST_SPILL + 1, FIRST_SPILL + 2];
    const moves = fc.uniqueArray(
      fc.record({
        to: fc.constantFrom(...places),
        from: fc.oneof(fc.constantFrom(...places), fc.constant({ kind: 'const', value: 1n } as const)),
      }),
      { selector: (move) => move.to, maxLength: places.length },
    );
    fc.assert(
      fc.property(moves, fc.boolean(), (list, hasSpare) => {
        // Register 9 is never named: it is free.
        const { contents } = runMoves(list, hasSpare ? [9] : []);
        for (const { to, from } of list) {
          const expected = typeof from === 'number' ? `old ${from}` : from.kind;
          assert.equal(contents.get(to) ?? `old ${to}`, expected, `${to}`);
        }
        for (const place of places) {
          if (list.some(({ to }) => to === place)) continue;
          assert.equal(
            contents.get(place) ?? `old ${place}`,
            `old ${place}`,
            'other places keep what they hold',
          );
        }
      }),
      { seed: 20261122, numRuns: 2_000 },
    );
  });
});
