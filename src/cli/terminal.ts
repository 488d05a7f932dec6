import { fstatSync } from 'node:fs';

const STDOUT = 1;
const STDERR = 2;

/**
 * Whether both output and messages go to a terminal.
 *
 * process.stdout could say it alone, but making that stream loads the network code of Node.js; most things that are no terminal can be told
 * by a look at the descriptor.
 */
export function writesToTerminal(): boolean {
  return [STDOUT, STDERR].every(isCharacterDevice) && Boolean(process.stdout.isTTY && process.stderr.isTTY);
}

function isCharacterDevice(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice();
  } catch {
    return false; // closed
  }
}
