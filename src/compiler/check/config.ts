/** Config values: the script's `config` block and the environment, which wins. */
import { readUnsigned } from '../../base/index.ts';
import type { RunSettings } from '../../program/index.ts';
import type { StackMode } from '../../types/index.ts';
import {
  type Config,
  type ConfigSetting,
  type Diagnostic,
  type Span,
  suggest,
  textOfByteString,
} from '../language/index.ts';
import type { CompileSettings } from '../typed/index.ts';
import { makeCheckDiagnostic } from './body.ts';

type Gate = 'error' | 'warn' | 'enable';

interface RowOf<Kind extends string, Value> {
  readonly kind: Kind;
  readonly fallback: Value;
  readonly doc: string;
}

type ConfigRow =
  | RowOf<'bool', boolean>
  | (RowOf<'int', bigint> & { readonly max?: bigint })
  | RowOf<'text', string>
  | (RowOf<'choice', string> & {
      readonly values: readonly string[];
      /** Other spellings of values. */
      readonly aliases?: Readonly<Record<string, string>>;
    });

const gateValues = ['error', 'warn', 'enable'] as const satisfies readonly Gate[];
const gateAliases = { true: 'enable', false: 'error' };

/** The kernel counts the entries of a map in 32 bits. Source: uapi/linux/bpf.h, bpf_attr.max_entries. */
export const MAX_MAP_ENTRIES = 0xffff_ffffn;

/** Every config value; names as scripts write them, in lower case. */
export const configTable = {
  cache_user_symbols: {
    kind: 'choice',
    fallback: 'PER_PID',
    values: ['PER_PID', 'PER_PROGRAM', 'NONE'],
    aliases: { 0: 'NONE', 1: 'PER_PID' },
    doc: 'Whether symbols of user processes are kept per process, per program or not at all.',
  },
  cpp_demangle: { kind: 'bool', fallback: true, doc: 'Shows C++ names as they are written.' },
  lazy_symbolication: {
    kind: 'bool',
    fallback: true,
    doc: 'Accepted and without effect: what a process maps is noted while it runs, and its symbols are read when they are shown.',
  },
  license: {
    kind: 'choice',
    fallback: 'GPL',
    values: ['Dual MIT/GPL', 'Dual BSD/GPL', 'Dual MPL/GPL', 'GPL and additional rights', 'GPL v2', 'GPL'],
    doc: 'The licence the kernel is told.',
  },
  log_size: {
    kind: 'int',
    fallback: 1_000_000n,
    doc: "Bytes for the verifier's log; any value but the default is a limit, which with -v every program has to keep.",
  },
  avg_decimals: {
    kind: 'int',
    fallback: 0n,
    doc: 'Digits behind the point of averages in printed avg() and stats() maps, up to 18 (not in bpftrace).',
  },
  max_bpf_progs: { kind: 'int', fallback: 1024n, doc: 'Most BPF programs of one script.' },
  max_cat_bytes: { kind: 'int', fallback: 10240n, doc: 'Most bytes that cat() shows.' },
  max_map_keys: {
    kind: 'int',
    fallback: 4096n,
    max: MAX_MAP_ENTRIES,
    doc: 'Most keys of a map that does not say; where fewer are possible for certain, it is made for those.',
  },
  max_probes: { kind: 'int', fallback: 1024n, doc: 'Most probes of one script.' },
  max_strlen: {
    kind: 'int',
    fallback: 1024n,
    doc: 'Bytes of the strings that str(), buf() and path() read.',
  },
  missing_probes: {
    kind: 'choice',
    fallback: 'error',
    values: ['ignore', 'warn', 'error'],
    doc: 'What to do about an attach point that matches nothing.',
  },
  on_stack_limit: {
    kind: 'int',
    fallback: 32n,
    doc: 'Bytes from which on a value does not live on the BPF stack.',
  },
  perf_rb_pages: { kind: 'int', fallback: 0n, doc: 'Pages of the buffer for records; 0 chooses.' },
  print_maps_on_exit: { kind: 'bool', fallback: true, doc: 'Prints all maps at the end.' },
  show_debug_info: {
    kind: 'bool',
    fallback: true,
    doc: 'Shows files and lines in stacks where they are known.',
  },
  stack_mode: {
    kind: 'choice',
    fallback: 'bpftrace',
    values: ['bpftrace', 'raw', 'perf', 'build_id'],
    doc: 'How stacks are shown.',
  },
  str_trunc_trailer: {
    kind: 'text',
    fallback: '..',
    doc: 'What stands at the end of a string that was cut.',
  },
  unstable_import_statement: {
    kind: 'choice',
    fallback: 'error',
    values: gateValues,
    aliases: gateAliases,
    doc: 'Whether `import` may be a statement.',
  },
  unstable_typeinfo: {
    kind: 'choice',
    fallback: 'error',
    values: gateValues,
    aliases: gateAliases,
    doc: 'Whether typeinfo may be used.',
  },
  unstable_tseries: {
    kind: 'choice',
    fallback: 'warn',
    values: gateValues,
    aliases: gateAliases,
    doc: 'Whether tseries() may be used.',
  },
  unstable_dw_ustack: {
    kind: 'choice',
    fallback: 'warn',
    values: gateValues,
    aliases: gateAliases,
    doc: 'Whether dw_ustack may be used.',
  },
  use_blazesym: {
    kind: 'bool',
    fallback: true,
    doc: 'Accepted and without effect: symbols are always resolved by Tetrace.',
  },
} as const satisfies Record<string, ConfigRow>;

