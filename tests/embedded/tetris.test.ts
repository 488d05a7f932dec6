import { describe, test } from 'node:test';
import { requireProgram, withoutBpf } from '../support/requirements.ts';
import { tetracePath } from '../support/run-tetrace.ts';
import { games } from '../support/tetris-play.ts';

describe('Tetris with no privileges', () => {
  for (const { name, play } of games) {
    test(name, async (t) => {
      const prefix = withoutBpf(t);
      if (!prefix || !requireProgram(t, 'tmux')) return;
      await play([...prefix, process.execPath, tetracePath]);
    });
  }
});
