import { encodeText } from '../../base/index.ts';

/** WebAssembly's binary format, as far as the translator writes it. Source: WebAssembly Core Specification 1.0, section 5. */

const valueTypes = { i32: 0x7f, i64: 0x7e } as const;
export type ValueType = keyof typeof valueTypes;

/** Instructions without immediates, and those whose immediates `CodeWriter` writes. */
const ops = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  select: 0x1b,
  local_get: 0x20,
  local_set: 0x21,
  local_tee: 0x22,
  i32_load: 0x28,
  i64_load: 0x29,
  i64_load8_s: 0x30,
  i64_load8_u: 0x31,
  i64_load16_s: 0x32,
  i64_load16_u: 0x33,
  i64_load32_s: 0x34,
  i64_load32_u: 0x35,
  i32_store: 0x36,
  i64_store: 0x37,
  i64_store8: 0x3c,
  i64_store16: 0x3d,
  i64_store32: 0x3e,
  i32_const: 0x41,
  i64_const: 0x42,
  i32_eqz: 0x45,
  i32_eq: 0x46,
  i32_ne: 0x47,
  i32_lt_s: 0x48,
  i32_lt_u: 0x49,
  i32_gt_s: 0x4a,
  i32_gt_u: 0x4b,
  i32_le_s: 0x4c,
  i32_le_u: 0x4d,
  i32_ge_s: 0x4e,
  i32_ge_u: 0x4f,
  i64_eqz: 0x50,
  i64_eq: 0x51,
  i64_ne: 0x52,
  i64_lt_s: 0x53,
  i64_lt_u: 0x54,
  i64_gt_s: 0x55,
  i64_gt_u: 0x56,
  i64_le_s: 0x57,
  i64_le_u: 0x58,
  i64_ge_s: 0x59,
  i64_ge_u: 0x5a,
  i32_add: 0x6a,
  i32_sub: 0x6b,
  i32_mul: 0x6c,
  i32_div_s: 0x6d,
  i32_div_u: 0x6e,
  i32_rem_s: 0x6f,
  i32_rem_u: 0x70,
  i32_and: 0x71,
  i32_or: 0x72,
  i32_xor: 0x73,
  i32_shl: 0x74,
  i32_shr_s: 0x75,
  i32_shr_u: 0x76,
  i32_rotl: 0x77,
  i64_add: 0x7c,
  i64_sub: 0x7d,
  i64_mul: 0x7e,
  i64_div_s: 0x7f,
  i64_div_u: 0x80,
  i64_rem_s: 0x81,
  i64_rem_u: 0x82,
  i64_and: 0x83,
  i64_or: 0x84,
  i64_xor: 0x85,
  i64_shl: 0x86,
  i64_shr_s: 0x87,
  i64_shr_u: 0x88,
  i64_rotl: 0x89,
  i32_wrap_i64: 0xa7,
  i64_extend_i32_s: 0xac,
  i64_extend_i32_u: 0xad,
  i32_extend8_s: 0xc0,
  i32_extend16_s: 0xc1,
  i64_extend8_s: 0xc2,
  i64_extend16_s: 0xc3,
  i64_extend32_s: 0xc4,
} as const;

export type WasmOp = keyof typeof ops;

/** The type of a block that leaves nothing. */
const EMPTY_BLOCK = 0x40;

/** Bytes that grow at the end. */
class ByteSink {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }
  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  /** Unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }
  /** Signed LEB128 of 32 bits. */
  signed32(value: number): void {
    let rest = value;
    while (rest > 0x3f || rest < -0x40) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }
  /** Signed LEB128 of 64 bits. */
  signed64(value: bigint): void {
    let rest = value;
    while (rest > 0x3fn || rest < -0x40n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }
  /** A length and UTF-8. */
  name(text: string): void {
    const bytes = encodeText(text);
    this.unsigned(bytes.length);
    this.append(bytes);
  }
  /** A view, valid until the next write. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(count: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.view);
    this.#bytes = larger;
  }
}

/** Writes the body of one function. Methods return the writer, so that a line reads like the text format. */
export class CodeWriter {
  readonly #sink = new ByteSink();

  get bytes(): Uint8Array {
    return this.#sink.view;
  }
  op(...names: readonly WasmOp[]): this {
    for (const name of names) this.#sink.byte(ops[name]);
    return this;
  }
  /** block, loop or if without a result. */
  open(kind: 'block' | 'loop' | 'if'): this {
    this.#sink.byte(ops[kind]);
    this.#sink.byte(EMPTY_BLOCK);
    return this;
  }
  openWith(kind: 'if', result: ValueType): this {
    this.#sink.byte(ops[kind]);
    this.#sink.byte(valueTypes[result]);
    return this;
  }
  end(): this {
    return this.op('end');
  }
  get(local: number): this {
    return this.#withIndex(ops.local_get, local);
  }
  set(local: number): this {
    return this.#withIndex(ops.local_set, local);
  }
  tee(local: number): this {
    return this.#withIndex(ops.local_tee, local);
  }
  call(func: number): this {
    return this.#withIndex(ops.call, func);
  }
  br(label: number): this {
    return this.#withIndex(ops.br, label);
  }
  /** Branches to `labels[index]`, or to `otherwise`. */
  brTable(labels: readonly number[], otherwise: number): this {
    this.#withIndex(ops.br_table, labels.length);
    for (const label of labels) this.#sink.unsigned(label);
    this.#sink.unsigned(otherwise);
    return this;
  }
  i32(value: number): this {
    this.#sink.byte(ops.i32_const);
    this.#sink.signed32(value | 0);
    return this;
  }
  i64(value: bigint): this {
    this.#sink.byte(ops.i64_const);
    this.#sink.signed64(BigInt.asIntN(64, value));
    return this;
  }
  /** A load or store at the address on the stack plus `offset`; no alignment is promised. */
  memory(name: WasmOp, offset: number): this {
    this.#sink.byte(ops[name]);
    this.#sink.byte(0);
    this.#sink.unsigned(offset);
    return this;
  }

  #withIndex(opcode: number, index: number): this {
    this.#sink.byte(opcode);
    this.#sink.unsigned(index);
    return this;
  }
}

