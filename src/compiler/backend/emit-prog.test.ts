import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { runProg } from '../../../tests/support/bpf-interpreter.ts';
import { CTX_BYTES, MAP_VALUE_BYTES, randomProg } from '../../../tests/support/random-func.ts';
import { checkFunc, evaluate, type Func, Memory, printFuncs, type World } from '../ir/index.ts';
import { type EmitOptions, emitProg } from './index.ts';

/** What a run leaves behind. */
interface Outcome {
  readonly result: bigint;
  readonly mapValue: string;
  readonly calls: readonly string[];
}

/** A world whose helpers note how they are called. */
function makeWorld(seed: number): { world: World; ctx: bigint; outcome: (result: bigint) => Outcome } {
  const memory = new Memory();
  const ctxBytes = Uint8Array.from(
    { length: CTX_BYTES },
    (_, index) => (index * seed + (seed >> (index % 13))) & 0xff,
  );
  const ctx = memory.add(ctxBytes);
  const value = new Uint8Array(MAP_VALUE_BYTES);
  const valueAddress = memory.add(value);
  const calls: string[] = [];
  const world: World = {
    memory,
    mapFd: (map) => BigInt(map) + 1000n,
    mapValue: () => valueAddress,
    callHelper(helper, args) {
      switch (helper) {
        case 'get_prandom_u32':
          calls.push('random');
          return BigInt(calls.length * 2654435761) & 0xffff_ffffn;
        case 'trace_printk':
          calls.push(`print ${memory.load(args[0]!, 8, false)} ${args.slice(1).join(' ')}`);
          return args[2]! ^ 5n;
        case 'probe_read_kernel': {
          const to = memory.view(args[0]!, Number(args[1]!));
          for (let index = 0; index < to.byteLength; index++)
            to.setUint8(index, args[2] === 0n ? 0 : memory.view(args[2]! + BigInt(index), 1).getUint8(0));
          return args[2] === 0n ? -14n : 0n;
        }
        default:
          throw new Error(`no helper ${helper} here`);
      }
    },
  };
  const outcome = (result: bigint): Outcome => ({ result, mapValue: value.toString(), calls });
  return { world, ctx, outcome };
}

function evaluated(funcs: readonly Func[], seed: number): Outcome {
  const { world, ctx, outcome } = makeWorld(seed);
  return outcome(evaluate(funcs, [ctx], world));
}

function emittedAndRun(funcs: readonly Func[], seed: number, options: EmitOptions): Outcome {
  const { world, ctx, outcome } = makeWorld(seed);
  const prog = emitProg(funcs, options);
  assert.ok(prog.stackBytes <= 512);
  return outcome(runProg(prog, ctx, world, new Uint8Array(prog.scratchBytes).fill(0x77)));
}

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
        const expected = evaluated(funcs, shape.seed & 0xff);
        assert.deepEqual(emittedAndRun(funcs, shape.seed & 0xff, options), expected, printFuncs(funcs));
      }),
      { seed: 20261122, numRuns: Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 200) },
    );
  });
});