export type ConfigName = keyof typeof configTable;
type ValueOf<Row> = Row extends { readonly kind: 'bool' }
  ? boolean
  : Row extends { readonly kind: 'int' }
    ? bigint
    : string;
export type ConfigValues = { readonly [Name in ConfigName]: ValueOf<(typeof configTable)[Name]> };

const withoutEffect: ReadonlySet<string> = new Set([
  'symbol_source',
  'max_type_res_iterations',
  'unstable_addr',
  'unstable_import',
  'unstable_macro',
  'unstable_map_decl',
]);
const renamed: Readonly<Record<string, ConfigName>> = {
  strlen: 'max_strlen',
  no_cpp_demangle: 'cpp_demangle',
  cat_bytes_max: 'max_cat_bytes',
  map_keys_max: 'max_map_keys',
};
const environmentOnly: ReadonlySet<string> = new Set(['btf', 'kernel_build', 'kernel_source', 'vmlinux']);
const PREFIX = 'bpftrace_';

export interface ConfigResult {
  readonly values: ConfigValues;
  /** Where the script sets them; none where the environment does. */
  readonly places: Readonly<Partial<Record<ConfigName, Span>>>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The config values of a script.
 *
 * @param environment variables by name; those that start with BPFTRACE_ and name a config value count.
 */
export function resolveConfig(
  config: Config | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigResult {
  const values: Record<string, boolean | bigint | string> = {};
  for (const [name, row] of Object.entries(configTable)) values[name] = row.fallback;
  const places: Partial<Record<ConfigName, Span>> = {};
  const diagnostics: Diagnostic[] = [];
  const set = (key: string, text: string, at: Span | undefined): void => {
    const outcome = readSetting(key, text, at);
    diagnostics.push(...outcome.diagnostics);
    if (outcome.name === undefined) return;
    values[outcome.name] = outcome.value;
    if (at === undefined) delete places[outcome.name];
    else places[outcome.name] = at;
  };
  for (const setting of config?.settings ?? []) set(setting.key.text, settingText(setting), setting.span);
  for (const [variable, text] of Object.entries(environment)) {
    const key = variable.toLowerCase();
    const name = key.slice(PREFIX.length);
    if (!key.startsWith(PREFIX) || text === undefined) continue;
    if (isConfigName(name) || Object.hasOwn(renamed, name)) set(name, text, undefined);
  }
  // Every name of the table has got a value of its row's kind.
  return { values: values as unknown as ConfigValues, places, diagnostics };
}

function isConfigName(name: string): name is ConfigName {
  return Object.hasOwn(configTable, name);
}

function settingText(setting: ConfigSetting): string {
  const { value } = setting;
  switch (value.kind) {
    case 'string':
      return textOfByteString(value.value);
    case 'name':
      return value.text;
    case 'int':
    case 'bool':
      return String(value.value);
  }
}

interface Outcome {
  readonly name?: ConfigName;
  readonly value: boolean | bigint | string;
  readonly diagnostics: readonly Diagnostic[];
}

/** @param at undefined for the environment. */
function readSetting(spelling: string, text: string, at: Span | undefined): Outcome {
  const lower = spelling.toLowerCase();
  const key = lower.startsWith(PREFIX) ? lower.slice(PREFIX.length) : lower;
  if (withoutEffect.has(key)) {
    return { value: '', diagnostics: [makeCheckDiagnostic('config-deprecated', at, [key])] };
  }
  if (environmentOnly.has(key)) {
    return { value: '', diagnostics: [makeCheckDiagnostic('config-environment', at, [key])] };
  }
  const newName = Object.hasOwn(renamed, key) ? renamed[key] : undefined;
  const name = newName ?? (isConfigName(key) ? key : undefined);
  if (!name) {
    const hint = suggest(key, Object.keys(configTable));
    return { value: '', diagnostics: [makeCheckDiagnostic('config-unknown', at, [key], { hint })] };
  }
  const warnings = newName ? [makeCheckDiagnostic('config-renamed', at, [key, newName])] : [];
  const read = readValue(name, configTable[name], text, at === undefined);
  if ('problem' in read) {
    const problem = name === 'license' ? read.problem : `${key}: ${read.problem}`;
    return { value: '', diagnostics: [...warnings, makeCheckDiagnostic('config-value', at, [problem])] };
  }
  // The old name said the opposite.
  const value = key === 'no_cpp_demangle' ? !read.value : read.value;
  return { name, value, diagnostics: warnings };
}

type Reading = { readonly value: boolean | bigint | string } | { readonly problem: string };

const truthWords: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', 'off'].map((word) => [word, false] as const),
]);