export interface FuncType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A module with one imported memory (`vm.memory`), imported functions (`vm.NAME`), and functions of its own. */
export interface ModuleParts {
  readonly pages: number;
  /** Their indexes come first, in order. */
  readonly imports: readonly { readonly name: string; readonly type: FuncType }[];
  readonly funcs: readonly ModuleFunc[];
}

export interface ModuleFunc {
  readonly type: FuncType;
  /** Types of the locals behind the parameters. */
  readonly locals: readonly ValueType[];
  /** Without the last `end`. */
  readonly body: CodeWriter;
  readonly exportName?: string;
}

const sections = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;

export function encodeModule(parts: ModuleParts): Uint8Array {
  const types: FuncType[] = [];
  const typeIndex = (type: FuncType): number => {
    const same = types.findIndex((known) => isSameType(known, type));
    return same >= 0 ? same : types.push(type) - 1;
  };
  const imports = section(parts.imports.length + 1, (sink) => {
    for (const { name, type } of parts.imports) {
      sink.name('vm');
      sink.name(name);
      sink.byte(0);
      sink.unsigned(typeIndex(type));
    }
    sink.name('vm');
    sink.name('memory');
    sink.byte(2);
    // Limits with a maximum: the memory must not be able to grow.
    sink.byte(1);
    sink.unsigned(parts.pages);
    sink.unsigned(parts.pages);
  });
  const funcs = section(parts.funcs.length, (sink) => {
    for (const { type } of parts.funcs) sink.unsigned(typeIndex(type));
  });
  const exported = parts.funcs.filter(({ exportName }) => exportName !== undefined);
  const exports = section(exported.length, (sink) => {
    for (const func of exported) {
      sink.name(func.exportName ?? '');
      sink.byte(0);
      sink.unsigned(parts.imports.length + parts.funcs.indexOf(func));
    }
  });
  const code = section(parts.funcs.length, (sink) => {
    for (const func of parts.funcs) writeCode(sink, func);
  });
  // Last, because the other sections number the types.
  const typeSection = section(types.length, (sink) => {
    for (const { params, results } of types) {
      sink.byte(0x60);
      for (const list of [params, results]) {
        sink.unsigned(list.length);
        for (const type of list) sink.byte(valueTypes[type]);
      }
    }
  });
  const module = new ByteSink();
  module.append(MAGIC);
  const add = (id: number, bytes: Uint8Array): void => {
    module.byte(id);
    module.unsigned(bytes.length);
    module.append(bytes);
  };
  add(sections.type, typeSection);
  add(sections.import, imports);
  add(sections.function, funcs);
  add(sections.export, exports);
  add(sections.code, code);
  return module.view.slice();
}

/** "\0asm" and version 1. */
const MAGIC = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

function section(count: number, write: (sink: ByteSink) => void): Uint8Array {
  const sink = new ByteSink();
  sink.unsigned(count);
  write(sink);
  return sink.view;
}

function writeCode(sink: ByteSink, func: ModuleFunc): void {
  const head = new ByteSink();
  head.unsigned(func.locals.length);
  for (const type of func.locals) {
    head.byte(1);
    head.byte(valueTypes[type]);
  }
  const { bytes } = func.body;
  sink.unsigned(head.length + bytes.length + 1);
  sink.append(head.view);
  sink.append(bytes);
  sink.byte(ops.end);
}

function isSameType(a: FuncType, b: FuncType): boolean {
  return a.params.join() === b.params.join() && a.results.join() === b.results.join();
}
