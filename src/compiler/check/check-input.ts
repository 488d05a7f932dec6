import type { RunSettings, Target } from '../../program/index.ts';
import type { StackMode } from '../../types/index.ts';
import type { MacroTable } from '../cpreproc/index.ts';
import type { Script, Span } from '../language/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import type { CompileSettings } from '../typed/index.ts';
import type { DiagnosticSink, FnSignature, ProgramContext } from './body.ts';
import { checkExprByKind } from './expressions.ts';
import type { Inference } from './inference.ts';
import { NamedParams } from './named-params.ts';
import { checkStatement } from './statements.ts';
import type { TypeTable } from './type-table.ts';

/** A script, the machine it is for, and what was settled before. */
export interface CheckInput {
  /** With all that it imports. */
  readonly script: Script;
  readonly probes: readonly ResolvedProbe[];
  readonly target: Target;
  /** From `makeTypeTable`; the attach points were resolved with it. */
  readonly types: TypeTable;
  /** The `#define`s of the C section. */
  readonly macros: MacroTable;
  /** The arguments of the script that are no named ones, in order. */
  readonly positional: readonly string[];
  readonly settings: RunSettings;
  readonly options: CompileSettings;
  /** Where the script says how many keys maps have. */
  readonly maxMapKeysAt: Span | undefined;
  readonly license: string;
  readonly stackMode: StackMode;
  /** All config values by name, for the builtin `config`. */
  readonly config: Readonly<Record<string, bigint | boolean | string>>;
  readonly isUnsafe: boolean;
}

/** What all bodies share, before the first walk. */
export function makeContext(
  input: CheckInput,
  inference: Inference,
  sink: DiagnosticSink,
  fns: readonly FnSignature[],
): ProgramContext {
  const { options, stackMode, config } = input;
  return {
    byKind: { expr: checkExprByKind, statement: checkStatement },
    target: input.target,
    types: input.types,
    inference,
    settings: { maxStrlen: options.maxStrlen, maxMapKeys: options.maxMapKeys, stackMode, config },
    isUnsafe: input.isUnsafe,
    positional: input.positional,
    namedParams: new NamedParams(),
    fns,
    cMacros: input.macros,
    guessesIntegers: false,
    isFinal: false,
    untyped: undefined,
    sink,
  };
}
