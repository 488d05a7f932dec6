import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeInsns, listing } from '../../src/bpf/index.ts';
import { createMap, loadProg, ProgLoadError } from '../../src/kernel/index.ts';
import { requireRoot } from '../support/requirements.ts';
import { withDescriptors } from '../support/vm-pair.ts';
import { engines, handMadeMachine, mapRelocs } from '../support/vm-program.ts';
import { randomProg, randomProgMap } from '../support/vm-random.ts';

const COUNT = Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 1000);

describe('random programs', () => {
  it(`gives the kernel's results for ${COUNT} of them`, (t) => {
    if (!requireRoot(t)) return;
    let refused = 0;
    using map = createMap(randomProgMap, 1);
    for (let seed = 1; seed <= COUNT; seed++) {
      const { insns, ctx } = randomProg(seed);
      let expected: Uint8Array;
      try {
        using prog = loadProg({
          type: 'BPF_PROG_TYPE_SYSCALL',
          insns: encodeInsns(withDescriptors(insns, [map])),
          license: 'GPL',
          isSleepable: true,
        });
        expected = prog.testRun({ ctx }).ctx;
      } catch (error) {
        if (!(error instanceof ProgLoadError)) throw error;
        // Some instructions turn out to be unreachable where the verifier knows a value; nothing else may be wrong.
        assert.match(
          error.log,
          /unreachable insn|too complex|too large|infinite loop/,
          `seed ${seed}: ${error.message}`,
        );
        refused++;
        continue;
      }
      const parts = { insns, relocs: mapRelocs(insns), maps: [randomProgMap] };
      for (const engine of engines) {
        const machine = handMadeMachine([parts], { engine });
        const run = machine.run(0, { ctx });
        const found = run.ok ? machine.readCtx() : machine.describe(run.fault);
        assert.deepEqual(found, expected, `seed ${seed} (${engine}):\n${listing(insns)}`);
      }
    }
    assert.ok(refused * 10 < COUNT, `the verifier refused ${refused} of ${COUNT} programs`);
    t.diagnostic(`${COUNT - refused} compared, ${refused} refused by the verifier`);
  });
});
