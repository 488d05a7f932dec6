/**
 * The scripts of the golden files print the same in the kernel and on the embedded machine. What does not compile for the machine, and does for the
 * kernel, asks for what only a kernel knows.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goldenScripts, isRepeatable, outcomeOf, sortedLines } from '../support/golden-scripts.ts';
import { requireRoot } from '../support/requirements.ts';

/** What a kernel has and the machine has not: events of others, types and variables of the kernel. */
const kernelOnly =
  /No matches for (tracepoint|kprobe|fentry|rawtracepoint|iter)|Cannot resolve unknown type|does not contain a field|Failed to resolve kernel symbol|Unknown enum/;
/** And what the kernel of this machine may lack. */
const machineOnly = /has no kprobes|is refused by this kernel/;

test('print the same on both backends', (t) => {
  if (!requireRoot(t)) return;
  const differences: unknown[] = [];
  let same = 0;
  for (const script of goldenScripts()) {
    const embedded = outcomeOf(script.text, 'embedded');
    const kernel = outcomeOf(script.text, 'kernel');
    if ('refused' in kernel) {
      if (!('refused' in embedded) && !machineOnly.test(kernel.refused))
        differences.push({ file: script.file, kernel });
    } else if ('refused' in embedded) {
      if (!kernelOnly.test(embedded.refused)) differences.push({ file: script.file, embedded });
    } else if (isRepeatable(script)) {
      const [ours, theirs] = [embedded, kernel].map(({ stdout, stderr, exitCode }) => ({
        stdout: sortedLines(stdout),
        stderr: sortedLines(stderr),
        exitCode,
      }));
      if (JSON.stringify(ours) === JSON.stringify(theirs)) same++;
      else differences.push({ file: script.file, embedded: ours, kernel: theirs });
    }
  }
  assert.deepEqual(differences, []);
  assert.ok(same >= 35, `${same} scripts`);
  t.diagnostic(`${same} scripts print the same`);
});
