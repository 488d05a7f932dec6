import { asI64, asU64, present } from '../../base/index.ts';
import type { HelperName } from '../../bpf/index.ts';
import { computeBinary, computeCompare, computeUnary } from './arithmetic.ts';
import { type Block, type Edge, type Func, type Insn, noValue, type ValueId } from './func.ts';
import { isBinaryOp, isCompareOp, isUnaryOp } from './op.ts';
import { emptyTable } from './table.ts';

/** The function did something that the verifier would not let it do. */
class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}

/**
 * Memory for the evaluator: pieces far apart, so that running over the end of one is noticed. Addresses are unsigned 64-bit
 * numbers; which ones a piece gets is not to be relied on.
 */
export class Memory {
  readonly #regions: { readonly base: bigint; readonly view: DataView }[] = [];

  /** Adds a piece and returns its address. Writes go through to `bytes`. */
  add(bytes: Uint8Array): bigint {
    const base = BigInt(this.#regions.length + 1) << 32n;
    this.#regions.push({ base, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
    return base;
  }

  /** The bytes at an address, as a view of the piece. @throws EvaluationError when they are not all in one piece. */
  view(address: bigint, size: number): DataView {
    const at = asU64(address);
    const region = this.#regions[Number(at >> 32n) - 1];
    const offset = Number(at & 0xffff_ffffn);
    if (region === undefined || offset + size > region.view.byteLength)
      throw new EvaluationError(`${size} bytes at 0x${at.toString(16)} are not memory`);
    return new DataView(region.view.buffer, region.view.byteOffset + offset, size);
  }

  /** Reads a little-endian number, zero or sign extended, as a signed 64-bit number. */
  load(address: bigint, size: 1 | 2 | 4 | 8, signed: boolean): bigint {
    const view = this.view(address, size);
    let value = 0n;
    for (let index = size - 1; index >= 0; index--) value = (value << 8n) | BigInt(view.getUint8(index));
    return signed ? BigInt.asIntN(size * 8, value) : asI64(value);
  }

  store(address: bigint, size: 1 | 2 | 4 | 8, value: bigint): void {
    const view = this.view(address, size);
    let rest = asU64(value);
    for (let index = 0; index < size; index++, rest >>= 8n) view.setUint8(index, Number(rest & 0xffn));
  }
}

/** What a function meets when it is evaluated. */
export interface World {
  readonly memory: Memory;
  /** Address of the value of a one-entry array map. */
  mapValue(map: number): bigint;
  /** A number for the map itself; helpers get it as an argument. */
  mapFd(map: number): bigint;
  callHelper(helper: HelperName, args: readonly bigint[], calls: Callbacks): bigint;
  callKfunc?(name: string, args: readonly bigint[]): bigint;
}

/** How helpers call back. */
export interface Callbacks {
  /** Calls the function whose address `funcAddr` gave. */
  call(address: bigint, args: readonly bigint[]): bigint;
}

export interface EvaluateOptions {
  /** @throws EvaluationError after so many instructions. */
  readonly maxSteps?: number;
}

/** Runs the first of `funcs` with the given arguments and returns its result as a signed 64-bit number. @throws EvaluationError. */
export function evaluate(
  funcs: readonly Func[],
  args: readonly bigint[],
  world: World,
  { maxSteps = 1_000_000 }: EvaluateOptions = {},
): bigint {
  return new Evaluation(funcs, world, maxSteps).call(present(funcs[0], 'there is a function to run'), args);
}

/** Addresses of functions: apart from those of memory. */
const FUNC_BASE = 0x7f00_0000_0000_0000n;

class Evaluation implements Callbacks {
  readonly #funcs: readonly Func[];
  readonly #world: World;
  #stepsLeft: number;

  constructor(funcs: readonly Func[], world: World, maxSteps: number) {
    this.#funcs = funcs;
    this.#world = world;
    this.#stepsLeft = maxSteps;
  }

  call(target: Func | bigint, args: readonly bigint[]): bigint {
    const func = typeof target === 'bigint' ? this.#funcs[Number(target - FUNC_BASE)] : target;
    if (func === undefined) throw new EvaluationError(`0x${String(target)} is not the address of a function`);
    return this.#run(func, args);
  }

  #named(name: string): Func {
    return present(
      this.#funcs.find((func) => func.name === name),
      `function ${name} is part of the prog`,
    );
  }

