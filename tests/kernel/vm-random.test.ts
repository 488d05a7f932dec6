import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeInsns, listing } from '../../src/bpf/index.ts';
import { loadProg, ProgLoadError } from '../../src/kernel/index.ts';
import { requireRoot } from '../support/requirements.ts';
import { engines, handMadeMachine } from '../support/vm-program.ts';
import { randomProg } from '../support/vm-random.ts';

/** TETRACE_VM_PROGS sets another number of programs, TETRACE_VM_SEED the first one's seed. */
const COUNT = Number(process.env['TETRACE_VM_PROGS'] ?? 2000);
const FIRST_SEED = Number(process.env['TETRACE_VM_SEED'] ?? 1);

describe('random programs', () => {
  it(`gives the kernel's results for ${COUNT} of them`, (t) => {
    if (!requireRoot(t)) return;
    let refused = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const { insns, ctx } = randomProg(seed);
      const code = encodeInsns(insns);
      let expected: Uint8Array;
      try {
        using prog = loadProg({
          type: 'BPF_PROG_TYPE_SYSCALL',
          insns: code,
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
      for (const engine of engines) {
        const machine = handMadeMachine([{ insns: code }], { engine });
        const run = machine.run(0, { ctx });
        const found = run.ok ? machine.readCtx() : machine.describe(run.fault);
        assert.deepEqual(found, expected, `seed ${seed} (${engine}):\n${listing(code)}`);
      }
    }
    assert.ok(refused * 10 < COUNT, `the verifier refused ${refused} of ${COUNT} programs`);
    t.diagnostic(`${COUNT - refused} compared, ${refused} refused by the verifier`);
  });
});
