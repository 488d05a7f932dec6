import { InvariantError, invariant, unreachable } from '../../base/index.ts';
import type { AluOp } from '../../bpf/index.ts';
import {
  atomics,
  type Block,
  type BlockId,
  type Edge,
  type Func,
  type Insn,
  isRemovable,
  type Line,
  type Terminator,
  type ValueId,
} from '../ir/index.ts';
import { joinBlocks, numberBlocks } from './block-numbers.ts';
import { type CallTarget, type MachineEdge, type MachineFunc, type MachineInsn, NONE } from './machine.ts';
import { ValueOperands } from './value-operands.ts';

/**
 * Chooses BPF instructions for a function, still with virtual registers.
 *
 * It goes through the blocks backwards, so that the uses of a value are seen before its definition, and emits a definition only if
 * a use asked for it in a register. What a use can take in does not ask:
 *
 *     v3 = ult v1 v2        branch v3 …      ->  if v1 < v2 goto …
 *     v4 = add v0 16        load.8 v4+8      ->  load [v0+24]
 *     v5 = const 7          add v1 v5        ->  v1 += 7
 *     v6 = slot s0          store.4 v6+0 v5  ->  *(u32 *)(r10 - …) = 7
 *
 * Constants and addresses that must be in a register after all are made once per block, before their first use; the allocator
 * makes them again rather than spill them. Critical edges (from a block with two successors to one with two predecessors) get a
 * block of their own, so that every move between blocks has a place.
 */
export function selectInsns(func: Func): MachineFunc {
  return new Selection(func).run();
}

const aluOpOf = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  udiv: 'div',
  umod: 'mod',
  sdiv: 'sdiv',
  smod: 'smod',
  and: 'and',
  or: 'or',
  xor: 'xor',
  shl: 'lsh',
  lshr: 'rsh',
  ashr: 'arsh',
} as const satisfies Partial<Record<Insn['op'], AluOp>>;

class Selection {
  readonly #func: Func;
  readonly #values: ValueOperands;
  /** The current block, backwards. */
  #out: MachineInsn[] = [];
  #at: Line | undefined;

  constructor(func: Func) {
    this.#func = func;
    this.#values = new ValueOperands(func);
  }

  run(): MachineFunc {
    const { order, splits, indexOf, count, warmCount } = numberBlocks(this.#func);
    const machineIndex = (id: BlockId): number => indexOf[id]!;
    const lists: MachineInsn[][] = Array.from({ length: count }, () => []);
    for (let place = order.length - 1; place >= 0; place--) {
      const block = order[place]!;
      const own = splits[place]!;
      for (const { index, edge } of own) {
        this.#begin(block.end.at);
        const to = {
          block: machineIndex(edge.block),
          operands: edge.args.map((value) => this.#values.operand(value)),
        };
        this.#out.push({ kind: 'jump', to, at: this.#at });
        this.#out.push({ kind: 'label', block: index, params: [], at: undefined });
        lists[index] = this.#finish();
      }
      this.#begin(block.end.at);
      const edgeTo = (edge: Edge): MachineEdge => {
        const split = own.find((found) => found.edge === edge);
        return split === undefined
          ? {
              block: machineIndex(edge.block),
              operands: edge.args.map((value) => this.#values.operand(value)),
            }
          : { block: split.index, operands: [] };
      };
      this.#terminator(block.end, edgeTo);
      this.#body(block);
      const params = place === 0 ? this.#func.params : block.params;
      this.#out.push({ kind: 'label', block: machineIndex(block.id), params, at: undefined });
      lists[machineIndex(block.id)] = this.#finish();
    }
    return {
      name: this.#func.name,
      ...joinBlocks(lists, warmCount),
      vregCount: this.#values.registerCount,
      remats: this.#values.remats,
    };
  }

  #begin(at: Line | undefined): void {
    this.#out = [];
    this.#values.beginBlock(this.#out);
    this.#at = at;
  }

  #finish(): MachineInsn[] {
    return this.#values.finishBlock();
  }

  // ---- instructions ---------------------------------------------------------------------------------------------

  #terminator(end: Terminator, edgeTo: (edge: Edge) => MachineEdge): void {
    const { at } = end;
    switch (end.kind) {
      case 'jump':
        this.#out.push({ kind: 'jump', to: edgeTo(end.to), at });
        return;
      case 'branch': {
        const ifTrue = edgeTo(end.ifTrue);
        const ifFalse = edgeTo(end.ifFalse);
        this.#out.push({ kind: 'branch', test: this.#values.condition(end.cond), ifTrue, ifFalse, at });
        return;
      }
      case 'return':
        this.#out.push({ kind: 'exit', operand: this.#values.operand(end.value), at });
        return;
      default:
        unreachable(end);
    }
  }

  #body(block: Block): void {
    for (let index = block.insns.length - 1; index >= 0; index--) {
      const insn = block.insns[index]!;
      if (isRemovable(insn) && !this.#values.isNeeded(insn.id)) continue;
      this.#at = insn.at;
      const selected = this.#select(insn);
      if (selected !== undefined) this.#out.push(selected);
    }
  }

