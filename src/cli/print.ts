import { OutputStream } from '../runtime/index.ts';

/** Nobody reads what is written any more. */
export class ReaderGoneError extends Error {
  override readonly name = 'ReaderGoneError';
}

/**
 * Puts text, or bytes as they are, on standard output at once. `process.stdout` would tell of what went wrong later, and to nobody.
 *
 * @throws ReaderGoneError, and OutputError when there is no room
 */
export function print(text: string | Uint8Array): void {
  writeAtOnce(OutputStream.stdout(), text, 'standard output');
}

/** The same on standard error. @throws as `print` does */
export function say(text: string): void {
  writeAtOnce(OutputStream.stderr(), text, 'standard error');
}

function writeAtOnce(stream: OutputStream, text: string | Uint8Array, what: string): void {
  // The stream takes a character per byte.
  stream.write(Buffer.from(text).toString('latin1'));
  stream.flush();
  if (stream.isBroken) throw new ReaderGoneError(`${what} is read by nobody`);
}
