import assert from 'node:assert/strict';
import { checkFunc, printFunc } from '../../src/compiler/ir/index.ts';
import { renderDiagnostics } from '../../src/compiler/language/index.ts';
import { type LoweredProgram, lowerProgram } from '../../src/compiler/lower/index.ts';
import type { CompileSettings } from '../../src/compiler/typed/index.ts';
import type { Feature, Target } from '../../src/program/index.ts';
import { checkText } from './check-script.ts';

export interface LowerOptions {
  readonly target: Target;
  /** Features the target is to lack. */
  readonly without?: readonly Feature[];
  readonly runtimeWarnings?: CompileSettings['runtimeWarnings'];
  readonly excludeSelf?: boolean;
  readonly isObject?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The stages up to IR, for tests of the lowering. Every function is checked. @throws Error when the script is wrong. */
export function lowerText(text: string, options: LowerOptions): LoweredProgram {
  const { without = [], runtimeWarnings = 'default', excludeSelf = false, isObject = false } = options;
  const { environment = {} } = options;
  const target: Target = Object.create(options.target, {
    has: { value: (feature: Feature) => !without.includes(feature) && options.target.has(feature) },
  });
  const checked = checkText(text, { target, isUnsafe: true, environment });
  if (!checked.program) throw new Error(checked.text);
  const program = {
    ...checked.program,
    options: { ...checked.program.options, runtimeWarnings, excludeSelf, isObject },
  };
  const lowered = lowerProgram(program, checked.probes, target);
  for (const { funcs } of lowered.progs) {
    for (const func of funcs) assert.deepEqual(checkFunc(func), [], printFunc(func));
  }
  return lowered;
}

/** Subprograms that every script may have. */
const shared: ReadonlySet<string> = new Set(['count_lost', 'report', 'report_number']);

/** The IR as golden files show it, without places of the script; or what the target cannot do. */
export function printLowered(
  { diagnostics, progs }: LoweredProgram,
  which: 'own' | 'shared' = 'own',
): string {
  if (diagnostics.length > 0) return renderDiagnostics(diagnostics);
  return progs
    .flatMap(({ funcs }) => funcs)
    .filter(({ name }) => shared.has(name) === (which === 'shared'))
    .map((func) => printFunc(func).replace(/ @\d+$/gm, ''))
    .join('\n');
}

/** How the maps are kept: the script's, then the kernel's. */
export function printStorage({ maps, bpfMaps }: LoweredProgram): string {
  const script = maps.map(({ name, storage: { kind, ...where } }) => `${name}: ${kind} ${pairs(where)}`);
  const kernel = bpfMaps.map(
    ({ name, type, keySize, valueSize, maxEntries, role }, index) =>
      `${index} ${name}: ${type} ${pairs({ keySize, valueSize, maxEntries, role })}`,
  );
  return [...script, ...kernel].join('\n');
}

/** The records, one a line. */
export function printRecords({ records }: LoweredProgram): string {
  return records
    .map(
      (spec, index) =>
        `${index} ${JSON.stringify(spec, (name, value: unknown) => (name === 'trail' ? undefined : value))}`,
    )
    .join('\n');
}

function pairs(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
