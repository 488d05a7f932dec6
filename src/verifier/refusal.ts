/** What a refusal is about. */
export type RefusalKind =
  | 'structure'
  | 'instruction'
  | 'uninitialised'
  | 'pointer-arithmetic'
  | 'memory'
  | 'null'
  | 'stack'
  | 'helper'
  | 'argument'
  | 'reference'
  | 'loop'
  | 'size'
  | 'complexity'
  | 'return';

/** Why a prog is refused, and at which 8-byte slot. */
export interface Refusal {
  readonly insn: number;
  readonly kind: RefusalKind;
  /** A sentence without a full stop. */
  readonly text: string;
}

/** Ends the walk: the prog is refused. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}

/** Ends one way through the prog about which nothing more can be said for sure. */
export class DoubtError extends Error {
  override readonly name = 'DoubtError';
}
