import { asI64 } from '../../base/index.ts';
import {
  type Block,
  type Definitions,
  definitionsOf,
  type Func,
  type Insn,
  type MemorySize,
  noValue,
  type ValueId,
  withBody,
} from '../ir/index.ts';
import type { EmitOptions } from './options.ts';
import { slotAlign } from './place-slots.ts';

/**
 * Rewrites operations that have no BPF instruction into ones that do:
 *
 *     copy v1+0 v2+0 12 align 4      ->  three loads and stores of 4 bytes, or one call of the bulk helper when long
 *     zero v1+0 16 align 8           ->  two stores of 0
 *     v3 = sdiv v1 v2                ->  division of the magnitudes, sign put back (with cpu v4 too, where both may be anything)
 *     v3 = sext32 v1                 ->  shl 32, ashr 32 (before cpu v4)
 *     v3 = udiv v1 0                 ->  const 0 (the verifier refuses a constant zero divisor)
 */
export function expandOps(func: Func, options: Required<EmitOptions>): Func {
  const expansion = new Expansion(func, options);
  let changed = false;
  const blocks = func.blocks.map((block): Block => {
    const insns = expansion.expandBlock(block.insns);
    if (insns === block.insns) return block;
    changed = true;
    return withBody(block, insns);
  });
  return changed ? { ...func, blocks, valueCount: expansion.valueCount } : func;
}

class Expansion {
  readonly #func: Func;
  readonly #options: Required<EmitOptions>;
  readonly #definitions: Definitions;
  valueCount: number;
  #out: Insn[] = [];
  #at: Insn['at'];

  constructor(func: Func, options: Required<EmitOptions>) {
    this.#func = func;
    this.#options = options;
    this.valueCount = func.valueCount;
    this.#definitions = definitionsOf(func);
  }

  expandBlock(insns: readonly Insn[]): readonly Insn[] {
    let changed = false;
    this.#out = [];
    for (const insn of insns) {
      this.#at = insn.at;
      if (this.#expand(insn)) changed = true;
      else this.#out.push(insn);
    }
    return changed ? this.#out : insns;
  }

  /** Whether the instruction was replaced by others. */
  #expand(insn: Insn): boolean {
    switch (insn.op) {
      case 'copy':
        this.#copy(insn);
        return true;
      case 'zero':
        this.#zero(insn);
        return true;
      case 'udiv':
      case 'umod':
      case 'sdiv':
      case 'smod':
        return this.#divide(insn, insn.op);
      case 'shl':
      case 'lshr':
      case 'ashr':
        return this.#shift(insn, insn.op);
      case 'sext8':
      case 'sext16':
      case 'sext32': {
        if (this.#options.cpuV4) return false;
        this.#signExtend(insn.id, insn.args[0]!, 64 - Number(insn.op.slice(4)));
        return true;
      }
      case 'load': {
        if (!insn.signed || insn.size === 8 || this.#options.cpuV4) return false;
        const raw = this.#newValue();
        this.#out.push({ ...insn, id: raw, signed: false });
        this.#signExtend(insn.id, raw, 64 - 8 * insn.size);
        return true;
      }
      default:
        return false;
    }
  }

  #newValue(): ValueId {
    return this.valueCount++ as ValueId;
  }

  #constant(value: bigint): ValueId {
    const id = this.#newValue();
    this.#out.push({ id, op: 'const', args: [], value: asI64(value), at: this.#at });
    return id;
  }

