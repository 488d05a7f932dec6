import { type OptionId, type OptionRow, optionRows } from './option-table.ts';

/** One option as it stood on the command line. */
export interface GivenOption {
  readonly id: OptionId;
  /** Empty for an option without an argument. */
  readonly value: string;
}

export interface GivenArguments {
  /** In the order given. */
  readonly options: readonly GivenOption[];
  /** What is no option, wherever it stood, then everything after `--`. */
  readonly operands: readonly string[];
  /** Set when parsing stopped at something that is no option; `options` holds what came before. */
  readonly problem: string | undefined;
}

/**
 * Splits a command line the way GNU getopt_long does with permutation: options count wherever they stand, `--` ends them, short
 * options may be bundled (`-vq`) and carry their argument attached (`-p1`), long ones take it after `=` or as the next word, and
 * may be cut short while that stays unambiguous. Problems are worded as glibc words them, without the command's name.
 */
export function splitArguments(words: readonly string[]): GivenArguments {
  const options: GivenOption[] = [];
  const operands: string[] = [];
  let at = 0;
  const stop = (problem: string): GivenArguments => ({ options, operands, problem });
  while (at < words.length) {
    const word = words[at++] ?? '';
    if (word === '--') {
      operands.push(...words.slice(at));
      break;
    }
    if (word === '-' || !word.startsWith('-')) {
      operands.push(word);
    } else if (word.startsWith('--')) {
      const read = readLong(word.slice(2), words[at]);
      if ('problem' in read) return stop(read.problem);
      options.push(read.option);
      at += read.consumed;
    } else {
      const read = readShort(word.slice(1), words[at]);
      options.push(...read.options);
      if (read.problem !== undefined) return stop(read.problem);
      at += read.consumed;
    }
  }
  return { options, operands, problem: undefined };
}

type LongResult = { readonly option: GivenOption; readonly consumed: 0 | 1 } | { readonly problem: string };

function readLong(text: string, next: string | undefined): LongResult {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const attached = equals < 0 ? undefined : text.slice(equals + 1);
  const candidates = optionRows.filter(([, row]) => row.long?.startsWith(name));
  const found =
    candidates.find(([, row]) => row.long === name) ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (found === undefined) {
    if (candidates.length === 0) return { problem: `unrecognized option '--${text}'` };
    const names = candidates.map(([, row]) => `'--${row.long}'`).join(' ');
    return { problem: `option '--${text}' is ambiguous; possibilities: ${names}` };
  }
  const [id, row] = found;
  if (row.argument === undefined) {
    if (attached !== undefined) return { problem: `option '--${row.long}' doesn't allow an argument` };
    return { option: { id, value: '' }, consumed: 0 };
  }
  if (attached !== undefined) return { option: { id, value: attached }, consumed: 0 };
  if (next === undefined) return { problem: `option '--${row.long}' requires an argument` };
  return { option: { id, value: next }, consumed: 1 };
}

interface ShortResult {
  readonly options: readonly GivenOption[];
  readonly consumed: 0 | 1;
  readonly problem: string | undefined;
}

function readShort(letters: string, next: string | undefined): ShortResult {
  const options: GivenOption[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? '';
    const found = optionRows.find(([, row]: readonly [OptionId, OptionRow]) => row.short === letter);
    if (found === undefined) return { options, consumed: 0, problem: `invalid option -- '${letter}'` };
    const [id, row] = found;
    if (row.argument === undefined) {
      options.push({ id, value: '' });
      continue;
    }
    const attached = letters.slice(at + 1);
    if (attached !== '')
      return { options: [...options, { id, value: attached }], consumed: 0, problem: undefined };
    if (next === undefined)
      return { options, consumed: 0, problem: `option requires an argument -- '${letter}'` };
    return { options: [...options, { id, value: next }], consumed: 1, problem: undefined };
  }
  return { options, consumed: 0, problem: undefined };
}
