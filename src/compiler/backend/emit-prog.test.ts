import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { evaluateInTestWorld, runInTestWorld } from '../../../tests/support/helper-world.ts';
import { randomProg } from '../../../tests/support/random-func.ts';
import { listing } from '../../bpf/index.ts';
import { checkFunc, parseFuncs, printFuncs } from '../ir/index.ts';
import { optimize } from '../opt/index.ts';
import { type EmitOptions, emitProg } from './index.ts';

const variants: readonly EmitOptions[] = [
  {},
  { cpuV4: true },
  { onStackLimit: 0 },
  { onStackLimit: 512, bulkHelper: 'none' },
];

/** Blocks without code that lead in a circle. It never ends, so it is looked at and not run, and is no golden file. */
const endlessRing = `
func main(v0) prog {
b0:
  v1 = load.4 v0+0
  branch v1 b1 b3
b1:
  jump b2
b2:
  jump b1
b3:
  v2 = const 7
  return v2
}
`;

describe('emitProg', () => {
  it('an endless loop of blocks without code does not run into what follows', () => {
    const lines = listing(emitProg(parseFuncs(endlessRing)).insns)
      .trimEnd()
      .split('\n');
    assert.deepEqual(
      lines.map((line) => line.trim()),
      [
        '0: (61) r0 = *(u32 *)(r1 +0)',
        '1: (15) if r0 == 0x0 goto pc+1',
        '2: (05) goto pc-1',
        '3: (b7) r0 = 7',
        '4: (95) exit',
      ],
    );
  });

  it('keeps the meaning of random functions', () => {
    const sizes = fc.record({
      seed: fc.nat(),
      statements: fc.integer({ min: 1, max: 60 }),
      variables: fc.integer({ min: 1, max: 16 }),
    });
    fc.assert(
      fc.property(sizes, fc.constantFrom(...variants), (shape, options) => {
        const funcs = randomProg(shape);
        for (const func of funcs) assert.deepEqual(checkFunc(func), []);
        const expected = evaluateInTestWorld(funcs, shape.seed & 0xff);
        assert.deepEqual(runInTestWorld(funcs, shape.seed & 0xff, options), expected, printFuncs(funcs));
        const optimized = funcs.map((func) => optimize(func));
        assert.deepEqual(
          runInTestWorld(optimized, shape.seed & 0xff, options),
          expected,
          printFuncs(optimized),
        );
      }),
      { seed: 20261122, numRuns: Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 200) },
    );
  });
});
