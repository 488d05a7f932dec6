/** The bytes are not an ELF file that can be read, or lie about their own layout. The message says what was found. */
export class ElfError extends Error {
  override readonly name = 'ElfError';
}
