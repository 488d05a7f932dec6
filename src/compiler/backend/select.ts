import { fitsI32, InvariantError, invariant, unreachable } from '../../base/index.ts';
import { type AluOp, type JumpOp, jumpOps } from '../../bpf/index.ts';
import {
  atomics,
  type Block,
  type BlockId,
  type CompareOp,
  cfgOf,
  type Edge,
  edgesOf,
  emptyTable,
  type Func,
  type Insn,
  isCompareOp,
  isRemovable,
  type Line,
  noValue,
  swappedCompare,
  type Terminator,
  type ValueId,
} from '../ir/index.ts';
import {
  type CallTarget,
  type Condition,
  type MachineBlock,
  type MachineEdge,
  type MachineFunc,
  type MachineInsn,
  NONE,
  type OffsetOperand,
  type Operand,
  type Place,
  type Remat,
  SCRATCH_MAP,
  type VReg,
} from './machine.ts';
import { orderBlocks } from './order.ts';

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

const jumpOpOf: Readonly<Record<CompareOp, JumpOp>> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'lt',
  ule: 'le',
  ugt: 'gt',
  uge: 'ge',
  slt: 'slt',
  sle: 'sle',
  sgt: 'sgt',
  sge: 'sge',
};

/** A constant or address made in a register for the uses in one block. */
interface LocalRemat {
  readonly vreg: VReg;
  readonly value: Remat;
  /** Index in the block's reversed list of the first instruction (in program order) that uses it. */
  firstUse: number;
}

class Selection {
  readonly #func: Func;
  readonly #definitions: (Insn | undefined)[];
  readonly #needed: Uint8Array;
  /** By value: the constant that it is, if that fits 32 bits; else NaN. */
  readonly #imms: Float64Array;
  readonly #remats: (Remat | undefined)[];
  #vregCount: number;

  /** The current block, backwards. */
  #out: MachineInsn[] = [];
  #locals = new Map<string, LocalRemat>();
  #at: Line | undefined;

  constructor(func: Func) {
    this.#func = func;
    this.#vregCount = func.valueCount;
    this.#definitions = emptyTable(func.valueCount);
    this.#needed = new Uint8Array(func.valueCount);
    this.#imms = new Float64Array(func.valueCount).fill(Number.NaN);
    this.#remats = emptyTable(func.valueCount);
    for (const block of func.blocks) {
      for (const insn of block.insns) {
        if (insn.id === noValue) continue;
        this.#definitions[insn.id] = insn;
        if (insn.op === 'const' && fitsI32(insn.value)) this.#imms[insn.id] = Number(insn.value);
      }
    }
  }

