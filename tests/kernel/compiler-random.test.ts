import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EmitOptions } from '../../src/compiler/backend/index.ts';
import { evaluate, type Func, Memory, parseFunc, type World } from '../../src/compiler/ir/index.ts';
import { optimize } from '../../src/compiler/opt/index.ts';
import { createMap, ProgLoadError, possibleCpuCount } from '../../src/kernel/index.ts';
import { loadFuncs } from '../support/load-emitted.ts';
import { CTX_BYTES, MAP_VALUE_BYTES, randomProg } from '../support/random-func.ts';
import { requireRoot } from '../support/requirements.ts';

const variants: readonly EmitOptions[] = [{}, { onStackLimit: 0 }, { onStackLimit: 512, bulkHelper: 'none' }];

describe('the kernel', () => {
  it('accepts random functions and agrees with the evaluator', (t) => {
    if (!requireRoot(t)) return;
    const sizes = fc.record({
      seed: fc.nat(),
      statements: fc.integer({ min: 1, max: 20 }),
      variables: fc.integer({ min: 1, max: 12 }),
      isPure: fc.constant(true),
      withoutFetch: fc.constant(!acceptsFetchingAtomics()),
    });
    fc.assert(
      fc.property(sizes, fc.constantFrom(...variants), fc.boolean(), (shape, options, isOptimized) => {
        const raw = randomProg(shape);
        const funcs = isOptimized ? raw.map((func) => optimize(func)) : raw;
        const ctx = Uint8Array.from({ length: CTX_BYTES }, (_, index) => (index * 37 + shape.seed) & 0xff);
        const expected = evaluateOnce(funcs, ctx);
        using map = createMap(
          { type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: MAP_VALUE_BYTES, maxEntries: 1 },
          possibleCpuCount(),
        );
        try {
          using loaded = loadFuncs(funcs, 'BPF_PROG_TYPE_RAW_TRACEPOINT', new Map([[1, map]]), options);
          const { retval } = loaded.prog.testRun({ ctx });
          assert.equal(retval, Number(BigInt.asUintN(32, expected.result)));
          assert.deepEqual(map.lookup(new Uint8Array(4)), expected.mapValue);
        } catch (error) {
          // The verifier gives up on a million instructions or 8,192 open branches: too much branching is the test's fault.
          if (error instanceof ProgLoadError && /too large|too complex/.test(error.log)) return;
          throw error;
        }
      }),
      { seed: 20261122, numRuns: Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 60) },
    );
  });
});

/** Whether the kernel has atomics that give back the old value. */
function acceptsFetchingAtomics(): boolean {
  const func = parseFunc(`func f(v0) prog {
  slot s0 8 align 8
b0:
  v1 = slot s0
  v2 = const 1
  store.8 v1+0 v2
  v3 = atomic.8 fetchAdd v1+0 v2
  return v3
}`);
  try {
    using _loaded = loadFuncs([func], 'BPF_PROG_TYPE_RAW_TRACEPOINT', new Map());
    return true;
  } catch (error) {
    if (error instanceof ProgLoadError) return false;
    throw error;
  }
}

function evaluateOnce(
  funcs: readonly Func[],
  ctxBytes: Uint8Array,
): { result: bigint; mapValue: Uint8Array } {
  const memory = new Memory();
  const ctx = memory.add(ctxBytes);
  const mapValue = new Uint8Array(MAP_VALUE_BYTES);
  const address = memory.add(mapValue);
  const world: World = {
    memory,
    mapFd: (map) => BigInt(map),
    mapValue: () => address,
    callHelper(helper, [to, size, from]) {
      assert.equal(helper, 'probe_read_kernel');
      const target = memory.view(to!, Number(size));
      const source = memory.view(from!, Number(size));
      for (let index = 0; index < target.byteLength; index++) target.setUint8(index, source.getUint8(index));
      return 0n;
    },
  };
  return { result: evaluate(funcs, [ctx], world), mapValue };
}
