// A reporter for node:test that prints what a reader needs: each failure, with its place, and nothing for what passes.
// The counts go as JSON to the descriptor in TETRACE_TEST_TOTALS_FD, or as a line to the output when there is none.

import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import { inspect } from 'node:util';

export default async function* report(events) {
  const totals = { passed: 0, failed: 0, skipped: [] };
  const names = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
    } else if (type === 'test:pass' && data.details.type !== 'suite') {
      if (data.skip !== undefined && data.skip !== false)
        totals.skipped.push(data.skip === true || data.skip === '' ? 'no reason given' : data.skip);
      else totals.passed++;
    } else if (type === 'test:fail') {
      const error = data.details.error;
      if (error?.failureType === 'subtestsFailed') continue; // told already, one by one
      totals.failed++;
      const path = [...names.slice(0, data.nesting), data.name].join(' > ');
      const place = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)})`;
      yield `\nFAILED: ${path}${place}\n${indent(inspect(error?.cause ?? error))}\n`;
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message;
    }
  }
  const fd = Number(process.env.TETRACE_TEST_TOTALS_FD);
  if (fd > 0) {
    writeSync(fd, JSON.stringify(totals));
  } else {
    for (const reason of new Set(totals.skipped)) yield `skipped: ${reason}\n`;
    yield `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped\n`;
  }
}

function indent(text) {
  return text.replace(/^/gm, '  ');
}
