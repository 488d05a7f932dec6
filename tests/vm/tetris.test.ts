import { release } from 'node:os';
import { describe, test } from 'node:test';
import { playOldTetris } from '../support/old-tetris.ts';
import { requireCheckout, requireProgram, skipUnless } from '../support/requirements.ts';
import { games } from '../support/tetris-play.ts';

describe('Tetris, heard by pty_write', () => {
  for (const { name, play } of games) {
    test(name, async (t) => {
      if (!requireProgram(t, 'tmux') || !skipUnless(t, release().startsWith('6.12.'), 'is played on 6.12'))
        return;
      await play();
    });
  }
});

test('the Tetris of 2019 is played by its keys', async (t) => {
  if (!requireProgram(t, 'script')) return;
  const isWanted = /^(5\.10|6\.12)\./.test(release());
  if (!skipUnless(t, isWanted, 'is played on 5.10 and 6.12')) return;
  const checkout = requireCheckout(t, 'TETRACE_TETRIS');
  if (checkout !== undefined) await playOldTetris(checkout);
});
