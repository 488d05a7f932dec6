import { asI64, invariant } from '../../base/index.ts';
import type { HelperName } from '../../bpf/index.ts';
import { withArgs } from './copy.ts';
import {
  type Alignment,
  type Block,
  type BlockId,
  type CallEffect,
  edgesOf,
  type Func,
  type FuncRole,
  type Insn,
  type Line,
  type MemorySize,
  noValue,
  type Slot,
  type SlotId,
  type Terminator,
  type ValueId,
} from './func.ts';
import {
  type AtomicKind,
  atomics,
  type BinaryOp,
  type CompareOp,
  MAX_CALL_ARGS,
  type UnaryOp,
} from './op.ts';
import type { OpenBlock, OpenEdge, OpenTerminator, VariableId } from './open-block.ts';
import { SsaVariables } from './ssa-variables.ts';

export interface BuilderOptions {
  readonly name: string;
  readonly role: FuncRole;
  /** Number of parameters, at most 5; a prog has one, the ctx. */
  readonly params: number;
}

/**
 * Builds one function, instruction by instruction, and puts variables into SSA form on the way.
 *
 *     const b = new FuncBuilder({ name: 'count', role: 'prog', params: 1 });
 *     const i = b.declareVariable(b.const(0n));
 *     const head = b.newBlock(), body = b.newBlock(), done = b.newBlock();
 *     b.jump(head);
 *     b.moveTo(head);                       // not sealed yet: the loop's end will jump here
 *     b.branch(b.compare('ult', b.readVariable(i), b.const(10)), body, done);
 *     …
 *     b.jump(head); b.sealBlock(head);      // now all edges in are known
 *     const func = b.finish();
 *
 * A block is *sealed* when all edges into it exist (see ssa-variables.ts for what becomes of variables).
 */
export class FuncBuilder {
  readonly name: string;
  readonly role: FuncRole;
  readonly #params: ValueId[] = [];
  readonly #blocks: OpenBlock[] = [];
  readonly #slots: Slot[] = [];
  #valueCount = 0;
  #line: Line | undefined;
  #current: OpenBlock;
  readonly #variables = new SsaVariables(this.#blocks, () => this.#newValue());

  constructor({ name, role, params }: BuilderOptions) {
    invariant(params <= MAX_CALL_ARGS, 'a function has at most 5 parameters');
    invariant(role !== 'prog' || params === 1, 'the only parameter of a prog is its ctx');
    this.name = name;
    this.role = role;
    for (let i = 0; i < params; i++) this.#params.push(this.#newValue());
    this.#current = this.#addBlock();
    this.#current.sealed = true;
  }

  // ---- position -------------------------------------------------------------------------------------------------

  /** The entry block, where building starts. */
  get entry(): BlockId {
    return this.#blocks[0]!.id;
  }

  /** The block that instructions are being added to. */
  get current(): BlockId {
    return this.#current.id;
  }

  /** Whether the current block has its terminator; then nothing can be added before `moveTo`. */
  get isEnded(): boolean {
    return this.#current.end !== undefined;
  }

  /** A new block, with no edges in and not sealed. */
  newBlock(): BlockId {
    return this.#addBlock().id;
  }

  /** Continues at the end of `block`, which has no terminator yet. */
  moveTo(block: BlockId): void {
    this.#current = this.#blocks[block]!;
  }

  /** Seals `block` and continues there: for blocks whose edges in all exist, that is all but loop heads. */
  enter(block: BlockId): void {
    this.sealBlock(block);
    this.moveTo(block);
  }

  /** Sets the script place of what is added from now on; returns the one before. */
  setLine(line: Line | undefined): Line | undefined {
    const before = this.#line;
    this.#line = line;
    return before;
  }

  get line(): Line | undefined {
    return this.#line;
  }

  // ---- values ---------------------------------------------------------------------------------------------------

  /** The function's parameter number `index`; 0 of a prog is the ctx. */
  param(index: number): ValueId {
    const value = this.#params[index];
    invariant(value !== undefined, 'a parameter that is read exists');
    return value;
  }

  /** A parameter of `block` that its edges pass explicitly; all of them before the first variable is read there. */
  blockParam(block: BlockId): ValueId {
    const open = this.#blocks[block]!;
    const value = this.#newValue();
    open.params.push(value);
    return value;
  }

