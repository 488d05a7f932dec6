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

/**
 * What the game of 2019 shows: 20 rows of 12 cells from the top, a digit for each colour (1 red … 7 white), `.` for none. The walls, left,
 * right and below, are white. Undefined when the screen does not show all of it.
 *
 * @param screen with escape sequences
 */
export function readOldTetris(screen: string): readonly string[] | undefined {
  const rows = screen.split('\n').map((line) => {
    const cells = backgrounds(line).slice(2, 26).padEnd(24, '.');
    return [...cells].filter((_, index) => index % 2 === 0).join('');
  });
  // The screen moves up by a line when the program has ended.
  const bottom = rows.indexOf('7'.repeat(12));
  const board = rows.slice(Math.max(0, bottom - 19), bottom + 1);
  return board.length === 20 && board.every((row) => /^7.{10}7$/.test(row)) ? board : undefined;
}

/** The background colour of each character of a line: a digit, `.` for the terminal's own. */
function backgrounds(line: string): string {
  let color = '.';
  let result = '';
  for (const [, codes, text = ''] of line.matchAll(/(?:\x1b\[([\d;]*)m)?([^\x1b]*)/g)) {
    for (const code of codes === undefined ? [] : codes.split(';')) {
      if (code === '' || code === '0' || code === '49') color = '.';
      else if (/^4[1-7]$/.test(code)) color = code.slice(1);
    }
    result += color.repeat(text.length);
  }
  return result;
}

/** The blocks of the game of 2019 without its walls. */
export interface Cell {
  readonly row: number;
  readonly column: number;
  readonly color: string;
}

export function blocksOf(board: readonly string[]): Cell[] {
  return board
    .slice(0, 19)
    .flatMap((line, row) =>
      [...line].flatMap((color, column) =>
        column > 0 && column < 11 && color !== '.' ? [{ row, column, color }] : [],
      ),
    );
}
