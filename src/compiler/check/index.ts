/** The checker: names, macros and types of a script; syntax tree in, typed tree out. */

export { spaceOf } from './annotations.ts';
export { checkCatalogue } from './catalogue.ts';
export { type CheckResult, checkScript } from './check.ts';
export type { CheckInput } from './check-input.ts';
export {
  type ConfigName,
  type ConfigResult,
  type ConfigValues,
  compileSettings,
  configRecord,
  configTable,
  resolveConfig,
  runSettings,
  stackModeOf,
} from './config.ts';
export { findIncompleteMembers } from './incomplete-members.ts';
export { TypeTable } from './type-table.ts';
