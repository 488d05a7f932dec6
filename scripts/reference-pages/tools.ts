import { readdirSync, readFileSync } from 'node:fs';
import { readToolFile, type ToolFile } from '../../src/cli/tool-file.ts';
import { numberOptions, tracerOptions } from '../../src/cli/tool-words.ts';
import { code, codeLines, table } from './markdown.ts';

/** The page of the tools that come along, from the heads of their scripts. */
export function toolsPage(): string {
  const tools = readdirSync('tools')
    .filter((file) => file.endsWith('.bt'))
    .sort()
    .map((file) => readToolFile(file.slice(0, -'.bt'.length), readFileSync(`tools/${file}`)));
  return [
    '# Tools',
    '',
    'Scripts that come along, to be run as `tetrace tools NAME` and to be read and changed (`tools/NAME.bt`). Names and columns are those that',
    'users of such tools know. `tetrace tools` lists them, `tetrace tools NAME --help` says more.',
    '',
    table(
      ['tool', 'shows', 'options'],
      tools.map((tool) => [codeLines([commandOf(tool)]), tool.summary, optionsOf(tool)]),
    ),
    '`-p` is short for `--pid`. All take options of the tracer as well:',
    `${tracerOptions.map(({ short, argument }) => code(`-${short}${argument === undefined ? '' : ` ${argument}`}`)).join(', ')}. With`,
    '`-f json` every row is an object, with the same values in it.',
    '',
    '```console',
    '# tetrace tools opensnoop --failed --comm=cat',
    'PID     COMM               FD ERR PATH',
    '10459   cat                -1   2 /missing',
    '```',
    '',
    ...tools.flatMap(({ name, text }) => [`## ${name}`, '', ...text, '']),
  ].join('\n');
}

function commandOf(tool: ToolFile): string {
  return [tool.name, ...tool.operands, ...numberOptions(tool).map((name) => `[${name}]`)].join(' ');
}

function optionsOf(tool: ToolFile): string {
  const positional = numberOptions(tool);
  return tool.options
    .filter(({ name }) => !positional.includes(name))
    .map(({ name, kind }) => code(`--${name}${{ flag: '', number: '=N', text: '=TEXT' }[kind]}`))
    .join(', ');
}