  #run(func: Func, args: readonly bigint[]): bigint {
    const values = emptyTable<bigint>(func.valueCount);
    const blocks: Block[] = [];
    for (const block of func.blocks) blocks[block.id] = block;
    func.params.forEach((param, index) => {
      values[param] = asI64(args[index] ?? 0n);
    });
    // Bytes that nobody wrote must not matter: they are different in every slot.
    const slots = func.slots.map(({ bytes }, index) =>
      this.#world.memory.add(new Uint8Array(bytes).fill(0xa5 ^ index)),
    );
    const read = (value: ValueId): bigint => present(values[value], 'a value is defined before it is used');
    let block = present(func.blocks[0], 'a function has an entry block');
    for (;;) {
      for (const insn of block.insns) {
        this.#step();
        const result = this.#compute(insn, insn.args.map(read), slots);
        if (insn.id !== noValue) values[insn.id] = result;
      }
      this.#step();
      const { end } = block;
      if (end.kind === 'return') return read(end.value);
      let edge: Edge;
      if (end.kind === 'jump') edge = end.to;
      else edge = read(end.cond) !== 0n ? end.ifTrue : end.ifFalse;
      const passed = edge.args.map(read);
      block = present(blocks[edge.block], 'an edge goes to a block');
      block.params.forEach((param, index) => {
        values[param] = passed[index]!;
      });
    }
  }

  #step(): void {
    if (this.#stepsLeft-- <= 0) throw new EvaluationError('the function does not come to an end');
  }

  #compute(insn: Insn, args: readonly bigint[], slots: readonly bigint[]): bigint {
    const { memory } = this.#world;
    const [a = 0n, b = 0n, c = 0n] = args;
    const { op } = insn;
    if (isBinaryOp(op)) return computeBinary(op, a, b);
    if (isUnaryOp(op)) return computeUnary(op, a);
    if (isCompareOp(op)) return computeCompare(op, a, b) ? 1n : 0n;
    switch (insn.op) {
      case 'const':
        return insn.value;
      case 'select':
        return a !== 0n ? b : c;
      case 'slot':
        return slots[insn.slot]!;
      case 'slotStart': {
        const view = memory.view(slots[insn.slot]!, 0);
        const size = view.buffer.byteLength;
        new Uint8Array(view.buffer).fill(0x5a ^ size);
        return 0n;
      }
      case 'mapFd':
        return asI64(this.#world.mapFd(insn.map));
      case 'mapValue':
        return asI64(this.#world.mapValue(insn.map) + BigInt(insn.off));
      case 'load':
        return memory.load(a + BigInt(insn.off), insn.size, insn.signed);
      case 'store':
        memory.store(a + BigInt(insn.off), insn.size, b);
        return 0n;
      case 'copy': {
        const to = memory.view(a + BigInt(insn.off), insn.bytes);
        const from = memory.view(b + BigInt(insn.fromOff), insn.bytes);
        for (let index = 0; index < insn.bytes; index++) to.setUint8(index, from.getUint8(index));
        return 0n;
      }
      case 'zero': {
        const to = memory.view(a + BigInt(insn.off), insn.bytes);
        for (let index = 0; index < insn.bytes; index++) to.setUint8(index, 0);
        return 0n;
      }
      case 'atomic':
        return this.#atomic(insn, a + BigInt(insn.off), b, c);
      case 'call':
        return asI64(this.#world.callHelper(insn.helper, args, this));
      case 'callFunc':
        return this.#run(this.#named(insn.name), args);
      case 'funcAddr':
        return FUNC_BASE + BigInt(this.#funcs.indexOf(this.#named(insn.name)));
      case 'callKfunc':
        if (this.#world.callKfunc === undefined)
          throw new EvaluationError(`there is no kfunc ${insn.name} here`);
        return asI64(this.#world.callKfunc(insn.name, args));
      case 'ksym':
        throw new EvaluationError(`there is no kernel variable ${insn.name} here`);
      default:
        throw new EvaluationError(`operation ${insn.op} is not evaluated`);
    }
  }

  #atomic(insn: Insn & { readonly op: 'atomic' }, address: bigint, a: bigint, b: bigint): bigint {
    const { memory } = this.#world;
    const old = memory.load(address, insn.size, false);
    const write = (value: bigint): void => memory.store(address, insn.size, value);
    switch (insn.kind) {
      case 'add':
      case 'fetchAdd':
        write(old + a);
        break;
      case 'or':
      case 'fetchOr':
        write(old | a);
        break;
      case 'and':
      case 'fetchAnd':
        write(old & a);
        break;
      case 'xor':
      case 'fetchXor':
        write(old ^ a);
        break;
      case 'xchg':
        write(a);
        break;
      case 'cmpxchg':
        if (old === asI64(BigInt.asUintN(insn.size * 8, a))) write(b);
        break;
    }
    return insn.kind === 'add' || insn.kind === 'or' || insn.kind === 'and' || insn.kind === 'xor' ? 0n : old;
  }
}
