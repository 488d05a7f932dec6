import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PtyProgram } from './pty-program.ts';
import { tetracePath } from './run-tetrace.ts';

/** A guard against hanging, not a measurement: the timer of the game alone can keep an emulated machine busy. */
const PATIENCE_MS = 400_000;

/** A block of the game of 2019: the row from the top, the column of 1 to 10, a digit for its colour. */
interface Cell {
  readonly row: number;
  readonly column: number;
  readonly color: string;
}

/** Pieces begin in columns 4 to 7; where they come by keys only. */
const LEFT = 3;
const RIGHT = 8;

/** The game of 2019 without a key: pieces fall, stack, and the game ends. */
export async function watchOldTetris(checkout: string): Promise<void> {
  // A kernel without kprobes cannot see its keys.
  using game = startOldTetris(checkout, { BPFTRACE_MISSING_PROBES: 'warn' });
  assert.equal(await game.waitForExit(PATIENCE_MS), 0);
  const frames = framesOf(game.output);
  const start = frames.findIndex((cells) => cells.length === 4);
  const first = frames[start]!;
  // Half of the frames are drawn between two steps: the piece is where it was.
  const fallen = frames.slice(start).find((cells) => topOf(cells) === topOf(first) + 4)!;
  assert.deepEqual(columnsOf(fallen), columnsOf(first), 'it falls straight down');
  const stacked = frames.find((cells) => cells.length === 8)!;
  assert.equal(stacked.filter(({ row }) => row > 10).length, 4, 'the first lies at the bottom');
  assert.ok(stacked.some(({ row }) => row === 18));
  assert.ok(frames.every((cells) => cells.every(({ column }) => column > LEFT && column < RIGHT)));
  assertGameOver(frames);
}

/** The game of 2019 with its keys: in every piece's time it is asked to turn, to go right and to go left, until the game is over. */
export async function playOldTetris(checkout: string): Promise<void> {
  using game = startOldTetris(checkout, {});
  await game.waitForOutput(/\x1b\[H\r\n/, PATIENCE_MS);
  // A key counts from one tick (99 ms) to the next, and a piece falls for 3.6 s.
  const keys = [...' ', ...'lllll', ...'hhhhhhhhh', ...' '];
  let typed = 0;
  const fingers = setInterval(() => game.type(keys[typed++ % keys.length]!), 150);
  try {
    assert.equal(await game.waitForExit(PATIENCE_MS), 0);
  } finally {
    clearInterval(fingers);
  }
  const frames = framesOf(game.output);
  assert.ok(
    frames.some((cells) => fallingPiece(cells)?.some(({ column }) => column >= RIGHT)),
    'a piece went right',
  );
  assert.ok(
    frames.some((cells) => fallingPiece(cells)?.some(({ column }) => column <= LEFT)),
    'a piece went left',
  );
  assert.ok(
    frames.some((cells, index) => isTurned(fallingPiece(cells), fallingPiece(frames[index + 1] ?? []))),
  );
  assert.ok(frames.some((cells) => cells.length >= 8 && cells.some(({ row }) => row === 18)));
  assertGameOver(frames);
}

function startOldTetris(checkout: string, env: Readonly<Record<string, string>>): PtyProgram {
  return new PtyProgram([process.execPath, tetracePath, join(checkout, 'tetris.bt')], env);
}

/** The game ends when a piece stays where pieces begin; the frame that is shown then is the one before. */
function assertGameOver(frames: readonly (readonly Cell[])[]): void {
  const last = frames.at(-1) ?? [];
  assert.ok(topOf(last) <= 2 && last.length >= 16, JSON.stringify(last));
}

/** Everything that was drawn, in order. A frame starts in the top left corner; those with something else in between are left out. */
function framesOf(output: string): (readonly Cell[])[] {
  const frames = output.split('\x1b[H').slice(1);
  const read = frames.flatMap((frame) => {
    const cells = readFrame(frame);
    return cells === undefined ? [] : [cells];
  });
  assert.ok(read.length > frames.length / 2, `${read.length} of ${frames.length} frames can be read`);
  return read;
}

/** 20 rows of 12 cells, each two characters wide, behind two spaces; the walls (left, right, below) are white. */
function readFrame(frame: string): readonly Cell[] | undefined {
  const rows = frame
    .split('\r\n')
    .slice(1, 21)
    .map((line) => [...backgrounds(line).slice(2, 26)].filter((_, index) => index % 2 === 0).join(''));
  const isWhole =
    rows.length === 20 && rows.every((row) => /^7.{10}7$/.test(row)) && rows[19] === '7'.repeat(12);
  if (!isWhole) return undefined;
  return rows
    .slice(0, 19)
    .flatMap((line, row) =>
      [...line.slice(1, 11)].flatMap((color, index) =>
        color === '.' ? [] : [{ row, column: index + 1, color }],
      ),
    );
}

/** The background colour of each character of a line: a digit (1 red … 7 white), `.` for the terminal's own. */
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

/** The piece that falls, where it can be told from what lies below it. */
function fallingPiece(cells: readonly Cell[]): readonly Cell[] | undefined {
  const piece = cells.filter(({ row }) => row < topOf(cells) + 4);
  return piece.length === 4 && piece.every(({ color }) => color === piece[0]!.color) ? piece : undefined;
}

/** Whether the same piece has another shape a frame later: one of those that it has when turned. */
function isTurned(before: readonly Cell[] | undefined, after: readonly Cell[] | undefined): boolean {
  if (before === undefined || after === undefined || before[0]!.color !== after[0]!.color) return false;
  return shapeOf(before) !== shapeOf(after) && turnsOf(before).includes(shapeOf(after));
}

function topOf(cells: readonly Cell[]): number {
  return Math.min(...cells.map(({ row }) => row));
}

function columnsOf(cells: readonly Cell[]): number[] {
  return cells.map(({ column }) => column).sort((a, b) => a - b);
}

/** The shapes of a piece turned by 90, 180 and 270 degrees. */
function turnsOf(cells: readonly Cell[]): string[] {
  const turn = (piece: readonly Cell[]): Cell[] =>
    piece.map(({ row, column, color }) => ({ row: column, column: -row, color }));
  return [turn(cells), turn(turn(cells)), turn(turn(turn(cells)))].map(shapeOf);
}

/** Where the blocks of a piece are among themselves. */
function shapeOf(cells: readonly Cell[]): string {
  const top = topOf(cells);
  const left = Math.min(...cells.map(({ column }) => column));
  return cells
    .map(({ row, column }) => `${row - top},${column - left}`)
    .sort()
    .join(' ');
}
