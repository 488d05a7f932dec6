import { configTable } from '../../src/compiler/check/index.ts';
import { code, table } from './markdown.ts';

type ConfigRow = (typeof configTable)[keyof typeof configTable];

/** The page of config values. */
export function configPage(): string {
  return [
    '# Config values',
    '',
    'A script sets them in a block at its beginning, the environment as `BPFTRACE_` and the name in capitals; the environment wins.',
    '',
    '```bpftrace',
    'config = { max_strlen = 64; missing_probes = "warn" }',
    'begin { printf("%d\\n", config.max_strlen); exit(); }',
    '```',
    '',
    table(
      ['name', 'values', 'default', 'what it decides'],
      Object.entries(configTable).map(([name, row]) => [code(name), values(row), fallback(row), row.doc]),
    ),
  ].join('\n');
}

function values(row: ConfigRow): string {
  switch (row.kind) {
    case 'bool':
      return '`true`, `false`';
    case 'int':
      return 'a number';
    case 'text':
      return 'text';
    case 'choice':
      return row.values.map((value) => code(value)).join(', ');
  }
}

function fallback(row: ConfigRow): string {
  return code(row.kind === 'text' ? `"${row.fallback}"` : String(row.fallback));
}