  #select(insn: Insn): MachineInsn | undefined {
    const { at, id: dst } = insn;
    const first = insn.args[0]!;
    const second = insn.args[1]!;
    switch (insn.op) {
      case 'add':
      case 'sub':
      case 'mul':
      case 'udiv':
      case 'umod':
      case 'sdiv':
      case 'smod':
      case 'and':
      case 'or':
      case 'xor':
      case 'shl':
      case 'lshr':
      case 'ashr': {
        const op: AluOp = aluOpOf[insn.op];
        const isSwappable =
          insn.op === 'add' ||
          insn.op === 'mul' ||
          insn.op === 'and' ||
          insn.op === 'or' ||
          insn.op === 'xor';
        const [a, b] = isSwappable ? this.#values.constantLast(first, second) : [first, second];
        const imm = this.#values.immOf(b);
        return imm === undefined
          ? { kind: 'alu', op, dst, a: this.#values.register(a), b: this.#values.register(b), imm: 0, at }
          : { kind: 'alu', op, dst, a: this.#values.register(a), b: NONE, imm, at };
      }
      case 'neg':
        return { kind: 'unary', op: 'neg', dst, a: this.#values.register(first), at };
      case 'sext8':
      case 'sext16':
      case 'sext32':
      case 'zext32':
        return { kind: 'unary', op: insn.op, dst, a: this.#values.register(first), at };
      case 'zext8':
        return { kind: 'alu', op: 'and', dst, a: this.#values.register(first), b: NONE, imm: 0xff, at };
      case 'zext16':
        return { kind: 'alu', op: 'and', dst, a: this.#values.register(first), b: NONE, imm: 0xffff, at };
      case 'bswap16':
        return { kind: 'unary', op: 'swap16', dst, a: this.#values.register(first), at };
      case 'bswap32':
        return { kind: 'unary', op: 'swap32', dst, a: this.#values.register(first), at };
      case 'bswap64':
        return { kind: 'unary', op: 'swap64', dst, a: this.#values.register(first), at };
      case 'eq':
      case 'ne':
      case 'ult':
      case 'ule':
      case 'ugt':
      case 'uge':
      case 'slt':
      case 'sle':
      case 'sgt':
      case 'sge': {
        const test = this.#values.comparison(insn.op, first, second, false);
        return {
          kind: 'select',
          dst,
          test,
          x: { kind: 'const', value: 1n },
          y: { kind: 'const', value: 0n },
          at,
        };
      }
      case 'select': {
        const test = this.#values.condition(first);
        return {
          kind: 'select',
          dst,
          test,
          x: this.#values.operand(second),
          y: this.#values.operand(insn.args[2]!),
          at,
        };
      }
      case 'load':
        return {
          kind: 'load',
          size: insn.size,
          signed: insn.signed,
          dst,
          place: this.#values.place(first, insn.off),
          at,
        };
      case 'store': {
        const imm = this.#values.storeImmediate(second, insn.size);
        const place = this.#values.place(first, insn.off);
        return imm === undefined
          ? { kind: 'store', size: insn.size, place, b: this.#values.register(second), imm: 0, at }
          : { kind: 'store', size: insn.size, place, b: NONE, imm, at };
      }
      case 'atomic':
        return this.#atomic(insn);
      case 'call':
        return this.#call(insn, { kind: 'helper', name: insn.helper }, insn.args);
      case 'callFunc':
        return this.#call(insn, { kind: 'func', name: insn.name }, insn.args);
      case 'callKfunc':
        return this.#call(insn, { kind: 'kfunc', name: insn.name }, insn.args);
      case 'const':
      case 'slot':
      case 'slotStart':
      case 'mapFd':
      case 'mapValue':
      case 'ksym':
      case 'funcAddr':
        // Made where it is used.
        return undefined;
      case 'copy':
      case 'zero':
        throw new InvariantError(`broken rule: ${insn.op} is expanded before selection`);
      default:
        return unreachable(insn);
    }
  }

  #call(insn: Insn, target: CallTarget, args: readonly ValueId[]): MachineInsn {
    const dst = this.#values.isNeeded(insn.id) ? insn.id : NONE;
    return {
      kind: 'call',
      target,
      operands: args.map((value) => this.#values.argument(value)),
      dst,
      at: insn.at,
    };
  }

  #atomic(insn: Insn & { readonly op: 'atomic' }): MachineInsn {
    const [address, value] = insn.args as [ValueId, ValueId];
    const isRead = this.#values.isNeeded(insn.id);
    const kind = insn.kind;
    const op = atomicOpOf[kind];
    if (op !== 'xchg' && op !== 'cmpxchg' && !(isRead && atomics[kind].fetches)) {
      invariant(!isRead, 'nothing reads the result of an atomic that does not fetch');
      return {
        kind: 'atomic',
        op,
        size: insn.size,
        place: this.#values.place(address, insn.off),
        b: this.#values.register(value),
        at: insn.at,
      };
    }
    return this.#call(insn, { kind: 'atomic', op, size: insn.size, off: insn.off }, insn.args);
  }
}

const atomicOpOf = {
  add: 'add',
  or: 'or',
  and: 'and',
  xor: 'xor',
  fetchAdd: 'add',
  fetchOr: 'or',
  fetchAnd: 'and',
  fetchXor: 'xor',
  xchg: 'xchg',
  cmpxchg: 'cmpxchg',
} as const;