  run(): MachineFunc {
    const cfg = cfgOf(this.#func);
    const { blocks: order, isCold } = orderBlocks(cfg);
    const predCount = new Int32Array(this.#func.blockCount);
    for (const block of order) for (const edge of edgesOf(block.end)) predCount[edge.block]!++;

    // Numbers first: a block, then the blocks for its critical edges; those on a cold edge together with the cold blocks.
    const indexOf = new Int32Array(this.#func.blockCount).fill(-1);
    const splits: { readonly index: number; readonly edge: Edge }[][] = order.map(() => []);
    const coldById = new Uint8Array(this.#func.blockCount);
    order.forEach((block, place) => {
      if (isCold[place]) coldById[block.id] = 1;
    });
    let count = 0;
    let warmCount = 0;
    for (const wantsCold of [false, true]) {
      order.forEach((block, place) => {
        if (isCold[place] === wantsCold) indexOf[block.id] = count++;
        const { end } = block;
        if (end.kind !== 'branch') return;
        for (const edge of [end.ifTrue, end.ifFalse]) {
          if (predCount[edge.block]! < 2) continue;
          const isColdEdge =
            isCold[place] === true ||
            coldById[edge.block] === 1 ||
            end.cold === (edge === end.ifTrue ? 'ifTrue' : 'ifFalse');
          if (isColdEdge === wantsCold) splits[place]!.push({ index: count++, edge });
        }
      });
      if (!wantsCold) warmCount = count;
    }

    const machineIndex = (id: BlockId): number => indexOf[id]!;
    const lists: MachineInsn[][] = Array.from({ length: count }, () => []);
    for (let place = order.length - 1; place >= 0; place--) {
      const block = order[place]!;
      const own = splits[place]!;
      for (const { index, edge } of own) {
        this.#begin(block.end.at);
        const to = {
          block: machineIndex(edge.block),
          operands: edge.args.map((value) => this.#operand(value)),
        };
        this.#out.push({ kind: 'jump', to, at: this.#at });
        this.#out.push({ kind: 'label', block: index, params: [], at: undefined });
        lists[index] = this.#finish();
      }
      this.#begin(block.end.at);
      const edgeTo = (edge: Edge): MachineEdge => {
        const split = own.find((found) => found.edge === edge);
        return split === undefined
          ? { block: machineIndex(edge.block), operands: edge.args.map((value) => this.#operand(value)) }
          : { block: split.index, operands: [] };
      };
      this.#terminator(block.end, edgeTo);
      this.#body(block);
      const params = place === 0 ? this.#func.params : block.params;
      this.#out.push({ kind: 'label', block: machineIndex(block.id), params, at: undefined });
      lists[machineIndex(block.id)] = this.#finish();
    }
    return this.#link(lists, warmCount);
  }

  #link(lists: readonly MachineInsn[][], warmCount: number): MachineFunc {
    const insns: MachineInsn[] = [];
    const preds: number[][] = lists.map(() => []);
    const bounds = lists.map((list, index) => {
      const from = insns.length;
      for (const insn of list) insns.push(insn);
      const end = list[list.length - 1]!;
      if (end.kind === 'jump') preds[end.to.block]!.push(index);
      if (end.kind === 'branch') preds[end.ifTrue.block]!.push(index);
      if (end.kind === 'branch') preds[end.ifFalse.block]!.push(index);
      return { from, to: insns.length };
    });
    const blocks = bounds.map(
      (bound, index): MachineBlock => ({
        from: bound.from,
        to: bound.to,
        preds: preds[index]!,
        loopEnd: preds[index]!.reduce(
          (last, pred) => (pred >= index && pred < warmCount ? Math.max(last, pred) : last),
          -1,
        ),
        isCold: index >= warmCount,
      }),
    );
    return { name: this.#func.name, insns, blocks, vregCount: this.#vregCount, remats: this.#remats };
  }

  #begin(at: Line | undefined): void {
    this.#out = [];
    if (this.#locals.size > 0) this.#locals = new Map();
    this.#at = at;
  }

  /** The block in program order, with the local constants set before their first uses. */
  #finish(): MachineInsn[] {
    if (this.#locals.size === 0) return this.#out.reverse();
    const setsBefore = new Map<number, LocalRemat[]>();
    for (const local of this.#locals.values()) {
      const sets = setsBefore.get(local.firstUse);
      if (sets === undefined) setsBefore.set(local.firstUse, [local]);
      else sets.push(local);
    }
    const insns: MachineInsn[] = [];
    for (let index = this.#out.length - 1; index >= 0; index--) {
      const insn = this.#out[index]!;
      for (const { vreg, value } of setsBefore.get(index) ?? [])
        insns.push({ kind: 'set', dst: vreg, value, at: insn.at });
      insns.push(insn);
    }
    return insns;
  }

  // ---- operands -------------------------------------------------------------------------------------------------

  /** How to make a value without reading a register, if it can be made so. */
  #rematOf(value: ValueId): Remat | undefined {
    const insn = this.#definitions[value];
    switch (insn?.op) {
      case 'const':
        return { kind: 'const', value: insn.value };
      case 'slot':
        return { kind: 'frame', slot: insn.slot, off: 0 };
      case 'mapFd':
        return { kind: 'map', map: insn.map };
      case 'mapValue':
        return { kind: 'map-value', map: insn.map, off: insn.off };
      case 'ksym':
        return { kind: 'ksym', name: insn.name };
      case 'funcAddr':
        return { kind: 'func', name: insn.name };
      case 'add': {
        // slot + constant is the address of another byte of it; the same for a map value.
        const step = this.#immOf(insn.args[1]!);
        if (step === undefined) return undefined;
        const base = this.#rematOf(insn.args[0]!);
        if (base?.kind !== 'frame' && base?.kind !== 'map-value') return undefined;
        const off = base.off + step;
        return off < 0 || !fitsI32(BigInt(off)) ? undefined : { ...base, off };
      }
      default:
        return undefined;
    }
  }

  #constantOf(value: ValueId): bigint | undefined {
    const insn = this.#definitions[value];
    return insn?.op === 'const' ? insn.value : undefined;
  }

  /** The value as a 32-bit immediate; undefined if it is not one. */
  #immOf(value: ValueId): number | undefined {
    const imm = this.#imms[value]!;
    return Number.isNaN(imm) ? undefined : imm;
  }

  /** The value that `value` is a copy of, through additions of 0. */
  #original(value: ValueId): ValueId {
    let found = value;
    for (let insn = this.#definitions[found]; insn?.op === 'add'; insn = this.#definitions[found]) {
      if (this.#imms[insn.args[1]!] !== 0) break;
      found = insn.args[0]!;
    }
    return found;
  }

  /** The value in a register. */
  #register(copy: ValueId): VReg {
    const value = this.#original(copy);
    const remat = this.#rematOf(value);
    if (remat !== undefined) return this.#local(remat);
    this.#needed[value] = 1;
    return value;
  }

  /** A constant or address in a register, shared within the block. */
  #local(value: Remat): VReg {
    const key = keyOf(value);
    const local = this.#locals.get(key);
    // The instruction that asks is pushed next: its index is the list's length.
    if (local !== undefined) {
      local.firstUse = this.#out.length;
      return local.vreg;
    }
    const vreg = this.#newRegister(value);
    this.#locals.set(key, { vreg, value, firstUse: this.#out.length });
    return vreg;
  }

  #newRegister(remat?: Remat): VReg {
    const vreg = this.#vregCount++;
    this.#remats[vreg] = remat;
    return vreg;
  }

  /** The value wherever it is. */
  #operand(copy: ValueId): Operand {
    const value = this.#original(copy);
    const remat = this.#rematOf(value);
    if (remat !== undefined) return remat;
    this.#needed[value] = 1;
    return value;
  }

