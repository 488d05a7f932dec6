import {
  hardwareEvents,
  type PerfEvent,
  providers,
  softwareEvents,
} from '../../src/compiler/probes/index.ts';
import { code, codeLines, table } from './markdown.ts';

/** The page of all providers. */
export function probesPage(): string {
  const rows = Object.values(providers);
  return [
    '# Probes',
    '',
    'A probe is one attach point or several with commas between, a predicate if wanted, and a block: `tracepoint:sched:*,profile:hz:99 /pid > 1/ { … }`.',
    'Brackets hold what may be left out. Names may have `*`, those of files also `?` and sets (`[ab]`; with a colon the',
    'whole is in quotes: `uprobe:"/bin/[[:alpha:]]*":main`). Names of providers and their short forms are:',
    '',
    table(
      ['provider', 'also', 'spelling', 'when it runs'],
      rows.map((facts) => [
        code(facts.kind),
        facts.aliases.map(code).join(', '),
        codeLines(facts.forms),
        facts.doc,
      ]),
    ),
    "Full names are read in any case (`BEGIN` is `begin`). `tetrace -l` lists what this machine has: `tetrace -l 'tracepoint:sched:*'`,",
    "with arguments `tetrace -lv 'fentry:vfs_read'`.",
    '',
    '## Software events',
    '',
    events(softwareEvents),
    '## Hardware events',
    '',
    events(hardwareEvents),
  ].join('\n');
}

function events(rows: readonly PerfEvent[]): string {
  return table(
    ['event', 'also', 'count unless given'],
    rows.map((event) => [code(event.name), event.aliases.map(code).join(', '), String(event.defaultCount)]),
  );
}
