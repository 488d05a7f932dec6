import type { BuiltinRow } from '../row.ts';
import { actionBuiltins } from './actions.ts';
import { aggregateBuiltins } from './aggregates.ts';
import { cgroupBuiltins } from './cgroups.ts';
import { introspectionBuiltins } from './introspection.ts';
import { mapBuiltins } from './maps.ts';
import { memoryBuiltins } from './memory.ts';
import { networkBuiltins } from './network.ts';
import { outputBuiltins } from './output.ts';
import { probeContextBuiltins } from './probe-context.ts';
import { processBuiltins } from './process.ts';
import { stackBuiltins } from './stacks.ts';
import { stringBuiltins } from './strings.ts';
import { symbolBuiltins } from './symbols.ts';
import { timeBuiltins } from './time.ts';

/** Every builtin function and variable, by name. */
export const builtins = {
  ...outputBuiltins,
  ...mapBuiltins,
  ...aggregateBuiltins,
  ...stringBuiltins,
  ...symbolBuiltins,
  ...stackBuiltins,
  ...networkBuiltins,
  ...timeBuiltins,
  ...processBuiltins,
  ...cgroupBuiltins,
  ...memoryBuiltins,
  ...actionBuiltins,
  ...introspectionBuiltins,
  ...probeContextBuiltins,
} as const satisfies Record<string, BuiltinRow>;

/** The same rows by family, named as a manual names them. */
export const builtinFamilies: Readonly<Record<string, Readonly<Record<string, BuiltinRow>>>> = {
  Output: outputBuiltins,
  Maps: mapBuiltins,
  Aggregations: aggregateBuiltins,
  Strings: stringBuiltins,
  Symbols: symbolBuiltins,
  Stacks: stackBuiltins,
  Network: networkBuiltins,
  Time: timeBuiltins,
  Processes: processBuiltins,
  Cgroups: cgroupBuiltins,
  Memory: memoryBuiltins,
  Actions: actionBuiltins,
  'The script and its types': introspectionBuiltins,
  'The probe': probeContextBuiltins,
};

export type BuiltinName = keyof typeof builtins;

type Folds<Row> = Row extends { readonly folds: true } ? true : false;
type Aggregates<Row> = Row extends { readonly aggregate: unknown } ? true : false;

/** Builtins that reach the lowering as `call` nodes. */
export type LoweredBuiltinName = {
  [Name in BuiltinName]: true extends Folds<(typeof builtins)[Name]> | Aggregates<(typeof builtins)[Name]>
    ? never
    : Name;
}[BuiltinName];

/** The row of a builtin by name; any `arg` with a number is the row `argN`. */
export function findBuiltin(name: string): BuiltinRow | undefined {
  if (Object.hasOwn(builtins, name)) return builtins[name as BuiltinName]; // hasOwn has just said so
  return /^arg\d+$/.test(name) ? builtins.argN : undefined;
}
