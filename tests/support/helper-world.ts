import assert from 'node:assert/strict';
import { type EmitOptions, emitProg } from '../../src/compiler/backend/index.ts';
import { evaluate, type Func, Memory, type World } from '../../src/compiler/ir/index.ts';
import { runProg } from './bpf-interpreter.ts';
import { CTX_BYTES, MAP_VALUE_BYTES } from './random-func.ts';

/** What a run leaves behind. */
export interface Outcome {
  readonly result: bigint;
  readonly mapValue: string;
  readonly calls: readonly string[];
}

/** A world whose helpers note how they are called. */
export function makeWorld(seed: number): { world: World; ctx: bigint; outcome: (result: bigint) => Outcome } {
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

/** Evaluates the IR. */
export function evaluateInTestWorld(funcs: readonly Func[], seed: number): Outcome {
  const { world, ctx, outcome } = makeWorld(seed);
  return outcome(evaluate(funcs, [ctx], world));
}

/** Emits the functions and runs the instructions. */
export function runInTestWorld(funcs: readonly Func[], seed: number, options: EmitOptions = {}): Outcome {
  const { world, ctx, outcome } = makeWorld(seed);
  const prog = emitProg(funcs, options);
  assert.ok(prog.stackBytes <= 512);
  return outcome(runProg(prog, ctx, world, new Uint8Array(prog.scratchBytes).fill(0x77)));
}
