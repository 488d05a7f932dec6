import { type IntegerText, readSigned, readUnsigned, unreachable } from '../base/index.ts';
import type { NamedParam } from '../program/index.ts';
import type { Messages } from './messages.ts';

/** The words after the script, split by what they are. */
export interface ScriptArguments {
  /** `$1` is the first. */
  readonly positional: readonly string[];
  /** Without their leading `--`. */
  readonly named: readonly string[];
}

/**
 * Words that start with `--` are named parameters (they can only come from behind a literal `--`), all others are
 * positional, wherever they stand. Source: bpftrace 0.27.
 */
export function splitScriptArguments(words: readonly string[]): ScriptArguments {
  return {
    positional: words.filter((word) => !word.startsWith('--')),
    named: words.filter((word) => word.startsWith('--')).map((word) => word.slice(2)),
  };
}

/** Values for a program's named parameters, by name; or what to say (exit code 1). */
export type ResolvedParams =
  | { readonly ok: true; readonly values: ReadonlyMap<string, bigint | string | boolean> }
  | { readonly ok: false; readonly error: string | undefined; readonly hint: string | undefined };

/**
 * Matches what was given with what the script declares through getopt(). A parameter that was not given has its
 * default, or none. `--help` is answered with the list of what the script knows, unless it declares that name itself.
 */
export function resolveNamedParams(
  declared: readonly NamedParam[],
  given: readonly string[],
): ResolvedParams {
  const texts = new Map<string, string | undefined>();
  for (const word of given) {
    const equals = word.indexOf('=');
    if (equals < 0) texts.set(word, undefined);
    else texts.set(word.slice(0, equals), word.slice(equals + 1));
  }
  const unexpected = [...texts.keys()].filter((name) => !declared.some((param) => param.name === name));
  const unknown = unexpected.filter((name) => name !== 'help');
  if (unexpected.length > 0) {
    const wantsHelp = unknown.length < unexpected.length;
    return {
      ok: false,
      error:
        unknown.length === 0 ? undefined : `unexpected program command line options: ${listNames(unknown)}`,
      hint: describeParams(declared, wantsHelp),
    };
  }
  const values = new Map<string, bigint | string | boolean>();
  for (const param of declared) {
    if (!texts.has(param.name)) {
      if (param.default !== undefined) values.set(param.name, param.default);
      continue;
    }
    const text = texts.get(param.name);
    const read = readValue(param.kind, text);
    if ('problem' in read) {
      const error = `program command line option --${param.name} ${read.problem} (value: ${text ?? 'true'})`;
      return { ok: false, error, hint: undefined };
    }
    values.set(param.name, read.value);
  }
  return { ok: true, values };
}

/** The same; undefined after saying what is wrong. */
export function namedParamValues(
  declared: readonly NamedParam[],
  given: readonly string[],
  messages: Messages,
): ReadonlyMap<string, bigint | string | boolean> | undefined {
  const params = resolveNamedParams(declared, given);
  if (params.ok) return params.values;
  if (params.error !== undefined) messages.error(params.error);
  if (params.hint !== undefined) messages.hint(params.hint);
  return undefined;
}

function describeParams(declared: readonly NamedParam[], withDescriptions: boolean): string {
  if (declared.length === 0) return 'no custom program options defined.';
  if (!withDescriptions) return `expected program options: ${listNames(declared.map((param) => param.name))}`;
  return [
    'expected program options:',
    ...declared.map(({ name, description }) =>
      description === '' ? `--${name}` : `--${name}: ${description}`,
    ),
  ].join('\n');
}

function listNames(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(', ');
}

type ReadValue = { readonly value: bigint | string | boolean } | { readonly problem: string };

const truthTexts: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['on', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['off', false],
  ['no', false],
]);

function readValue(kind: NamedParam['kind'], text: string | undefined): ReadValue {
  switch (kind) {
    case 'bool': {
      const truth = text === undefined ? true : truthTexts.get(text.toLowerCase());
      return truth === undefined ? { problem: "expects a boolean (e.g. 'true')" } : { value: truth };
    }
    case 'string':
      return text === undefined ? { problem: 'expects a string' } : { value: text };
    case 'int':
      return text === undefined ? { problem: 'expects an integer' } : integerValue(readSigned(text));
    case 'uint':
      return text === undefined ? { problem: 'expects an integer' } : integerValue(readUnsigned(text));
    default:
      return unreachable(kind);
  }
}

function integerValue(read: IntegerText): ReadValue {
  switch (read.kind) {
    case 'integer':
      return { value: read.value };
    case 'malformed':
      return { problem: read.reason };
    case 'overflow':
      return { problem: 'value is out of range' };
    default:
      return unreachable(read);
  }
}
