/** A row for each row of the tables in the sources, with the test that shows it. */
import { optionRows } from '../../src/cli/option-table.ts';
import { type BuiltinName, builtins } from '../../src/compiler/builtins/index.ts';
import { type ConfigName, configTable } from '../../src/compiler/check/index.ts';
import { providers } from '../../src/compiler/probes/index.ts';
import type { ProbeKind } from '../../src/program/index.ts';
import { builtinChecks } from '../../tests/support/builtin-checks.ts';
import { configChecks } from '../../tests/support/config-checks.ts';
import type { Shown } from '../../tests/support/one-liner.ts';
import { optionChecks } from '../../tests/support/option-checks.ts';
import { code } from '../reference-pages/markdown.ts';
import type { CoverageRow, Topic } from './row.ts';

/** The check of each provider, by its name in tests/support/provider-checks.ts. */
const probeChecks: Readonly<Record<ProbeKind, string>> = {
  begin: 'begin, end',
  end: 'begin, end',
  self: 'self:signal',
  test: 'test',
  bench: 'bench',
  interval: 'interval',
  profile: 'profile',
  software: 'software',
  hardware: 'hardware',
  tracepoint: 'tracepoint',
  rawtracepoint: 'rawtracepoint',
  kprobe: 'kprobe',
  kretprobe: 'kretprobe',
  fentry: 'fentry',
  fexit: 'fexit',
  uprobe: 'uprobe',
  uretprobe: 'uretprobe',
  usdt: 'usdt',
  watchpoint: 'watchpoint',
  iter: 'iter',
};

export function tableRows(): readonly CoverageRow[] {
  return [...probeRows(), ...builtinRows(), ...optionTableRows(), ...configRows()];
}

function row(id: string, topic: Topic, what: string, test: string, uses: RegExp): CoverageRow {
  return { id, topic, what, tests: [test], uses };
}

/** The test of a row: the check of that name in the file of checks, or the one that is declared there. */
function testOf(file: string, name: string, shown: Shown): string {
  return typeof shown === 'string' ? shown : `tests/support/${file}.ts > ${name}`;
}

/** Any of the names, as whole words. */
function wordsOf(names: readonly string[]): RegExp {
  return new RegExp(names.map((name) => `(?<![\\w-])${name}(?![\\w-])`).join('|'));
}

function probeRows(): readonly CoverageRow[] {
  return Object.values(providers).map(({ kind }) => {
    const test = `tests/support/provider-checks.ts > ${probeChecks[kind]}`;
    return row(`probe-${kind}`, 'probes', `The probe ${code(kind)}.`, test, wordsOf([kind]));
  });
}

function builtinRows(): readonly CoverageRow[] {
  return (Object.keys(builtins) as BuiltinName[]).map((name) => {
    const { form, doc } = builtins[name];
    const test = testOf('builtin-checks', name, builtinChecks[name]);
    const uses = name === 'argN' ? /\barg\d/ : wordsOf([name]);
    return row(`builtin-${name}`, form === 'function' ? 'functions' : 'variables', doc, test, uses);
  });
}

function optionTableRows(): readonly CoverageRow[] {
  return optionRows.map(([id, { long, short, doc }]) => {
    const test = testOf('option-checks', id, optionChecks[id]);
    // Every check has the program behind -e.
    const names =
      id === 'program' ? ['program'] : [...(long ? [`--${long}`] : []), ...(short ? [`-${short}`] : [])];
    const what = `${doc[0]?.toUpperCase()}${doc.slice(1)}.`;
    return row(`option-${id}`, 'command line', what, test, wordsOf(names));
  });
}

function configRows(): readonly CoverageRow[] {
  return (Object.keys(configTable) as ConfigName[]).map((name) => {
    const test = testOf('config-checks', name, configChecks[name]);
    // Inside the compiler and the run they have names in the style of their code.
    const inCode = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const names = [name, inCode, `BPFTRACE_${name.toUpperCase()}`];
    return row(`config-${name}`, 'settings', configTable[name].doc, test, wordsOf(names));
  });
}
