/** Builtin functions and variables: one row each, with its types here and its code in `lowerings/`. */
export { isInteger, isIntegerOrPointer, kindWord } from './kind-word.ts';
export type {
  AggregateUse,
  BuiltinForm,
  BuiltinRow,
  BuiltinSettings,
  BuiltinUse,
  MapUse,
  MessageOptions,
  NamedParamDefault,
} from './row.ts';
export { type BuiltinName, builtins, findBuiltin, type LoweredBuiltinName } from './signatures/index.ts';
