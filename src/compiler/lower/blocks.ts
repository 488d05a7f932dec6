import type { Diagnostic } from '../language/index.ts';
import type { TypedStatement } from '../typed/index.ts';
import { Refusal } from './failure.ts';
import { at, type FuncContext } from './func-context.ts';

/** Lowers statements in order; what cannot be reached any more is left out. */
export function lowerStatements(f: FuncContext, statements: readonly TypedStatement[]): void {
  for (const statement of statements) {
    if (f.b.isEnded) return;
    at(f, statement.at, () => attempt(f, statement));
  }
}

/** What is wrong with the whole probe is found at each of its statements. */
function note(refusals: Diagnostic[], { span, message, ...rest }: Diagnostic): void {
  if (refusals.some((known) => known.span === span && known.message === message)) return;
  refusals.push({ ...rest, message, ...(span && { span }) });
}

/** A statement that is refused ends there; the next ones are lowered all the same, for what is wrong with them. */
function attempt(f: FuncContext, statement: TypedStatement): void {
  try {
    f.byKind.statement(f, statement);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    note(f.prog.refusals, error.diagnostic);
    if (f.b.isEnded) f.b.enter(f.b.newBlock());
  }
}
