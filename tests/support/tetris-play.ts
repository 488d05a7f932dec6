import assert from 'node:assert/strict';
import { tetracePath } from './run-tetrace.ts';
import { type TetrisScreen, waitForTetris } from './tetris-screen.ts';
import { TmuxSession } from './tmux.ts';
import { runProgram } from './trace-load.ts';

/** How the command is started: its words up to the subcommand. */
type Command = readonly string[];
const tetrace: Command = [process.execPath, tetracePath];

/** Games of examples/tetris.bt, played in a terminal; the same on every kernel, and on none. */
export const games: readonly {
  readonly name: string;
  readonly play: (command?: Command) => Promise<void>;
}[] = [
  { name: 'move, turn, soft drop, hard drop, keys in a burst', play: movesAndTurns },
  { name: 'five squares side by side clear two rows', play: clearsRows },
  { name: 'pause stops everything', play: pauses },
  { name: 'pieces fall and stack until the game is over, and it can be played again', play: endsAndRestarts },
  {
    name: 'nobody else is heard: not another game, not another terminal, not other writes',
    play: hearsOnlyItself,
  },
  { name: 'the terminal is as before, after q and after Ctrl-C', play: leavesNoTrace },
];

function start(command: Command, ...words: readonly string[]): TmuxSession {
  return new TmuxSession([...command, 'tetris', ...words], { rows: 25 });
}

/** The rows of the board that have blocks, as `row: cells`. */
function blocks({ board }: TetrisScreen): string[] {
  return board.flatMap((cells, row) => (cells.includes('#') ? [`${row}: ${cells}`] : []));
}

/** Waits until exactly these rows have blocks. */
function waitForBlocks(session: TmuxSession, ...wanted: readonly string[]): Promise<TetrisScreen> {
  return waitForTetris(session, (screen) => blocks(screen).join() === wanted.join());
}

async function movesAndTurns(command: Command = tetrace): Promise<void> {
  using game = start(command, '--calm', '--only=0');
  await waitForBlocks(game, '1: ...####...');
  game.sendKeys('h');
  await waitForBlocks(game, '1: ..####....');
  game.sendKeys('Right');
  await waitForBlocks(game, '1: ...####...');
  game.sendKeys('l');
  await waitForBlocks(game, '1: ....####..');
  game.sendKeys('k');
  await waitForBlocks(game, ...upright(0, '......#...'));
  game.sendKeys('j');
  await waitForBlocks(game, ...upright(1, '......#...'));
  game.sendText('hhh');
  await waitForBlocks(game, ...upright(1, '...#......'));
  game.sendKeys('Left', 'Left', 'Down');
  await waitForBlocks(game, ...upright(2, '.#........'));
  // The wall holds it, however often it is asked to go on.
  game.sendText('hhhl');
  await waitForBlocks(game, ...upright(2, '.#........'));
  game.sendText('hhhjj');
  await waitForBlocks(game, ...upright(4, '#.........'));
  game.sendKeys('Space');
  const dropped = await waitForBlocks(game, '1: ...####...', ...upright(16, '#.........'));
  assert.deepEqual([dropped.score, dropped.lines, dropped.level], [12, 0, 1]);
  // It cannot turn where there is no room: under it the next one stands upright.
  game.sendKeys('Up');
  await waitForBlocks(game, ...upright(0, '.....#....'), ...upright(16, '#.........'));
  assert.equal(await quit(game), 0);
}

/** The rows of a bar that stands. */
function upright(top: number, cells: string): string[] {
  return [0, 1, 2, 3].map((row) => `${top + row}: ${cells}`);
}

async function clearsRows(command: Command = tetrace): Promise<void> {
  using game = start(command, '--calm', '--only=1');
  const waiting = ['0: ....##....', '1: ....##....'];
  await waitForBlocks(game, ...waiting);
  const rows = (cells: string): string[] => [`18: ${cells}`, `19: ${cells}`];
  game.sendText('hhhh ');
  await waitForBlocks(game, ...waiting, ...rows('##........'));
  game.sendText('hh ');
  await waitForBlocks(game, ...waiting, ...rows('####......'));
  game.sendText('llll ');
  await waitForBlocks(game, ...waiting, ...rows('####....##'));
  game.sendText('ll ');
  const before = await waitForBlocks(game, ...waiting, ...rows('####..####'));
  assert.deepEqual([before.score, before.lines], [4 * 18, 0]);
  game.sendKeys('Space');
  const after = await waitForBlocks(game, ...waiting);
  // A point for each row that was dropped, a hundred for two rows at once.
  assert.deepEqual([after.score, after.lines, after.level], [5 * 18 + 100, 2, 1]);
  // What stands above a full row comes down by one row.
  game.sendText('hhhh ');
  await waitForBlocks(game, ...waiting, ...rows('##........'));
  assert.equal(await quit(game), 0);
}

