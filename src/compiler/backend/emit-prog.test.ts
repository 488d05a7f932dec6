import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { evaluateInTestWorld, runInTestWorld } from '../../../tests/support/helper-world.ts';
import { randomProg } from '../../../tests/support/random-func.ts';
import { checkFunc, printFuncs } from '../ir/index.ts';
import { optimize } from '../opt/index.ts';
import type { EmitOptions } from './index.ts';

const variants: readonly EmitOptions[] = [
  {},
  { cpuV4: true },
  { onStackLimit: 0 },
  { onStackLimit: 512, bulkHelper: 'none' },
];

describe('emitProg', () => {
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
