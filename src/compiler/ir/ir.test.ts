import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkFunc, FuncBuilder, IrSyntaxError, parseFunc, printFunc } from './index.ts';

/** sum of the odd numbers below 10, in variables, through a loop and an if. */
function sumOfOdds() {
  const b = new FuncBuilder({ name: 'sum', role: 'prog', params: 1 });
  const i = b.declareVariable(b.const(0));
  const sum = b.declareVariable();
  const [head, body, done, odd, next] = [
    b.newBlock(),
    b.newBlock(),
    b.newBlock(),
    b.newBlock(),
    b.newBlock(),
  ];
  b.jump(head);
  b.moveTo(head);
  b.branch(b.compare('ult', b.readVariable(i), b.const(10)), body, done);
  b.enter(body);
  b.branch(b.binary('and', b.readVariable(i), b.const(1)), odd, next);
  b.enter(odd);
  b.writeVariable(sum, b.binary('add', b.readVariable(sum), b.readVariable(i)));
  b.jump(next);
  b.enter(next);
  b.writeVariable(i, b.addConst(b.readVariable(i), 1));
  b.jump(head);
  b.sealBlock(head);
  b.enter(done);
  b.return(b.readVariable(sum));
  return b.finish();
}

describe('FuncBuilder', () => {
  it('puts loop variables into SSA form', () => {
    const func = sumOfOdds();
    assert.deepEqual(checkFunc(func), []);
    const head = func.blocks[1]!;
    assert.equal(head.params.length, 2);
  });

  it('makes no parameter for a variable that a loop only reads', () => {
    const b = new FuncBuilder({ name: 'f', role: 'prog', params: 1 });
    const x = b.declareVariable(b.const(7));
    const i = b.declareVariable(b.const(0));
    const [head, body, done] = [b.newBlock(), b.newBlock(), b.newBlock()];
    b.jump(head);
    b.moveTo(head);
    b.branch(b.compare('ult', b.readVariable(i), b.readVariable(x)), body, done);
    b.enter(body);
    b.writeVariable(i, b.binary('add', b.readVariable(i), b.readVariable(x)));
    b.jump(head);
    b.enter(done);
    b.return(b.readVariable(x));
    const func = b.finish();
    assert.deepEqual(checkFunc(func), []);
    assert.equal(func.blocks.find((block) => block.id === head)!.params.length, 1);
  });

  it('survives a chain of 20,000 joins', () => {
    const b = new FuncBuilder({ name: 'f', role: 'prog', params: 1 });
    const x = b.declareVariable(b.const(7));
    const y = b.declareVariable(b.const(1));
    for (let i = 0; i < 20_000; i++) {
      const [yes, join] = [b.newBlock(), b.newBlock()];
      b.branch(b.readVariable(y), yes, join);
      b.enter(yes);
      b.writeVariable(y, b.const(i));
      b.jump(join);
      b.enter(join);
    }
    b.return(b.readVariable(x));
    const func = b.finish();
    assert.deepEqual(checkFunc(func), []);
    assert.equal(func.blocks.at(-1)!.params.length, 0);
  });
});

const everyOp = `func f(v0) prog values 40 blocks 5 {
  slot s0 16 align 8
  slot s1 4 align 4
b0:
  v1 = load.8 v0+16 @3
  v2 = load.1s v0+-4
  slotStart s0
  v3 = slot s0
  zero v3+0 16 align 8 @12
  store.2 v3+2 v1
  v4 = const -9223372036854775808
  v5 = mapValue 2+24
  copy v3+0 v5+8 8 align 4
  v6 = atomic.8 add v5+0 v4
  v7 = atomic.4 cmpxchg v5+0 v4 v1
  v8 = mapFd 1
  v9 = call map_lookup_elem(v8, v3) reads
  v10 = const 0
  v11 = ne v9 v10
  branch v11 b1(v2, v4) b2 cold ifFalse @7
b1(v12, v13):
  v14 = load.8 v9+0
  v15 = select v12 v13 v14
  v16 = funcAddr each
  v17 = ksym runqueues
  v18 = callKfunc bpf_rdonly_cast(v17, v15)
  v19 = callFunc sub()
  v20 = call get_current_pid_tgid() stable
  v21 = neg v20
  v22 = bswap32 v21
  v23 = smod v22 v12
  jump b2
b2:
  return v10
}
`;

describe('printFunc and parseFunc', () => {
  it('are inverses', () => {
    assert.equal(printFunc(parseFunc(everyOp)), everyOp);
    const func = sumOfOdds();
    assert.deepEqual(parseFunc(printFunc(func)), func);
  });

  it('count values and blocks that are not declared', () => {
    const func = parseFunc('func f(v0) prog {\nb0:\n v4 = const 1 ; a comment\n return v4\n}');
    assert.equal(func.valueCount, 5);
    assert.equal(func.blockCount, 1);
  });

  it('name the line that is wrong', () => {
    assert.throws(() => parseFunc('func f(v0) prog {\nb0:\n  v1 = frobnicate v0\n}'), IrSyntaxError);
  });
});

describe('checkFunc', () => {
  const rules: readonly (readonly [rule: string, body: string])[] = [
    [
      'v1 is not defined on every path',
      'b0:\n branch v0 b1 b2\nb1:\n v1 = const 1\n jump b2\nb2:\n return v1',
    ],
    ['v9 is not defined', 'b0:\n return v9'],
    ['v1 is defined twice', 'b0:\n v1 = const 1\n v1 = const 2\n return v1'],
    ['takes 2 operands, not 1', 'b0:\n v1 = add v0\n return v1'],
    ['takes at most 5 operands, not 6', 'b0:\n v1 = callFunc f(v0, v0, v0, v0, v0, v0)\n return v1'],
    ['goes to b7, which is not there', 'b0:\n jump b7'],
    ['passes 0 values to b1, which has 1', 'b0:\n jump b1\nb1(v1):\n return v1'],
    ['slot s0 is declared', 'b0:\n v1 = slot s0\n v2 = const 0\n return v2'],
    ['an offset fits 16 bits', 'b0:\n v1 = load.8 v0+40000\n return v1'],
    ['a function returns a number', 'b0:\n v1 = mapFd 1\n return v1'],
    [
      'no arithmetic on the address of a map',
      'b0:\n v1 = mapFd 1\n v2 = const 1\n v3 = add v1 v2\n return v2',
    ],
    [
      'the offset into ctx belongs to the load',
      'b0:\n v1 = const 8\n v2 = add v0 v1\n v3 = load.8 v2+0\n return v3',
    ],
    ['chosen by a branch', 'b0:\n v1 = mapValue 1+0\n v2 = const 1\n v3 = select v2 v1 v1\n return v2'],
    [
      'v2 may be NULL',
      'b0:\n v1 = mapFd 1\n v2 = call map_lookup_elem(v1, v1) reads\n v3 = load.8 v2+0\n return v3',
    ],
  ];
  for (const [rule, body] of rules) {
    it(`objects: ${rule}`, () => {
      const problems = checkFunc(parseFunc(`func f(v0) prog {\n${body}\n}`), { isFinal: true });
      assert.ok(
        problems.some((problem) => problem.includes(rule)),
        `${JSON.stringify(problems)} says so`,
      );
    });
  }

  it('accepts the function with every operation', () => {
    assert.deepEqual(checkFunc(parseFunc(everyOp), { isFinal: true }), []);
  });
});
