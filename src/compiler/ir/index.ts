export { computeBinary, computeCompare, computeUnary } from './arithmetic.ts';
export { type BuilderOptions, FuncBuilder } from './builder.ts';
export { calleesOf } from './callees.ts';
export {
  type Cfg,
  cfgOf,
  type Dominators,
  dominates,
  dominatorsOf,
  loopDepths,
  walkDominated,
} from './cfg.ts';
export { type CheckOptions, checkFunc } from './check.ts';
export { withArgs, withBody } from './copy.ts';
export { type Definitions, definitionsOf } from './definitions.ts';
export {
  type Callbacks,
  type EvaluateOptions,
  evaluate,
  Memory,
  type World,
} from './evaluate.ts';
export {
  type Alignment,
  argCount,
  type Block,
  type BlockId,
  type CallEffect,
  type Edge,
  edgesOf,
  type Func,
  type FuncRole,
  type Insn,
  isRemovable,
  isRepeatable,
  type Line,
  type MemorySize,
  noValue,
  type Slot,
  type SlotId,
  type Terminator,
  type ValueId,
  writesMemory,
} from './func.ts';
export {
  type AtomicKind,
  atomics,
  type BinaryOp,
  type CompareOp,
  isBinaryOp,
  isCompareOp,
  isUnaryOp,
  MAX_CALL_ARGS,
  negatedCompare,
  type Op,
  type OpFacts,
  opFacts,
  ops,
  swappedCompare,
  type UnaryOp,
} from './op.ts';
export type { VariableId } from './open-block.ts';
export { IrSyntaxError, parseFunc, parseFuncs } from './parse.ts';
export { printFunc, printFuncs, printInsn, printTerminator } from './print.ts';
export { emptyTable } from './table.ts';
