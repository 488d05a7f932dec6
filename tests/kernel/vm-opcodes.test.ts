import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeInsns } from '../../src/bpf/index.ts';
import { loadProg } from '../../src/kernel/index.ts';
import { requireRoot } from '../support/requirements.ts';
import { firstDifference, opcodeCases } from '../support/vm-cases.ts';
import { engines, handMadeMachine } from '../support/vm-program.ts';

describe('every instruction with edge values, in the machine as in the kernel', () => {
  for (const { name, insns, ctx } of opcodeCases()) {
    it(name, (t) => {
      if (!requireRoot(t)) return;
      const code = encodeInsns(insns);
      using prog = loadProg({
        type: 'BPF_PROG_TYPE_SYSCALL',
        insns: code,
        license: 'GPL',
        isSleepable: true,
      });
      const expected = prog.testRun({ ctx }).ctx;
      for (const engine of engines) {
        const machine = handMadeMachine([{ insns: code }], { engine });
        const run = machine.run(0, { ctx });
        assert.ok(run.ok, run.ok ? '' : machine.describe(run.fault));
        assert.equal(firstDifference(expected, machine.readCtx()), undefined, `${name} (${engine})`);
      }
    });
  }
});