async function pauses(command: Command = tetrace): Promise<void> {
  using game = start(command, '--only=1', '--level=10');
  await waitForTetris(game, ({ level }) => level === 10);
  game.sendKeys('p');
  const paused = await waitForTetris(game, ({ note }) => note === 'PAUSED');
  game.sendText('hhhh');
  game.sendKeys('p');
  // Had it heard the keys, or fallen on, it would be elsewhere: it goes on from where it was, straight down.
  const resumed = await waitForTetris(game, ({ note }) => note === '');
  const columns = (screen: TetrisScreen): string[] => [
    ...new Set(blocks(screen).map((line) => line.replace(/^\d+: /, ''))),
  ];
  assert.deepEqual(columns(resumed), columns(paused));
  assert.equal(await quit(game), 0);
}

async function endsAndRestarts(command: Command = tetrace): Promise<void> {
  using game = start(command, '--only=1', '--level=10', '--seed=1');
  // The first falls by itself, and lands.
  const row = (screen: TetrisScreen): number => screen.board.findIndex((cells) => cells.includes('#'));
  await waitForTetris(game, (screen) => row(screen) > 5);
  await waitForTetris(game, ({ board }) => board[18] === '....##....' && board[19] === '....##....');
  const over = await waitForTetris(game, ({ note }) => note === 'GAME OVER');
  assert.deepEqual(over.board, Array(20).fill('....##....'));
  assert.deepEqual([over.score, over.lines], [0, 0]);
  // Keys that move do nothing any more, the one that restarts does.
  game.sendText('hhr');
  const again = await waitForTetris(game, ({ note }) => note === '');
  assert.ok(
    blocks(again).every((line) => line.endsWith('....##....')),
    blocks(again).join('\n'),
  );
  assert.ok(blocks(again).length <= 4, blocks(again).join('\n'));
  assert.equal(await quit(game), 0);
}

async function hearsOnlyItself(command: Command = tetrace): Promise<void> {
  using game = start(command, '--calm', '--only=1');
  using other = start(command, '--calm', '--only=1');
  using shell = new TmuxSession(['cat']);
  const waiting = ['0: ....##....', '1: ....##....'];
  await waitForBlocks(game, ...waiting);
  await waitForBlocks(other, ...waiting);
  other.sendText('hh');
  await waitForBlocks(other, '0: ..##......', '1: ..##......');
  shell.sendText('lll');
  await shell.waitForScreen(/^lll/);
  // Single bytes to files, pipes and to the game's own terminal, which is not where keys come from.
  await runProgram([
    'sh',
    '-c',
    `for i in 1 2 3; do printf l; done >/dev/null; printf l | cat; printf '\\007' >${game.terminal()}`,
  ]);
  game.sendKeys('l');
  await waitForBlocks(game, '0: .....##...', '1: .....##...');
  other.sendKeys('l');
  await waitForBlocks(other, '0: ...##.....', '1: ...##.....');
  assert.equal(await quit(other), 0);
  assert.equal(await quit(game), 0);
}

async function leavesNoTrace(command: Command = tetrace): Promise<void> {
  using shell = new TmuxSession(['bash', '--norc', '--noprofile'], { rows: 25, env: { PS1: 'ready> ' } });
  await shell.waitForScreen(/^ready>/m);
  const type = (line: string): void => {
    shell.sendText(line);
    shell.sendKeys('Enter');
  };
  type('stty -a | cksum');
  const [, before = ''] = /^(\d+ \d+)$/m.exec(await shell.waitForScreen(/^\d+ \d+$/m)) ?? [];
  const line = `${command.join(' ')} tetris --calm --only=1`;
  for (const [end, code] of [
    ['q', 0],
    ['C-c', 0],
  ] as const) {
    type(`clear; ${line}; echo "ended with $?"`);
    await waitForBlocks(shell, '0: ....##....', '1: ....##....');
    assert.deepEqual(shell.state(), { alternateScreen: true, cursorShown: false });
    shell.sendText('hhll j');
    await waitForTetris(shell, ({ board }) => board[19] === '....##....');
    shell.sendKeys(end);
    const screen = await shell.waitForScreen(/^ended with/m);
    assert.match(screen, /^score 18, lines 0, level 1$/m);
    assert.match(screen, new RegExp(`^ended with ${code}$`, 'm'));
    assert.deepEqual(shell.state(), { alternateScreen: false, cursorShown: true });
    // Nothing that was typed in the game waits for the shell: its next line is empty until something is typed.
    type('clear; stty -a | cksum');
    const after = await shell.waitForScreen(/^\d+ \d+\s+ready>/m);
    assert.match(after, new RegExp(`^${before}\\nready>`));
  }
}

/** Ends a game by its key; the result is the exit code. */
function quit(game: TmuxSession): Promise<number> {
  game.sendKeys('q');
  return game.waitForExit();
}
