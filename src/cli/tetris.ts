import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from './exit-codes.ts';
import { GameTerminal } from './game-terminal.ts';
import { main } from './main.ts';
import { packageRoot } from './package-root.ts';
import { say } from './print.ts';

/**
 * `tetrace tetris [--seed=N …]`: runs the Tetris among the examples on this terminal. Words are the script's own parameters.
 */
export async function tetris(words: readonly string[]): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    say('ERROR: tetris needs a terminal: standard input and output are not one\n');
    return exitCodes.refused;
  }
  const script = join(packageRoot(), 'examples', 'tetris.bt');
  if (!existsSync(script)) {
    say(`ERROR: the game is not where it should be: ${script}\n`);
    return exitCodes.refused;
  }
  let interrupts = 0;
  const terminal = new GameTerminal(
    process.stdin,
    (text) => void writeSync(1, text),
    () => {
      interrupts += 1;
      // The first ends the game in order; who presses again wants to leave at once.
      if (interrupts === 1) process.kill(process.pid, 'SIGINT');
      else process.exit(exitCodes.interrupted);
    },
  );
  const params = words[0] === '--' ? words.slice(1) : words;
  const code = await main(['-q', '--no-warnings', script, '--', ...params], 'tetrace');
  if (code === exitCodes.ok) terminal[Symbol.dispose]();
  else terminal.restore();
  return code;
}
