import { resolveConfig, runSettings } from './check/index.ts';
import type { CompileInput } from './compilation.ts';
import { findProbes } from './find-probes.ts';
import { loadImports } from './imports/index.ts';
import { type Diagnostic, hasErrors, parseScript } from './language/index.ts';
import { type ListContext, type ListedProbe, listAttachments, type TypeSource } from './probes/index.ts';

export interface ScriptListing {
  readonly diagnostics: readonly Diagnostic[];
  /** What the script would attach to; undefined when the diagnostics hold an error. */
  readonly probes: readonly ListedProbe[] | undefined;
}

/** Listing types nothing. */
const noTypes: TypeSource = {
  ofBtf: () => ({ kind: 'void' }),
  ofDwarf: () => ({ kind: 'void' }),
  addProgram: () => {},
  ofText: () => undefined,
};

/** The probes of a script. Its attach points are all that is looked at: what is wrong in its blocks does not matter here. */
export function listScript(
  input: Pick<CompileInput, 'source' | 'target' | 'positional' | 'environment' | 'options'>,
  context: ListContext,
): ScriptListing {
  const diagnostics: Diagnostic[] = [];
  const add = (found: readonly Diagnostic[]): boolean => {
    diagnostics.push(...found);
    return hasErrors(found);
  };
  const stop: ScriptListing = { diagnostics, probes: undefined };
  const parsed = parseScript(input.source);
  if (add(parsed.diagnostics)) return stop;
  const config = resolveConfig(parsed.script.config, input.environment);
  if (add(config.diagnostics)) return stop;
  const { missingProbes } = runSettings(config.values);
  const imported = loadImports(parsed.script, input.target);
  if (add(imported.diagnostics)) return stop;
  const probes = findProbes(
    { ...input, namesOnly: true },
    imported.script,
    { missingProbes, maxProgs: Infinity },
    noTypes,
    add,
  );
  return { diagnostics, probes: probes && listAttachments(probes, context) };
}
