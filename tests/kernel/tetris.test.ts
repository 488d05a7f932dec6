import { describe, test } from 'node:test';
import { watchOldTetris } from '../support/old-tetris.ts';
import { requireCheckout, requireProgram, requireRoot } from '../support/requirements.ts';
import { games } from '../support/tetris-play.ts';

describe('Tetris', () => {
  for (const { name, play } of games) {
    test(name, async (t) => {
      if (!requireRoot(t) || !requireProgram(t, 'tmux')) return;
      await play();
    });
  }
});

test('the Tetris of 2019 runs as it is: falling, stacking, game over', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'script')) return;
  const checkout = requireCheckout(t, 'TETRACE_TETRIS');
  if (checkout !== undefined) await watchOldTetris(checkout);
});
