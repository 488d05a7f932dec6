import { readSigned } from '../../src/base/index.ts';
import type { Btf } from '../../src/btf/index.ts';
import {
  checkScript,
  compileSettings,
  configRecord,
  resolveConfig,
  runSettings,
  stackModeOf,
  TypeTable,
} from '../../src/compiler/check/index.ts';
import { readCSection } from '../../src/compiler/cpreproc/index.ts';
import {
  createSource,
  type Diagnostic,
  hasErrors,
  parseScript,
  renderDiagnostics,
} from '../../src/compiler/language/index.ts';
import { type ResolvedProbe, resolveProbes } from '../../src/compiler/probes/index.ts';
import { printTyped, type TypedProgram } from '../../src/compiler/typed/index.ts';
import type { Target } from '../../src/program/index.ts';

export interface CheckOptions {
  readonly target: Target;
  readonly positional?: readonly string[];
  readonly isUnsafe?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Checked {
  readonly program?: TypedProgram;
  readonly probes: readonly ResolvedProbe[];
  readonly diagnostics: readonly Diagnostic[];
  /** The typed tree, or the diagnostics, as golden files show them: errors alone, or warnings and the tree. */
  readonly text: string;
}

/** The stages up to the typed tree, for tests of the checker. A stage with errors is the last. */
export function checkText(text: string, options: CheckOptions): Checked {
  const { target, positional = [] } = options;
  const { script, diagnostics: syntax } = parseScript(createSource('stdin', text));
  if (hasErrors(syntax)) return failed(syntax);
  const config = resolveConfig(script.config, options.environment ?? {});
  if (hasErrors(config.diagnostics)) return failed(config.diagnostics);
  const btf: Btf | undefined = target.btf();
  const c = readCSection({
    chunks: script.cSection,
    include: () => ({ kind: 'nothing' }),
    hasBtf: btf !== undefined,
  });
  const types = new TypeTable(() => (btf ? [btf] : []), c.declarations);
  const complaints: Diagnostic[] = [];
  const complain = (severity: 'error' | 'warning', message: string, span?: Diagnostic['span']): void => {
    complaints.push({ severity, code: 'probe', message, contexts: [], hints: [], ...(span ? { span } : {}) });
  };
  const settings = runSettings(config.values);
  const probes = resolveProbes(script, positional, {
    script,
    target,
    types,
    options: {
      maxProgs: 1024,
      missingProbes: settings.missingProbes,
      unsafe: options.isUnsafe ?? false,
      mode: 'run',
    },
    report: (code, span, ...args) => complain('error', `${code}: ${args.join(' ')}`, span),
    missing: (point, what) => {
      if (settings.missingProbes !== 'ignore') {
        complain(
          settings.missingProbes === 'warn' ? 'warning' : 'error',
          `No matches for ${what}`,
          point.span,
        );
      }
    },
    unavailable: (point, message) => complain('error', message, point.span),
    integer: (digits) => {
      const read = readSigned(digits);
      return read.kind === 'integer' ? read.value : undefined;
    },
  });
  const before = [...syntax, ...config.diagnostics, ...c.diagnostics, ...complaints];
  if (hasErrors(before)) return failed(before);
  const checked = checkScript({
    script,
    probes,
    target,
    types,
    macros: c.macros,
    positional,
    settings,
    options: compileSettings(config.values, { runtimeWarnings: 'default' }, options.environment ?? {}),
    maxMapKeysAt: config.places.max_map_keys,
    license: config.values.license,
    stackMode: stackModeOf(config.values),
    config: configRecord(config.values),
    isUnsafe: options.isUnsafe ?? false,
  });
  const diagnostics = [...before, ...checked.diagnostics];
  const { program } = checked;
  if (!program) return failed(diagnostics);
  const names = probes.map((probe) => probe.name);
  return {
    program,
    probes,
    diagnostics,
    text: renderDiagnostics(diagnostics) + printTyped(program, names),
  };
}

function failed(diagnostics: readonly Diagnostic[]): Checked {
  return { probes: [], diagnostics, text: renderDiagnostics(diagnostics).trimEnd() };
}
