import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProg } from '../../../tests/support/bpf-interpreter.ts';
import { Random } from '../../../tests/support/random-func.ts';
import { alu64Imm, decodeInsns, encodeInsns, exit, goto, jumpImm, slotsOf } from '../../bpf/index.ts';
import { type BlockId, evaluate, FuncBuilder, Memory, type World } from '../ir/index.ts';
import { fitJumps } from './branch-range.ts';
import { Code } from './code.ts';
import { emitProg } from './index.ts';
import { linkCode } from './link.ts';

const world: World = {
  memory: new Memory(),
  mapFd: () => 0n,
  mapValue: () => 0n,
  callHelper: () => 0n,
};

/** Blocks that jump back and forth over `count` pieces of code of `size` instructions each. */
function farJumps(count: number, size: number) {
  const b = new FuncBuilder({ name: 'far', role: 'prog', params: 1 });
  const sum = b.declareVariable(b.param(0));
  const rounds = b.declareVariable(b.const(0));
  const pieces: BlockId[] = Array.from({ length: count }, () => b.newBlock());
  const [head, done] = [b.newBlock(), b.newBlock()];
  b.jump(head);
  b.moveTo(head);
  const dispatch = (index: number): void => {
    if (index === count) {
      b.jump(done);
      return;
    }
    const next = b.newBlock();
    const cond = b.compare('eq', b.binary('umod', b.readVariable(sum), b.const(count)), b.const(index));
    b.branch(cond, pieces[index]!, next);
    b.enter(next);
    dispatch(index + 1);
  };
  dispatch(0);
  pieces.forEach((piece, index) => {
    b.enter(piece);
    for (let i = 0; i < size; i++) {
      const op = i % 2 === 0 ? 'add' : 'xor';
      b.writeVariable(sum, b.binary(op, b.readVariable(sum), b.const(index * 7 + i)));
    }
    b.writeVariable(rounds, b.addConst(b.readVariable(rounds), 1));
    const again = b.newBlock();
    b.branch(b.compare('uge', b.readVariable(rounds), b.const(9)), done, again);
    b.enter(again);
    b.jump(head);
  });
  b.sealBlock(head);
  b.enter(done);
  b.return(b.readVariable(sum));
  return b.finish();
}

describe('fitJumps', () => {
  for (const cpuV4 of [false, true]) {
    it(`lays out 100,000 instructions ${cpuV4 ? 'with' : 'without'} gotol`, () => {
      const func = farJumps(50, 2_000);
      const prog = emitProg([func], { cpuV4 });
      assert.ok(prog.insns.length / 8 > 100_000);
      for (const start of [1n, -7n]) {
        const options = { maxSteps: 10_000_000 };
        assert.equal(
          runProg(prog, start, world, new Uint8Array(0)),
          evaluate([func], [start], world, options),
        );
      }
    });
  }

  it('leaves short code alone', () => {
    const code = new Code();
    const label = code.newLabel();
    code.add(goto(0), undefined, { kind: 'jump', to: label });
    code.place(label);
    code.add(exit(), undefined);
    assert.equal(fitJumps(code, false), code);
  });

  for (const hasGotol of [false, true]) {
    it(`routes random jumps ${hasGotol ? 'with' : 'without'} gotol to where they went`, () => {
      // Each piece adds its own number and jumps on; the trace of pieces must not change.
      const random = new Random(42);
      const code = new Code();
      const labels = Array.from({ length: 400 }, () => code.newLabel());
      const targets: [jump: number, conditional: number][] = [];
      labels.forEach((label, index) => {
        code.place(label);
        const conditional = random.below(labels.length);
        const jump = random.below(labels.length);
        targets.push([jump, conditional]);
        code.add(alu64Imm('mov', 1, index), undefined);
        for (let filler = random.below(500); filler > 0; filler--) code.add(alu64Imm('add', 2, 1), undefined);
        const to = labels[conditional]!;
        code.add(jumpImm(index % 3 === 0 ? 'set' : 'lt', 0, 77, 0), undefined, { kind: 'jump', to });
        code.add(goto(0), undefined, { kind: 'jump', to: labels[jump]! });
      });
      const { insns, labelSlots } = linkCode(fitJumps(code, hasGotol));
      assert.ok(insns.length > 90_000);
      assert.deepEqual(decodeInsns(encodeInsns(insns)).length, insns.length);
      const bySlot = new Map<number, number>();
      let slot = 0;
      insns.forEach((insn, index) => {
        bySlot.set(slot, index);
        slot += slotsOf(insn);
      });
      /** Follows unconditional jumps from a slot to the first instruction that is none. */
      const settle = (from: number): number => {
        let at = from;
        for (let steps = 0; steps < 1_000; steps++) {
          const insn = insns[bySlot.get(at)!]!;
          if (insn.opcode === 0x05) at += 1 + insn.off;
          else if (insn.opcode === 0x06) at += 1 + insn.imm;
          else return at;
        }
        throw new Error('jumps in a ring');
      };
      labels.forEach((label, index) => {
        // The end of the piece: from its start over the straight instructions to the conditional jump.
        let at = settle(labelSlots[label]!);
        while ((insns[bySlot.get(at)!]!.opcode & 7) === 7) at = settle(at + 1);
        const [jump, conditional] = targets[index]!;
        const test = insns[bySlot.get(at)!]!;
        const whenTaken = settle(at + 1 + test.off);
        const whenNot = settle(at + 1);
        const isInverted = index % 3 !== 0 && (test.opcode & 0xf0) !== 0xa0;
        assert.equal(isInverted ? whenNot : whenTaken, settle(labelSlots[labels[conditional]!]!));
        assert.equal(isInverted ? whenTaken : whenNot, settle(labelSlots[labels[jump]!]!));
      });
    });
  }
});
