/** The golden files come to the same in the kernel and on the embedded machine: what they print, or why they are wrong. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMap, possibleCpuCount } from '../../src/kernel/index.ts';
import {
  type FunctionOutcome,
  functionCtx,
  functionMaps,
  type GoldenFunctions,
  goldenFunctions,
  runFunctions,
} from '../support/golden-functions.ts';
import { comparable, goldenScripts, kernelFacts, outcomeOf } from '../support/golden-scripts.ts';
import { loadFuncs } from '../support/load-emitted.ts';
import { requireRoot } from '../support/requirements.ts';
import { engines } from '../support/vm-program.ts';

/** What the kernel of this machine lacks, and the embedded machine has. */
const machineOnly = /has no kprobes|is refused by this kernel/;

test('scripts print the same on both backends', (t) => {
  if (!requireRoot(t)) return;
  const differences: unknown[] = [];
  const lacking: string[] = [];
  let same = 0;
  for (const script of goldenScripts()) {
    if (kernelFacts[script.file] !== undefined) continue;
    const embedded = comparable(script, outcomeOf(script.text, 'embedded'));
    const outcome = outcomeOf(script.text, 'kernel');
    const kernel = comparable(script, outcome);
    if (JSON.stringify(embedded) === JSON.stringify(kernel)) same++;
    else if ('refused' in outcome && machineOnly.test(outcome.refused)) lacking.push(script.file);
    else differences.push({ file: script.file, embedded, kernel });
  }
  assert.deepEqual(differences, []);
  t.diagnostic(`${same} print the same, ${lacking.length} need what this kernel lacks: ${lacking.join(' ')}`);
  assert.ok(same >= 110, `${same} scripts`);
});

describe('functions come to the same in the kernel and in the machine', () => {
  for (const golden of goldenFunctions()) {
    test(golden.file, (t) => {
      if (!requireRoot(t)) return;
      const expected = runInKernel(golden);
      for (const engine of engines) {
        const found = runFunctions(golden.funcs, engine);
        if (!golden.isChance) assert.deepEqual(found, expected, engine);
      }
    });
  }
});

function runInKernel({ funcs }: GoldenFunctions): FunctionOutcome {
  using counts = createMap(functionMaps[0]!, possibleCpuCount());
  using values = createMap(functionMaps[1]!, possibleCpuCount());
  const maps = new Map([
    [0, counts],
    [1, values],
  ]);
  using loaded = loadFuncs(funcs, 'BPF_PROG_TYPE_RAW_TRACEPOINT', maps);
  const { retval } = loaded.prog.testRun({ ctx: functionCtx });
  return { retval, value: values.lookup(new Uint8Array(4)) };
}
