import { unreachable } from '../../base/index.ts';
import {
  type AccessSize,
  helperNamed,
  helperSignature,
  type Operand,
  type Operation,
  R0,
  R10,
  STACK_SIZE,
} from '../../bpf/index.ts';
import { type Code, type FuncRange, INSN_WORDS } from '../decode.ts';
import { ROW_BYTES } from '../memory.ts';
import { writeAlu, writeByteOrder, writeMovsx, writeNeg } from './arithmetic.ts';
import { CodeWriter, type FuncType, type ModuleFunc, type WasmOp } from './binary.ts';
import { analyseFlow, type Block, findBlocks } from './blocks.ts';
import { writeDispatch, writeStructured } from './structure.ts';

/** Where things lie in the machine's memory, in bytes. */
export interface Layout {
  /** The table of regions. */
  readonly table: number;
  readonly rowMask: number;
  readonly firstFrame: number;
  /** An i32: instructions the run may still execute. */
  readonly insnsLeft: number;
  /** An i32: frames in use less one. */
  readonly depth: number;
  /** An i32: frames there may be. */
  readonly frameLimit: number;
}

/** Functions of the host that translated code calls; their indexes come first in the module. The first parameter is the instruction. */
export const hostFunctions = [
  /** (insn, helper id): R1 to R5 are in the registers' memory, R0 comes back there. */
  { name: 'helper', type: { params: ['i32', 'i32'], results: [] } },
  /** (insn, index of kernel function): the same. */
  { name: 'kfunc', type: { params: ['i32', 'i32'], results: [] } },
  /** (insn): 1 when another prog ran instead of the rest of this one. */
  { name: 'tailCall', type: { params: ['i32'], results: ['i32'] } },
  /** (insn, low, high, off, size): where a load finds its bytes when the pointer is none of the machine's. May throw. */
  { name: 'loadOutside', type: { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] } },
  /** (insn, low, high, off, size): throws. */
  { name: 'storeFault', type: { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] } },
  /** (insn, low, high, off, size): throws. */
  { name: 'atomicFault', type: { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] } },
  /** (insn): throws. */
  { name: 'insnLimit', type: { params: ['i32'], results: [] } },
  { name: 'callDepth', type: { params: ['i32'], results: [] } },
] as const satisfies readonly { readonly name: string; readonly type: FuncType }[];

export type HostFunction = (typeof hostFunctions)[number]['name'];

function hostIndex(name: HostFunction): number {
  return hostFunctions.findIndex((row) => row.name === name);
}

/** BPF functions take R1 to R5 and give R0. */
const funcType: FuncType = { params: ['i64', 'i64', 'i64', 'i64', 'i64'], results: ['i64'] };
/** What the host calls: registers go through the memory. */
const entryType: FuncType = { params: [], results: [] };

/** Local of each register: R1 to R5 are the parameters. */
const registerLocals = [5, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10] as const;
/** Locals behind the registers. */
const locals = {
  /** Where this frame's stack starts in the memory. */
  frame: 11,
  left: 12,
  depth: 13,
  /** Low half of a pointer plus offset. */
  low: 14,
  high: 15,
  at: 16,
  old: 17,
  /** Rounds that may_goto still allows. */
  rounds: 18,
  state: 19,
  scratch: 20,
  scratch32: 21,
} as const;
const localTypes = [
  'i64', // R0
  'i64',
  'i64',
  'i64',
  'i64', // R6 to R9
  'i64', // R10
  'i32',
  'i32',
  'i32',
  'i32',
  'i32',
  'i32',
  'i64',
  'i32',
  'i32',
  'i64',
  'i32',
] as const;

export interface TranslateOptions {
  readonly layout: Layout;
  readonly maxRounds: number;
}

/**
 * Translates a prog: each function to one of WebAssembly, and an export `enterN` for the function that starts at instruction N.
 *
 * Registers are locals, pointers stay region and offset, and every access compares with the table of regions as the interpreter does; only
 * the prog's own stack, addressed through R10, is checked here, once.
 */
export function translateProg(code: Code, options: TranslateOptions): ModuleFunc[] {
  const firstFunc = hostFunctions.length;
  const indexByStart = new Map(code.funcs.map((func, index) => [func.start, firstFunc + index]));
  const bodies = code.funcs.map((func): ModuleFunc => {
    const body = new FuncTranslator(code, func, indexByStart, options).translate();
    return { type: funcType, locals: localTypes, body };
  });
  const entries = code.funcs.map(({ start }): ModuleFunc => {
    const body = new CodeWriter().i32(0);
    for (let register = 1; register <= 5; register++) body.i32(0).memory('i64_load', register * 8);
    body.call(indexByStart.get(start)!).memory('i64_store', 0);
    return { type: entryType, locals: [], body, exportName: `enter${start}` };
  });
  return [...bodies, ...entries];
}

