/** The golden files on the embedded machine, without root: whatever is a script that does not ask for the kernel's own facts runs, or is wrong anywhere. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkGoldenText } from '../support/golden.ts';
import { goldenFunctions, runFunctions } from '../support/golden-functions.ts';
import { goldenScripts, kernelFacts, outcomeOf } from '../support/golden-scripts.ts';
import { runTetrace } from '../support/run-tetrace.ts';
import { engines } from '../support/vm-program.ts';

/** How a script is refused that would run elsewhere. */
const elsewhere = /No matches for|is out of reach|has no kprobes|is refused by this kernel/;
/** It names binaries that nobody has. */
const withoutBinary = /usdt target file '\/bin\/app' does not exist|^uprobe:\/bin\/bash|\.\/a\.out/m;

describe('golden files', () => {
  test('run on the embedded machine, or are wrong, but for what only a kernel knows', (t) => {
    const scripts = goldenScripts();
    let [ran, wrong] = [0, 0];
    for (const { file, text } of scripts) {
      const outcome = outcomeOf(text, 'embedded');
      const fact = kernelFacts[file];
      if (!('refused' in outcome)) {
        assert.equal(fact, undefined, `${file} runs`);
        ran++;
      } else if (fact !== undefined) assert.match(outcome.refused, fact, file);
      else {
        assert.ok(
          !elsewhere.test(outcome.refused) || withoutBinary.test(outcome.refused),
          `${file}: ${outcome.refused}`,
        );
        wrong++;
      }
    }
    assert.equal(ran + wrong + Object.keys(kernelFacts).length, scripts.length);
    t.diagnostic(
      `${ran} run, ${wrong} are wrong scripts, ${scripts.length - ran - wrong} ask for what a kernel knows`,
    );
  });

  // What happens in a whole system can be told to the machine.
  for (const file of ['check/further-builtins', 'lower/count-by-comm', 'lower/tracepoint-arguments']) {
    test(`runs on events that are written down: ${file}`, async () => {
      const script = goldenScripts().find((one) => one.file === `${file}.txt`)?.text ?? '';
      const args = ['--no-warnings', '--unsafe', '--scenario', 'tests/scripts/golden.scenario', '-e', script];
      const { stdout, stderr } = await runTetrace(args);
      checkGoldenText(`printed/${file.replace('/', '-')}.text`, `${stdout}---- stderr\n${stderr}`);
    });
  }

  for (const { file, funcs, isChance } of goldenFunctions()) {
    test(`functions come to the same in both engines: ${file}`, () => {
      const [first, second] = engines.map((engine) => runFunctions(funcs, engine));
      if (!isChance) assert.deepEqual(first, second);
    });
  }
});
