/**
 * The whole way from a script to a Program, pure and synchronous: every outside fact is a question to the Target.
 *
 *     parse -> config -> imports -> C section -> attach points -> check -> lower -> optimize -> emit
 *
 * A stage that found an error ends the compilation; warnings of the stages before it are kept.
 */
import type { Btf } from '../btf/index.ts';
import type { Target } from '../program/index.ts';
import { assemble, inStage, ProbeTooLargeError } from './assemble.ts';
import {
  checkScript,
  compileSettings,
  configRecord,
  findIncompleteMembers,
  resolveConfig,
  runSettings,
  stackModeOf,
  TypeTable,
} from './check/index.ts';
import type { CompileInput, CompileResult } from './compilation.ts';
import { type CSection, compilerMacros, readCSection } from './cpreproc/index.ts';
import { explainOtherMode, findProbes } from './find-probes.ts';
import { loadImports } from './imports/index.ts';
import { answerInclude, sourceOfHeaders } from './include-files.ts';
import { type Diagnostic, hasErrors, makeDiagnostic, parseScript, type Script } from './language/index.ts';
import { lowerProgram } from './lower/index.ts';
import { noteProgram } from './noted-program.ts';
import { linkObjects } from './object/index.ts';
import { portabilityProblems } from './portability.ts';
import { joinSessions, probeCatalogue, type ResolvedProbe } from './probes/index.ts';

/** Most scripts define nothing in C. */
const noC: CSection = { declarations: [], macros: new Map(), diagnostics: [] };

/** Compiles a script for a target. Errors in the script are diagnostics, never exceptions. */
export function compile(input: CompileInput): CompileResult {
  const diagnostics: Diagnostic[] = [];
  const stop = (probes: readonly ResolvedProbe[] = []): CompileResult => ({ diagnostics, probes });
  const add = (found: readonly Diagnostic[]): boolean => {
    diagnostics.push(...found);
    return hasErrors(found);
  };

  const { trace } = input;
  const parsed = inStage(trace, 'parse', () => parseScript(input.source));
  if (add(parsed.diagnostics)) return stop();
  const config = resolveConfig(parsed.script.config, input.environment);
  if (add(config.diagnostics)) return stop();
  const { values } = config;
  const settings = runSettings(values);

  const { target } = input;
  const imported = inStage(trace, 'imports', () => loadImports(parsed.script, target));
  if (add(imported.diagnostics)) return stop();
  const { script } = imported;
  if (input.options.isKept && add(portabilityProblems(script))) return stop();
  const headers = [...sourceOfHeaders(input.options.includeFiles), ...imported.headers];
  const hasC = script.cSection.length + headers.length > 0;
  const { kernelHeaders } = target;
  const cSection = inStage(trace, 'C definitions', () =>
    hasC
      ? readCSection({
          headers: [...sourceOfHeaders(kernelHeaders?.first ?? []), ...headers],
          defines: { ...compilerMacros(target.arch), ...kernelHeaders?.defines },
          chunks: script.cSection,
          hasBtf: target.btf() !== undefined,
          include: (request) => answerInclude(request, target),
        })
      : noC,
  );
  if (add(cSection.diagnostics)) return stop();
  // What a header would have defined is not known where headers are missing.
  const hasHeaders = headers.length > 0 || script.cSection.some(({ text }) => /^#\s*include/.test(text));
  const btf = hasC && !hasHeaders ? target.btf() : undefined;
  if (btf && add(findIncompleteMembers(cSection.declarations, btf))) return stop();
  const { objects } = imported;
  const types = new TypeTable(
    () => btfsFor(target, script),
    cSection.declarations,
    objects.map(({ btf }) => btf),
  );

  const found = inStage(trace, 'attach points', () =>
    findProbes(
      input,
      script,
      { missingProbes: settings.missingProbes, maxProgs: Number(values.max_bpf_progs) },
      types,
      add,
    ),
  );
  if (found === undefined) return stop();
  // A recording has the events of the entry and of the return: another script may want one of them.
  const probes = input.options.notesEvents ? found : joinSessions(found, target);
  const leftOut = probes.length === 0 ? explainOtherMode(script, input.options.mode) : undefined;
  if (leftOut && add([leftOut])) return stop();

  const checked = inStage(trace, 'check', () =>
    checkScript({
      script,
      probes,
      target,
      types,
      macros: cSection.macros,
      positional: input.positional,
      settings,
      options: compileSettings(values, input.options, input.environment),
      maxMapKeysAt: config.places.max_map_keys,
      license: values.license,
      stackMode: stackModeOf(values),
      config: configRecord(values),
      isUnsafe: input.options.isUnsafe,
    }),
  );
  const typed = checked.program;
  if (add(checked.diagnostics) || !typed) return stop(probes);
  trace?.typed?.(
    typed,
    probes.map(({ name }) => name),
  );

  const lowered = inStage(trace, 'lower', () => lowerProgram(typed, probes, target));
  if (add(lowered.diagnostics)) return stop(probes);
  try {
    const linked = linkObjects(objects, lowered.bpfMaps.length);
    const parts = {
      typed,
      probes,
      cpuV4: target.has('cpu-v4'),
      objectFuncs: linked.funcs,
      lowered: { ...lowered, bpfMaps: [...lowered.bpfMaps, ...linked.maps] },
    };
    const program = assemble({ ...parts, ...(trace ? { trace } : {}) });
    const noted = input.options.notesEvents ? noteProgram(parts, target) : undefined;
    return { program, ...(noted ? { noted } : {}), diagnostics, probes };
  } catch (error) {
    if (!(error instanceof ProbeTooLargeError)) throw error;
    add([makeDiagnostic(probeCatalogue, 'probe-unavailable', error.probe.span, error.message)]);
    return stop(probes);
  }
}

/** BTFs that type names are looked up in: the kernel's, and those of modules that attach points name. */
function btfsFor(target: Target, script: Script): readonly Btf[] {
  const btf = target.btf();
  if (!btf) return [];
  const modules = new Set<string>();
  for (const item of script.items) {
    if (item.kind !== 'probe') continue;
    for (const { text } of item.attachPoints) {
      const [, module, rest] = text.split(':');
      if (module !== undefined && rest !== undefined && target.btfModules().includes(module))
        modules.add(module);
    }
  }
  return [btf, ...[...modules].flatMap((module) => target.moduleBtf(module) ?? [])];
}
