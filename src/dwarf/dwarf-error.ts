/** The bytes are not usable debug information: what is wrong, and where (a section and an offset) in the text. */
export class DwarfError extends Error {
  override readonly name = 'DwarfError';
}
