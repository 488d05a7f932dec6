/** The file has something that cannot be linked into a script; the message says what. */
export class ObjectError extends Error {
  override readonly name = 'ObjectError';
}
