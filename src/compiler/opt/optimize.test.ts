import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { evaluateInTestWorld } from '../../../tests/support/helper-world.ts';
import { randomProg } from '../../../tests/support/random-func.ts';
import { checkFunc, printFuncs } from '../ir/index.ts';
import { optimize } from './index.ts';

describe('optimize', () => {
  it('keeps what random functions do', () => {
    const sizes = fc.record({
      seed: fc.nat(),
      statements: fc.integer({ min: 1, max: 60 }),
      variables: fc.integer({ min: 1, max: 16 }),
    });
    fc.assert(
      fc.property(sizes, (shape) => {
        const funcs = randomProg(shape);
        const optimized = funcs.map((func) => optimize(func, { isChecked: true }));
        for (const func of optimized) assert.deepEqual(checkFunc(func, { isFinal: true }), []);
        const seed = shape.seed & 0xff;
        assert.deepEqual(
          evaluateInTestWorld(optimized, seed),
          evaluateInTestWorld(funcs, seed),
          printFuncs(optimized),
        );
      }),
      { seed: 20261122, numRuns: Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 200) },
    );
  });
});
