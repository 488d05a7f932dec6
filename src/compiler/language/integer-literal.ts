import { readUnsigned } from '../../base/index.ts';

/** A value, or what is wrong with the text; `start` and `end` narrow the problem down, as offsets into the text. */
export type IntegerReading =
  | { readonly ok: true; readonly value: bigint }
  | { readonly ok: false; readonly message: string; readonly start: number; readonly end: number };

/** A number and the suffix that may follow it; hex has no suffix, as its digits include `d`. */
const literalShape =
  /^(?:(0[xX][0-9a-fA-F_]*)|([0-9][0-9_]*(?:[eE][0-9_]*)?)(?:ns|us|ms|[smhd]|[uU][lL]{0,2}|[lL]{1,2})?)/;

/**
 * Reads an integer literal of a script: `42`, `1_000`, `0x1f`, `017`, `1e6`, `10ul`, `5ms`. Binary (`0b101`) is for
 * parameters only. Source: bpftrace 0.27.
 *
 * @param text a digit and all letters, digits and underscores behind it
 */
export function readIntegerLiteral(text: string): IntegerReading {
  const [whole = '', hex, decimal] = literalShape.exec(text) ?? [];
  const digits = hex ?? decimal ?? '';
  if (digits.endsWith('_')) {
    return failure('trailing underscore in integer literal', digits.length - 1, digits.length);
  }
  if (whole.length < text.length) {
    return failure(`invalid integer suffix '${text.slice(whole.length)}'`, whole.length, text.length);
  }
  const read = readUnsigned(text);
  switch (read.kind) {
    case 'integer':
      return { ok: true, value: read.value };
    case 'malformed':
      return failure(`${read.reason}: ${text}`, 0, text.length);
    case 'overflow':
      return failure(`overflow error, maximum value is ${read.max}: ${text}`, 0, text.length);
  }
}

function failure(message: string, start: number, end: number): IntegerReading {
  return { ok: false, message, start, end };
}
