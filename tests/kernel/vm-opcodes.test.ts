import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeInsns, type Insn, operationOf } from '../../src/bpf/index.ts';
import { loadProg } from '../../src/kernel/index.ts';
import { requireRoot } from '../support/requirements.ts';
import { firstDifference, opcodeCases } from '../support/vm-cases.ts';
import { engines, handMadeMachine } from '../support/vm-program.ts';

/** What an instruction does, without its registers and numbers. */
function meaningOf(insn: Insn): string | undefined {
  const operation = operationOf(insn);
  if (operation === undefined) return undefined;
  const words: readonly string[] = ['kind', 'op', 'width', 'to', 'bits', 'size', 'signed', 'fetch', 'long'];
  const facts = Object.entries(operation).filter(([name]) => words.includes(name));
  const operand = Object.entries(operation).find(([name]) => name === 'operand' || name === 'value')?.[1];
  const source = typeof operand === 'object' ? operand.kind : '';
  return `${facts.map(([, fact]) => fact).join(' ')} ${source}`.trim();
}

/** Every instruction there is: all opcodes, with each offset and immediate that changes what they mean. */
function allMeanings(): Set<string> {
  const meanings = new Set<string>();
  const imms = [...Array(0x112).keys()];
  for (let opcode = 0; opcode < 0x100; opcode++) {
    for (const off of [0, 1, 8, 16, 32]) {
      for (const imm of imms) {
        const meaning = meaningOf({
          opcode,
          dst: 0,
          src: 0,
          off,
          imm,
          ...(opcode === 0x18 ? { imm64: 0n } : {}),
        });
        if (meaning !== undefined) meanings.add(meaning);
      }
    }
  }
  return meanings;
}

it('no instruction is left out', () => {
  const tried = new Set(opcodeCases().flatMap(({ insns }) => insns.map(meaningOf)));
  const missing = [...allMeanings()].filter((meaning) => !tried.has(meaning));
  // Calls and may_goto are tried in vm-calls.test.ts; packets there are none of.
  const elsewhere = ['call-helper', 'ld-packet 1', 'ld-packet 2', 'ld-packet 4', 'may-goto'];
  assert.deepEqual(missing.sort(), elsewhere);
});

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