  /** An argument of a call. */
  #argument(value: ValueId): Operand | OffsetOperand {
    const insn = this.#definitions[value];
    const off = insn?.op === 'add' ? this.#immOf(insn.args[1]!) : undefined;
    const base = insn?.args[0];
    if (off === undefined || off === 0 || base === undefined || !this.#isScratchPointer(base))
      return this.#operand(value);
    this.#needed[base] = 1;
    return { kind: 'offset', base, off };
  }

  #isScratchPointer(value: ValueId): boolean {
    const insn = this.#definitions[value];
    if (insn?.op !== 'call' || insn.helper !== 'map_lookup_elem') return false;
    const map = this.#definitions[insn.args[0]!];
    return map?.op === 'mapFd' && map.map === SCRATCH_MAP;
  }

  /** Folds constant additions into the offset of a memory access. */
  #place(address: ValueId, offset: number): Place {
    let base = address;
    let off = offset;
    for (;;) {
      const insn = this.#definitions[base];
      if (insn?.op === 'add') {
        const step = this.#immOf(insn.args[1]!);
        if (step === undefined || !fitsI16(off + step)) break;
        off += step;
        base = insn.args[0]!;
      } else if (insn?.op === 'slot') {
        return { base: NONE, slot: insn.slot, off };
      } else if (insn?.op === 'mapValue' && fitsI16(insn.off + off)) {
        // All accesses to one map's value share the address of its first byte.
        const start = this.#local({ kind: 'map-value', map: insn.map, off: 0 });
        return { base: start, slot: NONE, off: insn.off + off };
      } else {
        break;
      }
    }
    return { base: this.#register(base), slot: NONE, off };
  }

  /** The condition under which `value` is not 0, without computing it where that is possible. */
  #condition(value: ValueId): Condition {
    let subject = value;
    let isNegated = false;
    for (;;) {
      const insn = this.#definitions[subject];
      if (insn === undefined) break;
      if (isCompareOp(insn.op)) {
        const [a, b] = insn.args as [ValueId, ValueId];
        // (comparison == 0) is its opposite, (comparison != 0) itself.
        const isZeroTest = (insn.op === 'eq' || insn.op === 'ne') && this.#imms[b] === 0;
        const inner = this.#definitions[a];
        if (isZeroTest && inner !== undefined && (isCompareOp(inner.op) || inner.op === 'and')) {
          const needsOpposite: boolean = (insn.op === 'eq') !== isNegated;
          if (inner.op === 'and' && needsOpposite) return this.#comparison(insn.op, a, b, isNegated);
          isNegated = needsOpposite;
          subject = a;
          continue;
        }
        return this.#comparison(insn.op, a, b, isNegated);
      }
      if (insn.op === 'and' && !isNegated) {
        const [a, b] = this.#constantLast(insn.args[0]!, insn.args[1]!);
        const imm = this.#immOf(b);
        return imm === undefined
          ? { op: 'set', a: this.#register(a), b: this.#register(b), imm: 0 }
          : { op: 'set', a: this.#register(a), b: NONE, imm };
      }
      break;
    }
    return { op: isNegated ? 'eq' : 'ne', a: this.#register(subject), b: NONE, imm: 0 };
  }

  #comparison(op: CompareOp, left: ValueId, right: ValueId, isNegated: boolean): Condition {
    const isSwapped = this.#constantOf(left) !== undefined && this.#constantOf(right) === undefined;
    const [a, b] = isSwapped ? [right, left] : [left, right];
    const jump = jumpOpOf[isSwapped ? swappedCompare[op] : op];
    const condition = isNegated ? (jumpOps[jump].negated as JumpOp) : jump;
    const imm = this.#immOf(b);
    return imm === undefined
      ? { op: condition, a: this.#register(a), b: this.#register(b), imm: 0 }
      : { op: condition, a: this.#register(a), b: NONE, imm };
  }

  #constantLast(a: ValueId, b: ValueId): [ValueId, ValueId] {
    return this.#constantOf(a) !== undefined && this.#constantOf(b) === undefined ? [b, a] : [a, b];
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
        this.#out.push({ kind: 'branch', test: this.#condition(end.cond), ifTrue, ifFalse, at });
        return;
      }
      case 'return':
        this.#out.push({ kind: 'exit', operand: this.#operand(end.value), at });
        return;
      default:
        unreachable(end);
    }
  }

  #body(block: Block): void {
    for (let index = block.insns.length - 1; index >= 0; index--) {
      const insn = block.insns[index]!;
      if (isRemovable(insn) && this.#needed[insn.id] === 0) continue;
      this.#at = insn.at;
      const selected = this.#select(insn);
      if (selected !== undefined) this.#out.push(selected);
    }
  }

  #select(insn: Insn): MachineInsn | undefined {
    const { at, id: dst } = insn;
    const [first, second] = insn.args as [ValueId, ValueId];
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
        const [a, b] = isSwappable ? this.#constantLast(first, second) : [first, second];
        const imm = this.#immOf(b);
        return imm === undefined
          ? { kind: 'alu', op, dst, a: this.#register(a), b: this.#register(b), imm: 0, at }
          : { kind: 'alu', op, dst, a: this.#register(a), b: NONE, imm, at };
      }
      case 'neg':
        return { kind: 'unary', op: 'neg', dst, a: this.#register(first), at };
      case 'sext8':
      case 'sext16':
      case 'sext32':
      case 'zext32':
        return { kind: 'unary', op: insn.op, dst, a: this.#register(first), at };
      case 'zext8':
        return { kind: 'alu', op: 'and', dst, a: this.#register(first), b: NONE, imm: 0xff, at };
      case 'zext16':
        return { kind: 'alu', op: 'and', dst, a: this.#register(first), b: NONE, imm: 0xffff, at };
      case 'bswap16':
        return { kind: 'unary', op: 'swap16', dst, a: this.#register(first), at };
      case 'bswap32':
        return { kind: 'unary', op: 'swap32', dst, a: this.#register(first), at };
      case 'bswap64':
        return { kind: 'unary', op: 'swap64', dst, a: this.#register(first), at };
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
        const test = this.#comparison(insn.op, first, second, false);
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
        const test = this.#condition(first);
        return { kind: 'select', dst, test, x: this.#operand(second), y: this.#operand(insn.args[2]!), at };
      }
      case 'load':
        return {
          kind: 'load',
          size: insn.size,
          signed: insn.signed,
          dst,
          place: this.#place(first, insn.off),
          at,
        };
      case 'store': {
        const imm = this.#storeImmediate(second, insn.size);
        const place = this.#place(first, insn.off);
        return imm === undefined
          ? { kind: 'store', size: insn.size, place, b: this.#register(second), imm: 0, at }
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

  /** The immediate that stores the low bytes of a value, or undefined if none does. */
  #storeImmediate(value: ValueId, size: 1 | 2 | 4 | 8): number | undefined {
    const imm = this.#immOf(value);
    if (size === 8 || (imm !== undefined && size === 4)) return imm;
    if (imm !== undefined) return (imm << (32 - 8 * size)) >> (32 - 8 * size);
    const constant = this.#constantOf(value);
    return constant === undefined ? undefined : Number(BigInt.asIntN(size * 8, constant));
  }

  #call(insn: Insn, target: CallTarget, args: readonly ValueId[]): MachineInsn {
    const dst = this.#needed[insn.id] === 1 ? insn.id : NONE;
    return { kind: 'call', target, operands: args.map((value) => this.#argument(value)), dst, at: insn.at };
  }

  #atomic(insn: Insn & { readonly op: 'atomic' }): MachineInsn {
    const [address, value] = insn.args as [ValueId, ValueId];
    const isRead = this.#needed[insn.id] === 1;
    const kind = insn.kind;
    const op = atomicOpOf[kind];
    if (op !== 'xchg' && op !== 'cmpxchg' && !(isRead && atomics[kind].fetches)) {
      invariant(!isRead, 'nothing reads the result of an atomic that does not fetch');
      return {
        kind: 'atomic',
        op,
        size: insn.size,
        place: this.#place(address, insn.off),
        b: this.#register(value),
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

function fitsI16(value: number): boolean {
  return value >= -0x8000 && value <= 0x7fff;
}

function keyOf(value: Remat): string {
  switch (value.kind) {
    case 'const':
      return `c${value.value}`;
    case 'frame':
      return `f${value.slot}+${value.off}`;
    case 'map':
      return `m${value.map}`;
    case 'map-value':
      return `v${value.map}+${value.off}`;
    case 'ksym':
      return `k${value.name}`;
    case 'func':
      return `p${value.name}`;
    default:
      return unreachable(value);
  }
}
