import type { TmuxSession } from './tmux.ts';

/** What examples/tetris.bt shows. */
export interface TetrisScreen {
  /** 20 rows of 10 cells, from the top: `#` is a block, `.` is none. */
  readonly board: readonly string[];
  readonly score: number;
  readonly lines: number;
  readonly level: number;
  readonly note: 'PAUSED' | 'GAME OVER' | '';
}

/** Reads a screen; undefined when it does not show the whole game. */
export function readTetris(screen: string): TetrisScreen | undefined {
  const lines = screen.split('\n');
  const board: string[] = [];
  for (const line of lines.slice(1, 21)) {
    const cells = /^\|((?:\[\]| \.){10})\|/.exec(line)?.[1];
    if (cells === undefined) return undefined;
    board.push(cells.replaceAll('[]', '#').replaceAll(' .', '.'));
  }
  const number = (name: string): number | undefined => {
    const text = new RegExp(`\\b${name} (\\d+)`).exec(screen)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const [score, cleared, level] = [number('score'), number('lines'), number('level')];
  if (board.length !== 20 || score === undefined || cleared === undefined || level === undefined) {
    return undefined;
  }
  const note = screen.includes('GAME OVER') ? 'GAME OVER' : screen.includes('PAUSED') ? 'PAUSED' : '';
  return { board, score, lines: cleared, level, note };
}

/** Waits until the game looks as it should. @throws Error with the last screen when it never does */
export async function waitForTetris(
  session: TmuxSession,
  matches: (screen: TetrisScreen) => boolean,
): Promise<TetrisScreen> {
  let found: TetrisScreen | undefined;
  await session.waitForScreen((screen) => {
    found = readTetris(screen);
    return found !== undefined && matches(found);
  });
  return found!; // it matched
}