/** In the environment a bool is no other number than 0 and 1; in a script any number but 0 is true. */
function readValue(name: string, row: ConfigRow, text: string, isStrict: boolean): Reading {
  switch (row.kind) {
    case 'text':
      return { value: text };
    case 'int': {
      const read = readUnsigned(text);
      if (read.kind !== 'integer') return { problem: `expecting a number, got ${text}` };
      if (row.max !== undefined && read.value > row.max) return { problem: `${text} is over ${row.max}` };
      return { value: read.value };
    }
    case 'bool': {
      const word = truthWords.get(text.toLowerCase());
      if (word !== undefined) return { value: word };
      const read = readUnsigned(text);
      const isTruth = read.kind === 'integer' && (!isStrict || read.value < 2n);
      if (isTruth) return { value: read.value !== 0n };
      return { problem: 'Invalid bool value: valid values are true, false, 1 or 0.' };
    }
    case 'choice': {
      const wanted = row.aliases?.[text] ?? text;
      const value = row.values.find((candidate) => candidate.toLowerCase() === wanted.toLowerCase());
      return value === undefined ? { problem: choiceProblem(name, row.values, text) } : { value };
    }
  }
}

const LICENSING = 'https://docs.kernel.org/bpf/bpf_licensing.html#using-bpf-programs-in-the-linux-kernel';

function choiceProblem(name: string, values: readonly string[], text: string): string {
  if (name === 'license')
    return `Invalid value for license. Found: ${text}. Valid values: ${values.join(', ')}. Read more about BPF programs and licensing: ${LICENSING}`;
  const last = values.at(-1);
  return `Invalid value for ${name}: valid values are ${values.slice(0, -1).join(', ')}, and ${last}.`;
}

/** The values that matter at run time. */
export function runSettings(values: ConfigValues): RunSettings {
  return {
    printMapsOnExit: values.print_maps_on_exit,
    maxCatBytes: Number(values.max_cat_bytes),
    strTruncTrailer: values.str_trunc_trailer,
    perfRbPages: Number(values.perf_rb_pages),
    // The table lets nothing else through.
    missingProbes: values.missing_probes as RunSettings['missingProbes'],
    cppDemangle: values.cpp_demangle,
    cacheUserSymbols: values.cache_user_symbols as RunSettings['cacheUserSymbols'],
    showDebugInfo: values.show_debug_info,
    ...(values.log_size === configTable.log_size.fallback ? {} : { logSize: Number(values.log_size) }),
    ...(values.avg_decimals === 0n ? {} : { avgDecimals: Math.min(18, Number(values.avg_decimals)) }),
    maxProbes: Number(values.max_probes),
    maxStrlen: strlenOf(values),
  };
}

/** Strings shorter than this have room for a NUL of their own. */
const PLAIN_STRLEN = 1024n;

function strlenOf(values: ConfigValues): number {
  const { max_strlen: length } = values;
  return Number(length < PLAIN_STRLEN ? length + 1n : length);
}

/** The values that matter to the compiler. */
export function compileSettings(
  values: ConfigValues,
  {
    runtimeWarnings,
    excludeSelf,
    isObject,
  }: Pick<CompileSettings, 'runtimeWarnings' | 'excludeSelf' | 'isObject'>,
  environment: Readonly<Record<string, string | undefined>>,
): CompileSettings {
  const clockMap = environment['BPFTRACE_DUMMY_TS_MAP'];
  return {
    ...(clockMap === undefined ? {} : { clockMap }),
    maxStrlen: strlenOf(values),
    maxMapKeys: Number(values.max_map_keys),
    onStackLimit: Number(values.on_stack_limit),
    runtimeWarnings,
    ...(excludeSelf ? { excludeSelf } : {}),
    ...(isObject ? { isObject } : {}),
  };
}

/** How stacks are shown unless a call says otherwise. */
export function stackModeOf(values: ConfigValues): StackMode {
  return values.stack_mode as StackMode; // the table lets nothing else through
}

/** What the builtin `config` shows. */
export function configRecord(values: ConfigValues): Readonly<Record<string, bigint | boolean | string>> {
  const { cache_user_symbols: _hidden, ...shown } = values;
  return shown;
}
