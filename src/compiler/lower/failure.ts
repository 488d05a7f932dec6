import type { Diagnostic, Span } from '../language/index.ts';

/** The script asks for something this target, or this compiler, cannot do. Ends the lowering of one probe; never leaves `lowerProgram`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly diagnostic: Diagnostic;

  constructor(span: Span, message: string, hint?: string) {
    super(message);
    this.diagnostic = {
      severity: 'error',
      code: 'not-supported-by-target',
      span,
      message,
      contexts: [],
      hints: hint === undefined ? [] : [hint],
    };
  }
}

/** @throws Refusal always. */
export function refuse(span: Span, message: string, hint?: string): never {
  throw new Refusal(span, message, hint);
}
