import { OutputStream } from '../runtime/index.ts';

/** Nobody reads standard output any more. */
export class ReaderGoneError extends Error {
  override readonly name = 'ReaderGoneError';
}

/**
 * Puts text, or bytes as they are, on standard output at once. `process.stdout` would tell of what went wrong later, and to nobody.
 *
 * @throws ReaderGoneError, and OutputError when there is no room
 */
export function print(text: string | Uint8Array): void {
  const stdout = OutputStream.stdout();
  // The stream takes a character per byte.
  stdout.write(Buffer.from(text).toString('latin1'));
  stdout.flush();
  if (stdout.isBroken) throw new ReaderGoneError('standard output is read by nobody');
}
