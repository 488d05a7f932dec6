/** The bytes are not usable BTF: what is wrong, and where (a byte offset or a type id) in the text. */
export class BtfError extends Error {
  override readonly name = 'BtfError';
}
