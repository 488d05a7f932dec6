import { readSigned, readUnsigned } from '../../base/index.ts';
import type { PositionalParam } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, report } from './body.ts';
import { intLiteral, stringLiteral } from './literals.ts';

/** `$1`: a number if the whole text is one, else a string; text anyway where `str` asks. */
export function checkPositional(body: Body, param: PositionalParam): TypedExpr {
  const text = body.program.positional[param.index - 1] ?? '';
  if (body.isPositionalText) return stringLiteral(text, param.span);
  if (text === '') {
    report(body, 'parameter-missing', param.span, [param.index]);
    return intLiteral(0n, param.span);
  }
  const read = text.startsWith('-') ? readSigned(text) : readUnsigned(text);
  return read.kind === 'integer' ? intLiteral(read.value, param.span) : stringLiteral(text, param.span);
}