  const(value: bigint | number): ValueId {
    return this.#define({
      id: this.#newValue(),
      at: this.#line,
      op: 'const',
      args: [],
      value: asI64(BigInt(value)),
    });
  }

  binary(op: BinaryOp, a: ValueId, b: ValueId): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op, args: [a, b] });
  }

  unary(op: UnaryOp, a: ValueId): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op, args: [a] });
  }

  /** 1 if the comparison holds, else 0. */
  compare(op: CompareOp, a: ValueId, b: ValueId): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op, args: [a, b] });
  }

  /** `a` where `cond` is not 0, else `b`; not for pointers of different kinds. */
  select(cond: ValueId, a: ValueId, b: ValueId): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'select', args: [cond, a, b] });
  }

  /** a + constant; 0 adds nothing. */
  addConst(a: ValueId, value: bigint | number): ValueId {
    return BigInt(value) === 0n ? a : this.binary('add', a, this.const(value));
  }

  // ---- memory ---------------------------------------------------------------------------------------------------

  load(size: MemorySize, address: ValueId, off = 0, signed = false): ValueId {
    return this.#define({
      id: this.#newValue(),
      at: this.#line,
      op: 'load',
      args: [address],
      size,
      signed: signed && size < 8,
      off,
    });
  }

  store(size: MemorySize, address: ValueId, value: ValueId, off = 0): void {
    this.#append({ id: noValue, op: 'store', args: [address, value], size, off, at: this.#line });
  }

  /** An atomic read-modify-write; the old value for kinds that fetch, else 0. For cmpxchg `values` are (expected, new). */
  atomic(kind: AtomicKind, size: 4 | 8, address: ValueId, values: readonly ValueId[], off = 0): ValueId {
    invariant(values.length + 1 === atomics[kind].args, 'an atomic has the operands of its kind');
    return this.#define({
      id: this.#newValue(),
      at: this.#line,
      op: 'atomic',
      kind,
      size,
      off,
      args: [address, ...values],
    });
  }

  atomicAdd(size: 4 | 8, address: ValueId, value: ValueId, off = 0): void {
    this.atomic('add', size, address, [value], off);
  }

  /** Copies a constant number of bytes between ranges that do not overlap. `align`: of both addresses with their offsets. */
  copy(
    to: ValueId,
    from: ValueId,
    bytes: number,
    { off = 0, fromOff = 0, align = 1 }: { off?: number; fromOff?: number; align?: Alignment } = {},
  ): void {
    if (bytes === 0) return;
    const target = this.#near(to, off, bytes);
    const source = this.#near(from, fromOff, bytes);
    this.#append({
      id: noValue,
      op: 'copy',
      args: [target.address, source.address],
      bytes,
      off: target.off,
      fromOff: source.off,
      align,
      at: this.#line,
    });
  }

  /** Clears a constant number of bytes. `align`: of the address with its offset. */
  zero(
    address: ValueId,
    bytes: number,
    { off = 0, align = 1 }: { off?: number; align?: Alignment } = {},
  ): void {
    if (bytes === 0) return;
    const near = this.#near(address, off, bytes);
    this.#append({
      id: noValue,
      op: 'zero',
      args: [near.address],
      bytes,
      off: near.off,
      align,
      at: this.#line,
    });
  }

  /** Instructions have 16 bits for an offset: one that does not fit is added to the address. */
  #near(address: ValueId, off: number, bytes: number): { readonly address: ValueId; readonly off: number } {
    if (off >= -0x8000 && off + bytes <= 0x8000) return { address, off };
    return { address: this.addConst(address, off), off: 0 };
  }

  /** Declares bytes for a temporary, without code. See `temporary` for the usual way. `where`: 'stack' keeps it out of scratch memory. */
  newSlot(bytes: number, align: Alignment = 8, where?: 'stack'): SlotId {
    invariant(bytes > 0, 'a slot has at least one byte');
    this.#slots.push({ bytes, align, ...(where === 'stack' ? { onStack: true } : {}) });
    return (this.#slots.length - 1) as SlotId;
  }

  /** The address of a slot. */
  slot(slot: SlotId): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'slot', args: [], slot });
  }

  /** From here on (until written) the slot's bytes mean nothing: in a loop they need not live from one round to the next. */
  slotStart(slot: SlotId): void {
    this.#append({ id: noValue, op: 'slotStart', args: [], slot, at: this.#line });
  }

  /** The address of new bytes whose life starts here. Each byte must be written before a helper reads it. */
  temporary(bytes: number, align: Alignment = 8): ValueId {
    const slot = this.newSlot(bytes, align);
    this.slotStart(slot);
    return this.slot(slot);
  }

  // ---- maps and functions ---------------------------------------------------------------------------------------

  /** The map itself, for helpers that take one. `map`: what relocations will name. */
  mapFd(map: number): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'mapFd', args: [], map });
  }

  /** The address of byte `off` of the value of a one-entry array map. */
  mapValue(map: number, off = 0): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'mapValue', args: [], map, off });
  }

  /** The address of a kernel variable known to BTF. */
  ksym(name: string): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'ksym', args: [], name });
  }

  /** Calls a helper by its name without `bpf_`. */
  call(helper: HelperName, args: readonly ValueId[], effect: CallEffect = 'writes'): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'call', args, helper, effect });
  }

  /** Calls another function of the same prog. */
  callFunc(name: string, args: readonly ValueId[]): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'callFunc', args, name });
  }

  /** The address of a callback of the same prog, for helpers that take one. */
  funcAddr(name: string): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'funcAddr', args: [], name });
  }

  /** Calls a kernel function by its BTF name. */
  callKfunc(name: string, args: readonly ValueId[]): ValueId {
    return this.#define({ id: this.#newValue(), at: this.#line, op: 'callKfunc', args, name });
  }

  // ---- control flow ---------------------------------------------------------------------------------------------

  jump(to: BlockId, args: readonly ValueId[] = []): void {
    const edge = this.#edge(to, args);
    this.#end({ kind: 'jump', to: edge, at: this.#line });
  }

  /** Goes to `ifTrue` where `cond` is not 0. Arguments are for explicit block parameters. */
  branch(
    cond: ValueId,
    ifTrue: BlockId,
    ifFalse: BlockId,
    options: {
      readonly trueArgs?: readonly ValueId[];
      readonly falseArgs?: readonly ValueId[];
      readonly cold?: 'ifTrue' | 'ifFalse';
    } = {},
  ): void {
    const trueEdge = this.#edge(ifTrue, options.trueArgs ?? []);
    const falseEdge = this.#edge(ifFalse, options.falseArgs ?? []);
    this.#end({
      kind: 'branch',
      cond,
      ifTrue: trueEdge,
      ifFalse: falseEdge,
      cold: options.cold,
      at: this.#line,
    });
  }

  return(value: ValueId): void {
    this.#end({ kind: 'return', value, at: this.#line });
  }

  // ---- variables ------------------------------------------------------------------------------------------------

  /** A new variable; without `initial` it reads as 0 until written. */
  declareVariable(initial?: ValueId): VariableId {
    const variable = this.#variables.declare();
    if (initial !== undefined) this.writeVariable(variable, initial);
    return variable;
  }

  writeVariable(variable: VariableId, value: ValueId): void {
    this.#current.variables.set(variable, value);
  }

  /** The variable's value here. */
  readVariable(variable: VariableId): ValueId {
    return this.#variables.read(variable, this.#current);
  }

  /** States that all edges into `block` exist. Doing it twice changes nothing. */
  sealBlock(block: BlockId): void {
    const open = this.#blocks[block]!;
    if (open.sealed) return;
    open.sealed = true;
    this.#variables.fillSealed(open);
  }

  // ---- result ---------------------------------------------------------------------------------------------------

  /** The finished function. Every block must be ended and is sealed now; blocks nothing jumps to are left out. */
  finish(): Func {
    for (const block of this.#blocks) this.sealBlock(block.id);
    this.#variables.passOperands();
    const reached = this.#reachedBlocks();
    const blocks = this.#blocks.filter((block) => reached.has(block.id)).map((block) => this.#close(block));
    return {
      name: this.name,
      role: this.role,
      params: this.#params,
      blocks,
      slots: this.#slots,
      valueCount: this.#valueCount,
      blockCount: this.#blocks.length,
    };
  }

  #reachedBlocks(): Set<BlockId> {
    const reached = new Set<BlockId>([this.entry]);
    for (const id of reached) {
      const block = this.#blocks[id]!;
      invariant(block.end !== undefined, `block b${id} of ${this.name} has a terminator`);
      for (const edge of edgesOf(block.end)) reached.add(edge.block);
    }
    return reached;
  }

  #close(block: OpenBlock): Block {
    const resolve = (value: ValueId): ValueId => this.#variables.resolve(value);
    const resolveAll = (values: readonly ValueId[]): readonly ValueId[] =>
      values.some((value) => this.#variables.isReplaced(value)) ? values.map(resolve) : values;
    const closeEdge = (edge: OpenEdge) => ({ block: edge.block, args: edge.args.map(resolve) });
    const closeEnd = (end: OpenTerminator): Terminator => {
      switch (end.kind) {
        case 'jump':
          return { ...end, to: closeEdge(end.to) };
        case 'branch':
          return {
            ...end,
            cond: resolve(end.cond),
            ifTrue: closeEdge(end.ifTrue),
            ifFalse: closeEdge(end.ifFalse),
          };
        case 'return':
          return { ...end, value: resolve(end.value) };
      }
    };
    return {
      id: block.id,
      params: block.params.filter((value) => !this.#variables.isReplaced(value)),
      insns: block.insns.map((insn) => {
        const args = resolveAll(insn.args);
        return args === insn.args ? insn : withArgs(insn, args);
      }),
      end: closeEnd(block.end!),
    };
  }

  // ---- inside ---------------------------------------------------------------------------------------------------

  #newValue(): ValueId {
    return this.#valueCount++ as ValueId;
  }

  #define(insn: Insn): ValueId {
    this.#append(insn);
    return insn.id;
  }

  #append(insn: Insn): void {
    invariant(this.#current.end === undefined, 'nothing follows the terminator of a block');
    this.#current.insns.push(insn);
  }

  #addBlock(): OpenBlock {
    const block: OpenBlock = {
      id: this.#blocks.length as BlockId,
      params: [],
      insns: [],
      end: undefined,
      edgesIn: [],
      sealed: false,
      variables: new Map(),
    };
    this.#blocks.push(block);
    return block;
  }

  #edge(to: BlockId, args: readonly ValueId[]): OpenEdge {
    const target = this.#blocks[to]!;
    invariant(!target.sealed, 'no edge goes to a sealed block');
    const edge = { block: to, args: [...args] };
    target.edgesIn.push({ from: this.#current.id, edge });
    return edge;
  }

  #end(end: OpenTerminator): void {
    invariant(this.#current.end === undefined, 'a block has one terminator');
    this.#current.end = end;
  }
}
