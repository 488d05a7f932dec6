/** Builtin functions and variables: one row each, with its types here and its code in `lowerings/`. */
export { isInteger, isIntegerOrPointer, kindWord } from './kind-word.ts';
export { lowerings } from './lowerings/index.ts';
export type {
  CallExpr,
  Clock,
  Fill,
  LoopRound,
  Lower,
  Lowering,
  ReportLevel,
} from './lowerings/lowering.ts';
export {
  addressOf,
  alignmentAt,
  chunksOf,
  copyPlace,
  littleEndian,
  type Place,
  placeAfter,
  storeText,
  zeroPlace,
} from './lowerings/place.ts';
export { currentPid } from './lowerings/process.ts';
export type {
  AggregateUse,
  BuiltinForm,
  BuiltinRow,
  BuiltinSettings,
  BuiltinUse,
  MapUse,
  MessageOptions,
  NamedParamDefault,
  RunsAt,
} from './row.ts';
export { type BuiltinName, builtins, findBuiltin, type LoweredBuiltinName } from './signatures/index.ts';
