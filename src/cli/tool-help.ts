import type { ToolFile, ToolOption } from './tool-file.ts';
import { numberOptions, tracerOptions } from './tool-words.ts';

/** What `tetrace tools` prints: one line each. */
export function toolList(tools: readonly ToolFile[]): string {
  const lines = tools.map(({ name, summary }) => `    ${name.padEnd(16)} ${summary}`);
  return [
    'USAGE: tetrace tools NAME [options]',
    '',
    ...lines,
    '',
    '`tetrace tools NAME --help` says more. The scripts are files to read, change and learn from.',
    '',
  ].join('\n');
}

/** What `tetrace tools NAME --help` prints. */
export function toolHelp(tool: ToolFile): string {
  const operands = [...tool.operands, ...numberOptions(tool).map((name) => `[${name}]`)];
  return [
    `${tool.name}: ${tool.summary}`,
    '',
    `USAGE: tetrace tools ${[tool.name, '[options]', ...operands].join(' ')}`,
    '',
    ...tool.text,
    '',
    'OPTIONS:',
    ...tool.options.map((option) => line(spellingOf(option), option.description)),
    ...tracerOptions.map(({ short, long, argument, doc }) =>
      line(`-${short}, --${long}${argument === undefined ? '' : ` ${argument}`}`, doc),
    ),
    line('-h, --help', 'show this text'),
    '',
  ].join('\n');
}

/** An option as it is written, with the kind of its value. */
function spellingOf({ name, kind }: ToolOption): string {
  const value = { flag: '', number: ' N', text: ' TEXT' }[kind];
  return `${name === 'pid' ? '-p, ' : '    '}--${name}${value}`;
}

function line(spelling: string, text: string): string {
  return `    ${spelling.padEnd(24)} ${text}`;
}