class FuncTranslator {
  readonly #code: Code;
  readonly #func: FuncRange;
  readonly #funcs: ReadonlyMap<number, number>;
  readonly #options: TranslateOptions;
  readonly #out = new CodeWriter();
  readonly #blocks: readonly Block[];

  constructor(code: Code, func: FuncRange, funcs: ReadonlyMap<number, number>, options: TranslateOptions) {
    this.#code = code;
    this.#func = func;
    this.#funcs = funcs;
    this.#options = options;
    this.#blocks = findBlocks(code, func);
  }

  translate(): CodeWriter {
    this.#enter();
    const flow = analyseFlow(this.#blocks);
    const emitter = {
      body: (block: number) => this.#body(this.#blocks[block]!),
      condition: (block: number) => this.#condition(this.#blocks[block]!.end - 1),
      leave: () => this.#leave(),
    };
    if (flow.isReducible) writeStructured(this.#blocks, flow, this.#out, emitter);
    else writeDispatch(this.#blocks, flow, this.#out, emitter, locals.state);
    return this.#out;
  }

  /** One frame further in. */
  #enter(): void {
    const { layout, maxRounds } = this.#options;
    this.#out.i32(0).memory('i32_load', layout.depth).i32(1).op('i32_add').tee(locals.depth);
    this.#out
      .i32(0)
      .memory('i32_load', layout.frameLimit)
      .op('i32_ge_s')
      .open('if')
      .i32(this.#func.start)
      .call(hostIndex('callDepth'))
      .end();
    this.#out.i32(0).get(locals.depth).memory('i32_store', layout.depth);
    // R10 is the end of the frame's region: handle in the high half, 512 in the low.
    const row = layout.table + layout.firstFrame * ROW_BYTES;
    const rowOffset = (): CodeWriter => this.#out.get(locals.depth).i32(ROW_BYTES).op('i32_mul');
    rowOffset().memory('i32_load', row).op('i64_extend_i32_u').i64(32n).op('i64_shl');
    this.#out.i64(BigInt(STACK_SIZE)).op('i64_or').set(registerLocals[R10]);
    rowOffset()
      .memory('i32_load', row + 4)
      .set(locals.frame);
    this.#out.i32(0).memory('i32_load', layout.insnsLeft).set(locals.left);
    this.#out.i32(maxRounds).set(locals.rounds);
  }

  #leave(): void {
    this.#storeLeft();
    this.#out.i32(0).get(locals.depth).i32(1).op('i32_sub').memory('i32_store', this.#options.layout.depth);
    this.#out.get(registerLocals[R0]).op('return');
  }

  #storeLeft(): void {
    this.#out.i32(0).get(locals.left).memory('i32_store', this.#options.layout.insnsLeft);
  }
  #loadLeft(): void {
    this.#out.i32(0).memory('i32_load', this.#options.layout.insnsLeft).set(locals.left);
  }

