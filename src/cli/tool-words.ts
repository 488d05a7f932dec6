import type { ToolFile, ToolOption } from './tool-file.ts';

/** What the words behind a tool's name ask for. */
export type ToolWords =
  | { readonly kind: 'help' }
  | { readonly kind: 'run'; readonly tracer: readonly string[]; readonly script: readonly string[] }
  | { readonly kind: 'error'; readonly message: string };

/** Options of the tracer itself that a tool takes as well. */
export const tracerOptions: readonly {
  readonly short: string;
  readonly long: string;
  readonly argument?: string;
  readonly doc: string;
}[] = [
  { short: 'f', long: 'format', argument: 'FORMAT', doc: "output: 'text' or 'json'" },
  { short: 'o', long: 'output', argument: 'FILE', doc: 'write the output to FILE' },
  { short: 'c', long: 'cmd', argument: 'CMD', doc: 'start CMD, and end when it does' },
  { short: 'B', long: 'buffering', argument: 'MODE', doc: "'line', 'full' or 'none'" },
  { short: 'v', long: 'verbose', doc: 'say more' },
];

/**
 * Sorts the words of `tetrace tools NAME WORDS`. Options of the script are written as those of any command, `--pid 1` or `--pid=1`, and `-p`
 * is short for `--pid`. Words that are no options are the tool's operands, or numbers for `--interval` and `--count`, or `--duration`.
 */
export function readToolWords(tool: ToolFile, words: readonly string[]): ToolWords {
  const tracer: string[] = [];
  const script: string[] = [];
  const operands: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      operands.push(...queue.splice(0));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    if (word === '-h' || word === '--help') return { kind: 'help' };
    const { name, attached } = splitOption(word);
    const own = tool.options.find(
      (option) => option.name === name || (name === 'p' && option.name === 'pid'),
    );
    const others =
      own === undefined
        ? tracerOptions.find(({ short, long }) => short === name || long === name)
        : undefined;
    if (own === undefined && others === undefined) return unknownOption(tool, word);
    const takesValue = own === undefined ? others?.argument !== undefined : own.kind !== 'flag';
    const value = takesValue ? (attached ?? queue.shift()) : attached;
    if (takesValue && value === undefined) return { kind: 'error', message: `${word} requires a value` };
    if (own !== undefined) script.push(value === undefined ? `--${own.name}` : `--${own.name}=${value}`);
    else if (others !== undefined) {
      if (!takesValue && value !== undefined)
        return { kind: 'error', message: `--${others.long} takes no value` };
      tracer.push(`-${others.short}`, ...(value === undefined ? [] : [value]));
      if (others.long === 'format' && value === 'json' && tool.hasJsonRows) script.push('--json');
    }
  }
  const placed = placeOperands(tool, operands);
  if (typeof placed === 'string') return { kind: 'error', message: placed };
  return { kind: 'run', tracer, script: [...placed, ...script] };
}

/** `--name=value`, `--name`, `-x` and `-xvalue`. */
function splitOption(word: string): { readonly name: string; readonly attached: string | undefined } {
  if (!word.startsWith('--')) {
    return { name: word.slice(1, 2), attached: word.length > 2 ? word.slice(2) : undefined };
  }
  const equals = word.indexOf('=');
  return equals < 0
    ? { name: word.slice(2), attached: undefined }
    : { name: word.slice(2, equals), attached: word.slice(equals + 1) };
}

function unknownOption(tool: ToolFile, word: string): ToolWords {
  return {
    kind: 'error',
    message: `${tool.name} has no option ${word}; \`tetrace tools ${tool.name} --help\` lists those it has`,
  };
}

/** Operands as the script gets them, or what is wrong with them. */
function placeOperands(tool: ToolFile, operands: readonly string[]): readonly string[] | string {
  const own = operands.slice(0, tool.operands.length);
  if (own.length < tool.operands.length) return `${tool.name} requires ${tool.operands[own.length]}`;
  const names = numberOptions(tool);
  const rest = operands.slice(own.length);
  const extra = rest[names.length];
  if (extra !== undefined) return `${tool.name} has no use for '${extra}'`;
  const malformed = rest.find((text) => !/^\d+$/.test(text));
  if (malformed !== undefined)
    return `${names.join(' and ')} are numbers of seconds and times, not '${malformed}'`;
  return [
    ...own.map((text, index) => completed(tool.operands[index], text)),
    ...rest.map((text, index) => `--${names[index]}=${text}`),
  ];
}

/** A FUNCTION without a place is one of the kernel proper: attach points of every kind have a place. */
function completed(kind: string | undefined, text: string): string {
  return kind === 'FUNCTION' && !text.includes(':') ? `vmlinux:${text}` : text;
}

/** Options whose value may stand on the command line alone. */
export function numberOptions(tool: ToolFile): readonly string[] {
  return ['interval', 'count', 'duration'].filter((name) =>
    tool.options.some((option: ToolOption) => option.name === name),
  );
}
