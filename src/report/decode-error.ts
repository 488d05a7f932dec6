/** The bytes cannot be what their description says: a record or map value that is too short, or a record nobody described. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** A value of this type has no text of its own (a whole histogram in `%s`); the message is what the user is told. */
export class UnprintableTypeError extends Error {
  override readonly name = 'UnprintableTypeError';
}
