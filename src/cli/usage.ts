import type { InvokedName } from './invoked-name.ts';
import { type OptionGroup, type OptionRow, optionGroups, optionRows } from './option-table.ts';
import { subcommands } from './subcommands.ts';

const textColumn = 25;
const lineWidth = 100;

/** The usage text, from the option table. */
export function usageText(name: InvokedName): string {
  const lines = [
    'Dynamic tracing for Linux: bpftrace scripts, compiled straight to BPF.',
    '',
    'USAGE:',
    `    ${name} [options] FILE [arguments]`,
    `    ${name} [options] -e 'PROGRAM' [arguments]`,
    `    ${name} [options] -                  the program comes from standard input`,
    `    ${name} -l [PATTERN or FILE]`,
    '    Options count wherever they stand; "-- --NAME=VALUE" gives a script its own named options.',
  ];
  for (const [group, title] of Object.entries(optionGroups) as [OptionGroup, string][]) {
    lines.push('', `${title}:`);
    for (const [, row] of optionRows)
      if (row.group === group && !row.hidden) lines.push(...describeOption(row));
  }
  const commands = name === 'tetrace' ? Object.entries(subcommands) : [];
  if (commands.length > 0) lines.push('', 'COMMANDS:');
  for (const [command, { doc }] of commands) lines.push(...describe(command, doc));
  lines.push(
    '',
    'EXAMPLES:',
    ...example(
      `${name} -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'`,
      'count system calls by command',
    ),
    ...example(
      `${name} -e 'tracepoint:syscalls:sys_enter_openat { printf("%s %s\\n", comm, str(args.filename)); }'`,
      'show every file opened, and by whom',
    ),
    ...example(
      `${name} -e 'tracepoint:block:block_rq_issue { @ = hist(args.bytes); }'`,
      'sizes of disk requests as a histogram',
    ),
    ...example(`${name} -l 'tracepoint:sched:*'`, 'list the tracepoints of the scheduler'),
    '',
    'Config variables are set in the script (config = { ... }) or as BPFTRACE_* in the environment.',
  );
  return `${lines.join('\n')}\n`;
}

function describeOption(row: OptionRow): string[] {
  const spellings = [row.short && `-${row.short}`, row.long && `--${row.long}`]
    .filter((text) => text)
    .join(', ');
  return describe(row.argument === undefined ? spellings : `${spellings} ${row.argument}`, row.doc);
}

/** A term and its text in two columns; a long term has a line of its own, a long text goes on below itself. */
function describe(term: string, text: string): string[] {
  const left = `    ${term}`;
  const indent = ' '.repeat(textColumn);
  const lines: string[] = [];
  let line = left.length < textColumn - 1 ? left.padEnd(textColumn) : indent;
  if (left.length >= textColumn - 1) lines.push(left);
  for (const word of text.split(' ')) {
    if (line.length + word.length > lineWidth && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

function example(command: string, text: string): string[] {
  return [`    ${command}`, `        ${text}`];
}
