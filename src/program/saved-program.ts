import { plainFromText, plainToText } from '../base/index.ts';
import type { Program } from './program.ts';

/** A Program as text, as `--aot` writes it. */
export function programToText(program: Program): string {
  return plainToText(program);
}

/**
 * Reads what programToText wrote.
 *
 * @throws SyntaxError for text that is none.
 */
export function programFromText(text: string): Program {
  const read = plainFromText(text);
  if (typeof read !== 'object' || read === null || !('progs' in read)) {
    throw new SyntaxError('this is no compiled program');
  }
  return read as Program; // written by programToText of the same version, which the caller has compared
}
