import { exitCodes } from '../../src/cli/exit-codes.ts';
import { type OptionRow, optionGroups, optionRows } from '../../src/cli/option-table.ts';
import { subcommands } from '../../src/cli/subcommands.ts';
import { code, codeLines, table } from './markdown.ts';

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'the run ended: `exit()`, Ctrl-C, SIGTERM, SIGHUP, or the process of `-p` or `-c` has ended',
  refused: 'wrong command line or script, missing privileges, nothing to attach to, a failed test',
  internal: 'a bad value in a `BPFTRACE_…` variable',
  interrupted: 'Ctrl-C twice: left at once',
  brokenPipe: 'nobody reads the output any more',
  runtime: 'loading or attaching failed',
};

/** The page of the command line. */
export function optionsPage(): string {
  return [
    '# The command line',
    '',
    '```',
    'tetrace [options] FILE [arguments]',
    "tetrace [options] -e 'PROGRAM' [arguments]",
    'tetrace [options] -',
    'tetrace -l [PATTERN or FILE]',
    '```',
    '',
    'Options count wherever they stand, and long ones may be shortened as long as they are clear. Arguments are `$1`, `$2`, … in the script;',
    'behind `--` stand the named ones that it asks for with `getopt()`: `tetrace FILE -- --name=value`.',
    '',
    ...Object.entries(optionGroups).flatMap(([group, title]) => [
      `## ${title.charAt(0)}${title.slice(1).toLowerCase()}`,
      '',
      table(
        ['option', 'what it does'],
        optionRows.filter(([, row]) => row.group === group).map(([, row]) => [spelling(row), row.doc]),
      ),
    ]),
    '## Commands',
    '',
    table(
      ['command', 'what it does'],
      Object.entries(subcommands).map(([name, { doc }]) => [code(`tetrace ${name}`), doc]),
    ),
    '## Exit codes',
    '',
    '`exit(n)` in a script ends with the low 8 bits of n. Otherwise:',
    '',
    table(
      ['code', 'meaning'],
      Object.entries(exitCodes).map(([name, value]) => [
        String(value),
        meanings[name as keyof typeof exitCodes], // Object.entries forgets the names
      ]),
    ),
  ].join('\n');
}

function spelling(row: OptionRow): string {
  const argument = row.argument === undefined ? '' : ` ${row.argument}`;
  const short = row.short === undefined ? [] : [`-${row.short}${argument}`];
  const long = row.long === undefined ? [] : [`--${row.long}${argument}`];
  return codeLines([...short, ...long]);
}