  #body(block: Block): void {
    // A block runs from its first to its last instruction, so that it is counted once.
    this.#out
      .get(locals.left)
      .i32(block.end - block.start)
      .op('i32_sub')
      .tee(locals.left);
    this.#out.i32(0).op('i32_lt_s').open('if').i32(block.start).call(hostIndex('insnLimit')).end();
    for (let index = block.start; index < block.end; index++)
      this.#insn(index, this.#code.operations[index]!);
  }

  #insn(index: number, operation: Operation): void {
    const out = this.#out;
    switch (operation.kind) {
      case 'alu':
        writeAlu(out, operation, this.#registers);
        break;
      case 'neg':
        writeNeg(out, operation, this.#registers);
        break;
      case 'movsx':
        writeMovsx(out, operation, this.#registers);
        break;
      case 'endian':
        writeByteOrder(out, operation, this.#registers);
        break;
      case 'load':
        this.#load(index, operation.base, operation.off, operation.size, operation.signed, operation.dst);
        break;
      case 'load-acquire':
        this.#load(index, operation.base, operation.off, operation.size, false, operation.dst);
        break;
      case 'store':
        this.#store(index, operation.base, operation.off, operation.size, operation.value);
        break;
      case 'store-release':
        this.#store(index, operation.base, operation.off, operation.size, {
          kind: 'reg',
          reg: operation.src,
        });
        break;
      case 'atomic':
        this.#atomic(index, operation);
        break;
      case 'ld-imm64':
        out.i64(this.#constant(index)).set(registerLocals[operation.dst]!);
        break;
      case 'call-helper':
        this.#callHelper(index, operation.id);
        break;
      case 'call-kfunc':
        this.#callHost(index, 'kfunc', this.#code.words[index * INSN_WORDS + 2]!, 5);
        break;
      case 'call-subprog':
        this.#callFunction(index);
        break;
      case 'jump':
      case 'goto':
      case 'may-goto':
      case 'exit':
        // The structurer writes what ends a block.
        break;
      case 'ld-packet':
        throw new TypeError('the decoder lets no packet access through');
      default:
        unreachable(operation);
    }
  }

  readonly #registers = {
    get: (register: number): CodeWriter => this.#out.get(registerLocals[register]!),
    set: (register: number): CodeWriter => this.#out.set(registerLocals[register]!),
    /** The low half. */
    get32: (register: number): CodeWriter => this.#out.get(registerLocals[register]!).op('i32_wrap_i64'),
    /** From an i32, which becomes the low half; the high half becomes zero. */
    set32: (register: number): CodeWriter => this.#out.op('i64_extend_i32_u').set(registerLocals[register]!),
    scratch: locals.scratch,
    scratch32: locals.scratch32,
  };

  /** The 64-bit value of ld_imm64, with what it names filled in. */
  #constant(index: number): bigint {
    const at = index * INSN_WORDS;
    return (BigInt(this.#code.words[at + 3]!) << 32n) | BigInt(this.#code.words[at + 2]! >>> 0);
  }

  /** Leaves the block's address (i32) of `size` bytes at a pointer plus `off`, and a constant to add to it. */
  #address(
    index: number,
    base: number,
    off: number,
    size: number,
    refuse: 'load' | 'store' | 'atomic',
  ): number {
    const out = this.#out;
    if (base === R10 && off >= -STACK_SIZE && off <= -size) {
      out.get(locals.frame);
      return STACK_SIZE + off;
    }
    const { table, rowMask } = this.#options.layout;
    const pointer = registerLocals[base]!;
    out.get(pointer).op('i32_wrap_i64').i32(off).op('i32_add').set(locals.low);
    out.get(pointer).i64(32n).op('i64_shr_u', 'i32_wrap_i64').tee(locals.high);
    // The row's place: its index times 16.
    out.i32(rowMask).op('i32_and').i32(4).op('i32_shl').tee(locals.at);
    const limit = table + (refuse === 'load' ? 8 : 12);
    out.memory('i32_load', table).get(locals.high).op('i32_ne');
    out.get(locals.low).op('i64_extend_i32_u').i64(BigInt(size)).op('i64_add');
    out.get(locals.at).memory('i32_load', limit).op('i64_extend_i32_u', 'i64_gt_u');
    out.op('i32_or').open('if');
    out.i32(index).get(pointer).op('i32_wrap_i64').get(locals.high).i32(off).i32(size);
    if (refuse === 'load') {
      out.call(hostIndex('loadOutside')).set(locals.at);
      out.op('else');
      out
        .get(locals.at)
        .memory('i32_load', table + 4)
        .get(locals.low)
        .op('i32_add')
        .set(locals.at);
      out.end().get(locals.at);
    } else {
      out
        .call(hostIndex(refuse === 'store' ? 'storeFault' : 'atomicFault'))
        .op('unreachable')
        .end();
      out
        .get(locals.at)
        .memory('i32_load', table + 4)
        .get(locals.low)
        .op('i32_add');
    }
    return 0;
  }

  #load(index: number, base: number, off: number, size: AccessSize, signed: boolean, dst: number): void {
    const offset = this.#address(index, base, off, size, 'load');
    this.#out.memory(loads[`${size}${signed ? 's' : 'u'}`]!, offset).set(registerLocals[dst]!);
  }

  #store(index: number, base: number, off: number, size: AccessSize, value: Operand): void {
    const offset = this.#address(index, base, off, size, 'store');
    if (value.kind === 'reg') this.#registers.get(value.reg);
    else this.#out.i64(BigInt(value.imm));
    this.#out.memory(stores[size], offset);
  }

  #atomic(index: number, operation: Operation & { readonly kind: 'atomic' }): void {
    const out = this.#out;
    const { op, size, fetch, src } = operation;
    const offset = this.#address(index, operation.base, operation.off, size, 'atomic');
    if (offset !== 0) out.i32(offset).op('i32_add');
    out
      .tee(locals.at)
      .memory(size === 8 ? 'i64_load' : 'i64_load32_u', 0)
      .set(locals.old);
    const source = registerLocals[src]!;
    const result = registerLocals[R0];
    const store: WasmOp = size === 8 ? 'i64_store' : 'i64_store32';
    if (op === 'cmpxchg') {
      out.get(locals.old).get(result);
      if (size === 4) out.i64(0xffff_ffffn).op('i64_and');
      out.op('i64_eq').open('if').get(locals.at).get(source).memory(store, 0).end();
      out.get(locals.old).set(result);
      return;
    }
    out.get(locals.at);
    if (op === 'xchg') out.get(source);
    else out.get(locals.old).get(source).op(atomicOps[op]);
    out.memory(store, 0);
    if (fetch) out.get(locals.old).set(source);
  }

  #callHelper(index: number, id: number): void {
    const helper = helperNamed(id);
    if (helper !== 'tail_call') {
      const args = helper === undefined ? 5 : helperSignature(helper).args.length;
      this.#callHost(index, 'helper', id, args);
      return;
    }
    this.#storeLeft();
    this.#storeRegisters(3);
    this.#out.i32(index).call(hostIndex('tailCall')).open('if');
    // The other prog's R0 is this one's; it left the frame as this one would have.
    this.#out.i32(0).memory('i64_load', 0).op('return').end();
    this.#loadLeft();
  }

  #callHost(index: number, func: 'helper' | 'kfunc', argument: number, registers: number): void {
    this.#storeLeft();
    this.#storeRegisters(registers);
    this.#out.i32(index).i32(argument).call(hostIndex(func));
    this.#loadLeft();
    this.#out.i32(0).memory('i64_load', 0).set(registerLocals[R0]);
  }

  /** Puts R1 to R`count` where helpers find them. */
  #storeRegisters(count: number): void {
    for (let register = 1; register <= count; register++)
      this.#out
        .i32(0)
        .get(registerLocals[register]!)
        .memory('i64_store', register * 8);
  }

  #callFunction(index: number): void {
    const start = this.#code.words[index * INSN_WORDS + 1]! / INSN_WORDS;
    this.#storeLeft();
    for (let register = 1; register <= 5; register++) this.#registers.get(register);
    // Every call target was found when the prog was decoded.
    this.#out.call(this.#funcs.get(start)!).set(registerLocals[R0]);
    this.#loadLeft();
  }

  #condition(index: number): void {
    const out = this.#out;
    const operation = this.#code.operations[index]!;
    if (operation.kind === 'may-goto') {
      // Goes on, and counts, until no round is left.
      out.get(locals.rounds).op('i32_eqz').tee(locals.scratch32);
      out.get(locals.rounds).get(locals.scratch32).i32(1).op('i32_xor', 'i32_sub').set(locals.rounds);
      return;
    }
    if (operation.kind !== 'jump') throw new TypeError('a block with two successors ends in a condition');
    const { op, width, dst, operand } = operation;
    if (width === 64) {
      this.#registers.get(dst);
      if (operand.kind === 'reg') this.#registers.get(operand.reg);
      else out.i64(BigInt(operand.imm));
      if (op === 'set') out.op('i64_and').i64(0n).op('i64_ne');
      else out.op(comparisons64[op]);
    } else {
      this.#registers.get32(dst);
      if (operand.kind === 'reg') this.#registers.get32(operand.reg);
      else out.i32(operand.imm);
      if (op === 'set') out.op('i32_and');
      else out.op(comparisons32[op]);
    }
  }
}