  #binary(
    op: 'add' | 'sub' | 'xor' | 'shl' | 'ashr' | 'udiv' | 'umod',
    a: ValueId,
    b: ValueId,
    id = this.#newValue(),
  ): ValueId {
    this.#out.push({ id, op, args: [a, b], at: this.#at });
    return id;
  }

  #constantOf(value: ValueId): bigint | undefined {
    const insn = this.#definitions[value];
    return insn?.op === 'const' ? insn.value : undefined;
  }

  /** Whether a value is known to be one of fewer than 64 bits. */
  #isNarrow(value: ValueId): boolean {
    const insn = this.#definitions[value];
    switch (insn?.op) {
      case 'sext8':
      case 'sext16':
      case 'sext32':
        return true;
      case 'load':
        return insn.size < 8;
      default:
        return false;
    }
  }

  #signExtend(id: ValueId, a: ValueId, bits: number): void {
    const count = this.#constant(BigInt(bits));
    this.#binary('ashr', this.#binary('shl', a, count), count, id);
  }

  #shift(insn: Insn, op: 'shl' | 'lshr' | 'ashr'): boolean {
    // The verifier refuses constant shifts of 64 and more; the machine takes them modulo 64.
    const [a, b] = insn.args as [ValueId, ValueId];
    const count = this.#constantOf(b);
    if (count === undefined || (count >= 0n && count < 64n)) return false;
    const masked = this.#constant(count & 63n);
    this.#out.push({ id: insn.id, op, args: [a, masked], at: insn.at });
    return true;
  }

  #divide(insn: Insn, op: 'udiv' | 'umod' | 'sdiv' | 'smod'): boolean {
    const [a, b] = insn.args as [ValueId, ValueId];
    const isDivision = op === 'udiv' || op === 'sdiv';
    if (this.#constantOf(b) === 0n) {
      // x / 0 = 0 and x % 0 = x.
      if (isDivision) this.#out.push({ id: insn.id, op: 'const', args: [], value: 0n, at: insn.at });
      else this.#binary('add', a, this.#constant(0n), insn.id);
      return true;
    }
    if (op === 'udiv' || op === 'umod') return false;
    const divisor = this.#constantOf(b);
    // The insns of cpu v4 are the processor's, which traps where the least number is divided by -1: kernels before 6.12 that were not mended
    // (kernel/bpf/verifier.c, "bpf: Fix a sdiv overflow issue") stop in the middle of the prog. They are for where that cannot be.
    const isSafe = this.#isNarrow(a) || (divisor !== undefined && divisor !== -1n);
    if (this.#options.cpuV4 && isSafe) return false;
    if (divisor !== undefined) {
      this.#divideByConstant(insn, op, divisor);
      return true;
    }
    // |a| op |b|, then the sign: that of a xor b for the quotient, that of a for the remainder. With s = a >> 63 (0 or -1),
    // (a ^ s) - s is |a|, and applied again puts the sign back. b = 0 gives 0 and a, as it must.
    const signA = this.#binary('ashr', a, this.#constant(63n));
    const signB = this.#binary('ashr', b, this.#constant(63n));
    const magnitudeA = this.#binary('sub', this.#binary('xor', a, signA), signA);
    const magnitudeB = this.#binary('sub', this.#binary('xor', b, signB), signB);
    const result = this.#binary(isDivision ? 'udiv' : 'umod', magnitudeA, magnitudeB);
    const sign = isDivision ? this.#binary('xor', signA, signB) : signA;
    this.#binary('sub', this.#binary('xor', result, sign), sign, insn.id);
    return true;
  }

  /** As `#divide`, where the magnitude and the sign of the divisor are known. */
  #divideByConstant(insn: Insn, op: 'sdiv' | 'smod', divisor: bigint): void {
    const a = insn.args[0]!;
    const signA = this.#binary('ashr', a, this.#constant(63n));
    const magnitude = this.#binary('sub', this.#binary('xor', a, signA), signA);
    // The magnitude of the least number is 2^63, which as an unsigned operand is the same bits.
    const divisorMagnitude = this.#constant(divisor < 0n ? -divisor : divisor);
    const result = this.#binary(op === 'sdiv' ? 'udiv' : 'umod', magnitude, divisorMagnitude);
    const sign = op === 'sdiv' && divisor < 0n ? this.#binary('xor', signA, this.#constant(-1n)) : signA;
    this.#binary('sub', this.#binary('xor', result, sign), sign, insn.id);
  }

  #copy(insn: Insn & { readonly op: 'copy' }): void {
    const [to, from] = insn.args as [ValueId, ValueId];
    if (insn.bytes > this.#options.bulkLimit && this.#options.bulkHelper !== 'none') {
      this.#bulk(this.#offset(to, insn.off), insn.bytes, this.#offset(from, insn.fromOff));
      return;
    }
    const align = smaller(
      this.#alignment(to, insn.off, insn.align),
      this.#alignment(from, insn.fromOff, insn.align),
    );
    for (const { at, size } of pieces(insn.bytes, align)) {
      const value = this.#newValue();
      this.#out.push({
        id: value,
        op: 'load',
        args: [from],
        size,
        signed: false,
        off: insn.fromOff + at,
        at: this.#at,
      });
      this.#store(to, insn.off + at, size, value);
    }
  }

  #zero(insn: Insn & { readonly op: 'zero' }): void {
    const to = insn.args[0]!;
    if (insn.bytes > this.#options.bulkLimit && this.#options.bulkHelper !== 'none') {
      this.#bulk(this.#offset(to, insn.off), insn.bytes, this.#constant(0n));
      return;
    }
    const value = this.#constant(0n);
    for (const { at, size } of pieces(insn.bytes, this.#alignment(to, insn.off, insn.align))) {
      this.#store(to, insn.off + at, size, value);
    }
  }

  #bulk(to: ValueId, bytes: number, from: ValueId): void {
    const helper = this.#options.bulkHelper;
    if (helper === 'none') return;
    const size = this.#constant(BigInt(bytes));
    this.#out.push({
      id: this.#newValue(),
      op: 'call',
      helper,
      args: [to, size, from],
      effect: 'writes',
      at: this.#at,
    });
  }

  #store(to: ValueId, off: number, size: MemorySize, value: ValueId): void {
    this.#out.push({ id: noValue, op: 'store', args: [to, value], size, off, at: this.#at });
  }

  #offset(address: ValueId, off: number): ValueId {
    return off === 0 ? address : this.#binary('add', address, this.#constant(BigInt(off)));
  }

  /**
   * The alignment that accesses at `address + off` must respect. The verifier insists on it for the stack only (check_stack_write);
   * x86_64 and arm64 read and write other memory at any address, and the kernel is built so (HAVE_EFFICIENT_UNALIGNED_ACCESS).
   */
  #alignment(address: ValueId, off: number, declared: MemorySize): MemorySize {
    let base = address;
    let total = off;
    for (;;) {
      const insn = this.#definitions[base];
      if (insn === undefined) return declared;
      if (insn.op === 'add') {
        const step = this.#constantOf(insn.args[1]!);
        if (step === undefined) return declared;
        total += Number(step);
        base = insn.args[0]!;
      } else if (insn.op === 'slot') {
        const align = slotAlign(this.#func.slots[insn.slot]!);
        for (const size of [8, 4, 2] as const) if (align >= size && total % size === 0) return size;
        return 1;
      } else {
        return insn.op === 'mapValue' || insn.op === 'call' || insn.op === 'load' || insn.op === 'ksym'
          ? 8
          : declared;
      }
    }
  }
}

/** Cuts a range into moves, largest first, each at a multiple of its size or of `align` if that is smaller. */
function pieces(bytes: number, align: MemorySize): { readonly at: number; readonly size: MemorySize }[] {
  const found: { at: number; size: MemorySize }[] = [];
  let at = 0;
  for (const size of [8, 4, 2, 1] as const) {
    if (size > align) continue;
    for (; bytes - at >= size; at += size) found.push({ at, size });
  }
  return found;
}

function smaller(a: MemorySize, b: MemorySize): MemorySize {
  return a < b ? a : b;
}
