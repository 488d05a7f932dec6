import { asI64, type Brand, invariant } from '../../base/index.ts';
import type { HelperName } from '../../bpf/index.ts';
import { withArgs } from './copy.ts';
import {
  type Alignment,
  type Block,
  type BlockId,
  type CallEffect,
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

/** A scalar variable of the language while its function is being built; reads find the right SSA value. */
export type VariableId = Brand<number, 'VariableId'>;

/** A type the builder fills: a terminator whose edge arguments still grow. */
interface OpenEdge {
  readonly block: BlockId;
  readonly args: ValueId[];
}

type OpenTerminator =
  | { readonly kind: 'jump'; readonly to: OpenEdge; readonly at: Line | undefined }
  | {
      readonly kind: 'branch';
      readonly cond: ValueId;
      readonly ifTrue: OpenEdge;
      readonly ifFalse: OpenEdge;
      readonly cold: 'ifTrue' | 'ifFalse' | undefined;
      readonly at: Line | undefined;
    }
  | { readonly kind: 'return'; readonly value: ValueId; readonly at: Line | undefined };

interface OpenBlock {
  readonly id: BlockId;
  /** Parameters the caller asked for, then those made for variables (some of them replaced later). */
  readonly params: ValueId[];
  readonly insns: Insn[];
  end: OpenTerminator | undefined;
  /** One entry per edge that comes in. */
  readonly edgesIn: { readonly from: BlockId; readonly edge: OpenEdge }[];
  sealed: boolean;
  /** Value of each variable at the end of the block so far. */
  readonly variables: Map<VariableId, ValueId>;
}

/** A block parameter made for a variable. */
interface VariableParam {
  readonly value: ValueId;
  readonly block: OpenBlock;
  readonly variable: VariableId;
  /** One value per edge in, in the order of `edgesIn`; empty until the block is sealed. */
  operands: ValueId[];
  /** Parameters that have this one as an operand. */
  readonly users: VariableParam[];
}

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
 * Variables follow Braun, Buchwald, Hack, Leißa, Mallon, Zwinkau, "Simple and Efficient Construction of Static Single
 * Assignment Form" (2013), with work lists in place of recursion, because a script can be a chain of thousands of blocks.
 * A block is *sealed* when all edges into it exist; reading a variable in a block that is not sealed makes a parameter
 * whose operands are found at sealing. A parameter whose operands are all one value is replaced by that value.
 */
export class FuncBuilder {
  readonly name: string;
  readonly role: FuncRole;
  readonly #params: ValueId[] = [];
  readonly #blocks: OpenBlock[] = [];
  readonly #slots: Slot[] = [];
  #valueCount = 0;
  #variableCount = 0;
  #line: Line | undefined;
  #current: OpenBlock;
  /** Parameters made for variables, by value. */
  readonly #variableParams = new Map<ValueId, VariableParam>();
  /** Replaced parameter -> what stands for it (itself perhaps replaced later). */
  readonly #replacements = new Map<ValueId, ValueId>();
  /** What a variable that nothing has written reads as: 0, made in the entry block when first needed. */
  #undefinedValue: ValueId | undefined;

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
    const variable = this.#variableCount++ as VariableId;
    if (initial !== undefined) this.writeVariable(variable, initial);
    return variable;
  }

  writeVariable(variable: VariableId, value: ValueId): void {
    this.#current.variables.set(variable, value);
  }

  /** The variable's value here. */
  readVariable(variable: VariableId): ValueId {
    const pending: VariableParam[] = [];
    const value = this.#lookUp(variable, this.#current, pending);
    this.#fillOperands(pending);
    return this.#resolve(value);
  }

  /** States that all edges into `block` exist. Doing it twice changes nothing. */
  sealBlock(block: BlockId): void {
    const open = this.#blocks[block]!;
    if (open.sealed) return;
    open.sealed = true;
    const pending: VariableParam[] = [];
    for (const value of open.params) {
      const param = this.#variableParams.get(value);
      if (param !== undefined) pending.push(param);
    }
    this.#fillOperands(pending);
  }

  // ---- result ---------------------------------------------------------------------------------------------------

  /** The finished function. Every block must be ended and is sealed now; blocks nothing jumps to are left out. */
  finish(): Func {
    for (const block of this.#blocks) this.sealBlock(block.id);
    for (const param of this.#variableParams.values()) {
      if (this.#replacements.has(param.value)) continue;
      param.block.edgesIn.forEach(({ edge }, index) => {
        edge.args.push(param.operands[index]!);
      });
    }
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
      for (const edge of openEdges(block.end)) reached.add(edge.block);
    }
    return reached;
  }

  #close(block: OpenBlock): Block {
    const resolve = (value: ValueId): ValueId => this.#resolve(value);
    const resolveAll = (values: readonly ValueId[]): readonly ValueId[] =>
      values.some((value) => this.#replacements.has(value)) ? values.map(resolve) : values;
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
      params: block.params.filter((value) => !this.#replacements.has(value)),
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

  #resolve(value: ValueId): ValueId {
    let found = value;
    for (let next = this.#replacements.get(found); next !== undefined; next = this.#replacements.get(found)) {
      found = next;
    }
    // Shortens the chain, so that long chains are walked once.
    for (let step = value; step !== found; ) {
      const next = this.#replacements.get(step)!;
      this.#replacements.set(step, found);
      step = next;
    }
    return found;
  }

  /**
   * The value of `variable` at the end of `block`. Where edges meet it makes a parameter, which is entered at once (so that
   * a loop finds it) and put on `pending` for `#fillOperands`.
   */
  #lookUp(variable: VariableId, block: OpenBlock, pending: VariableParam[]): ValueId {
    const passed: OpenBlock[] = [];
    let at = block;
    let value = at.variables.get(variable);
    while (value === undefined) {
      passed.push(at);
      if (passed.length > this.#blocks.length) {
        // A ring of blocks that nothing reaches.
        value = this.#zeroInEntry();
      } else if (at.sealed && at.edgesIn.length === 1) {
        at = this.#blocks[at.edgesIn[0]!.from]!;
        value = at.variables.get(variable);
      } else if (at.sealed && at.edgesIn.length === 0) {
        // The entry, or a block that nothing reaches.
        value = this.#zeroInEntry();
      } else {
        value = this.#newParam(variable, at, pending);
      }
    }
    for (const block of passed) block.variables.set(variable, value);
    return value;
  }

  #newParam(variable: VariableId, block: OpenBlock, pending: VariableParam[]): ValueId {
    const value = this.#newValue();
    const param: VariableParam = { value, block, variable, operands: [], users: [] };
    block.params.push(value);
    this.#variableParams.set(value, param);
    if (block.sealed) pending.push(param);
    return value;
  }

  /** Finds the operands of new parameters of sealed blocks, then drops those that stand for one value only. */
  #fillOperands(pending: VariableParam[]): void {
    // The list grows while it is walked: looking up an operand can make further parameters.
    for (const param of pending) {
      param.operands = param.block.edgesIn.map(({ from }) =>
        this.#lookUp(param.variable, this.#blocks[from]!, pending),
      );
      for (const operand of param.operands) {
        const users = this.#variableParams.get(this.#resolve(operand))?.users;
        if (users !== undefined && users[users.length - 1] !== param) users.push(param);
      }
    }
    for (let i = pending.length - 1; i >= 0; i--) this.#dropIfTrivial(pending[i]!);
  }

  #dropIfTrivial(first: VariableParam): void {
    const work = [first];
    for (let param = work.pop(); param !== undefined; param = work.pop()) {
      if (this.#replacements.has(param.value) || !param.block.sealed) continue;
      let only: ValueId | undefined;
      let isTrivial = true;
      for (const operand of param.operands) {
        const value = this.#resolve(operand);
        if (value === param.value || value === only) continue;
        if (only !== undefined) {
          isTrivial = false;
          break;
        }
        only = value;
      }
      if (!isTrivial) continue;
      const stand = only ?? this.#zeroInEntry();
      this.#replacements.set(param.value, stand);
      const standParam = this.#variableParams.get(stand);
      for (const user of param.users) {
        standParam?.users.push(user);
        work.push(user);
      }
    }
  }

  #zeroInEntry(): ValueId {
    if (this.#undefinedValue === undefined) {
      const id = this.#newValue();
      this.#blocks[0]!.insns.unshift({ id, op: 'const', args: [], value: 0n, at: undefined });
      this.#undefinedValue = id;
    }
    return this.#undefinedValue;
  }
}

function openEdges(end: OpenTerminator): readonly OpenEdge[] {
  switch (end.kind) {
    case 'jump':
      return [end.to];
    case 'branch':
      return [end.ifTrue, end.ifFalse];
    case 'return':
      return [];
  }
}