const loads: Readonly<Record<string, WasmOp>> = {
  '1u': 'i64_load8_u',
  '2u': 'i64_load16_u',
  '4u': 'i64_load32_u',
  '8u': 'i64_load',
  '1s': 'i64_load8_s',
  '2s': 'i64_load16_s',
  '4s': 'i64_load32_s',
};
const stores: Readonly<Record<AccessSize, WasmOp>> = {
  1: 'i64_store8',
  2: 'i64_store16',
  4: 'i64_store32',
  8: 'i64_store',
};
const atomicOps = { add: 'i64_add', or: 'i64_or', and: 'i64_and', xor: 'i64_xor' } as const;

const comparisons64 = {
  eq: 'i64_eq',
  ne: 'i64_ne',
  gt: 'i64_gt_u',
  ge: 'i64_ge_u',
  lt: 'i64_lt_u',
  le: 'i64_le_u',
  sgt: 'i64_gt_s',
  sge: 'i64_ge_s',
  slt: 'i64_lt_s',
  sle: 'i64_le_s',
} as const;
const comparisons32 = {
  eq: 'i32_eq',
  ne: 'i32_ne',
  gt: 'i32_gt_u',
  ge: 'i32_ge_u',
  lt: 'i32_lt_u',
  le: 'i32_le_u',
  sgt: 'i32_gt_s',
  sge: 'i32_ge_s',
  slt: 'i32_lt_s',
  sle: 'i32_le_s',
} as const;
