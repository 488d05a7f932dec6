/** Blocks while their function is being built. */
import type { Brand } from '../../base/index.ts';
import type { BlockId, Insn, TerminatorTo, ValueId } from './func.ts';

/** A scalar variable of the language while its function is being built; reads find the right SSA value. */
export type VariableId = Brand<number, 'VariableId'>;

/** An edge whose arguments still grow. */
export interface OpenEdge {
  readonly block: BlockId;
  readonly args: ValueId[];
}

/** How an open block ends. */
export type OpenTerminator = TerminatorTo<OpenEdge>;

/** A block that still grows. */
export interface OpenBlock {
  readonly id: BlockId;
  /** Parameters the caller asked for, then those made for variables (some of them replaced later). */
  readonly params: ValueId[];
  readonly insns: Insn[];
  end: OpenTerminator | undefined;
  /** One entry per edge that comes in. */
  readonly edgesIn: { readonly from: BlockId; readonly edge: OpenEdge }[];
  sealed: boolean;
  /** Value of each variable at the end of the block so far. */
  readonly variables: Map<VariableId, ValueId>;
}
