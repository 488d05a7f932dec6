import { encodeText } from '../../base/index.ts';

/** WebAssembly's binary format, as far as the translator writes it. Source: WebAssembly Core Specification 1.0, section 5. */

export const valueTypes = { i32: 0x7f, i64: 0x7e } as const;
export type ValueType = keyof typeof valueTypes;

/** Instructions without immediates, and those whose immediates `CodeWriter` writes. */
export const ops = {
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

/** Writes the body of one function. Methods return the writer, so that a line reads like the text format. */
export class CodeWriter {
  readonly bytes: number[] = [];

  op(...names: readonly WasmOp[]): this {
    for (const name of names) this.bytes.push(ops[name]);
    return this;
  }
  /** block, loop or if without a result. */
  open(kind: 'block' | 'loop' | 'if'): this {
    this.bytes.push(ops[kind], EMPTY_BLOCK);
    return this;
  }
  openWith(kind: 'if', result: ValueType): this {
    this.bytes.push(ops[kind], valueTypes[result]);
    return this;
  }
  end(): this {
    return this.op('end');
  }
  get(local: number): this {
    return this.#withIndex('local_get', local);
  }
  set(local: number): this {
    return this.#withIndex('local_set', local);
  }
  tee(local: number): this {
    return this.#withIndex('local_tee', local);
  }
  call(func: number): this {
    return this.#withIndex('call', func);
  }
  br(label: number): this {
    return this.#withIndex('br', label);
  }
  brIf(label: number): this {
    return this.#withIndex('br_if', label);
  }
  /** Branches to `labels[index]`, or to `otherwise`. */
  brTable(labels: readonly number[], otherwise: number): this {
    this.op('br_table');
    writeUnsigned(this.bytes, labels.length);
    for (const label of labels) writeUnsigned(this.bytes, label);
    writeUnsigned(this.bytes, otherwise);
    return this;
  }
  i32(value: number): this {
    this.op('i32_const');
    writeSigned(this.bytes, BigInt(value | 0));
    return this;
  }
  i64(value: bigint): this {
    this.op('i64_const');
    writeSigned(this.bytes, BigInt.asIntN(64, value));
    return this;
  }
  /** A load or store at the address on the stack plus `offset`; no alignment is promised. */
  memory(name: WasmOp, offset: number): this {
    this.op(name);
    this.bytes.push(0);
    writeUnsigned(this.bytes, offset);
    return this;
  }
  #withIndex(name: WasmOp, index: number): this {
    this.op(name);
    writeUnsigned(this.bytes, index);
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
  const importRows = parts.imports.map(({ name, type }) => [
    ...nameBytes('vm'),
    ...nameBytes(name),
    0,
    ...unsigned(typeIndex(type)),
  ]);
  // Limits with a maximum; the memory that is given must not be able to grow beyond it.
  importRows.push([
    ...nameBytes('vm'),
    ...nameBytes('memory'),
    2,
    1,
    ...unsigned(parts.pages),
    ...unsigned(parts.pages),
  ]);
  const funcRows = parts.funcs.map(({ type }) => unsigned(typeIndex(type)));
  const exportRows = parts.funcs.flatMap(({ exportName }, index) =>
    exportName === undefined
      ? []
      : [[...nameBytes(exportName), 0, ...unsigned(parts.imports.length + index)]],
  );
  const typeRows = types.map(({ params, results }) => [
    0x60,
    ...unsigned(params.length),
    ...params.map((type) => valueTypes[type]),
    ...unsigned(results.length),
    ...results.map((type) => valueTypes[type]),
  ]);
  const bytes: number[] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const chunks: (readonly number[])[] = [bytes];
  const add = (id: number, rows: readonly (readonly number[])[]): void => {
    const count = unsigned(rows.length);
    const size = rows.reduce((sum, row) => sum + row.length, count.length);
    chunks.push([id, ...unsigned(size)], count, ...rows);
  };
  add(sections.type, typeRows);
  add(sections.import, importRows);
  add(sections.function, funcRows);
  add(sections.export, exportRows);
  add(sections.code, parts.funcs.map(codeRow));
  return concat(chunks);
}

function codeRow(func: ModuleFunc): number[] {
  const locals = func.locals.flatMap((type) => [1, valueTypes[type]]);
  const head = [...unsigned(func.locals.length), ...locals];
  const row = unsigned(head.length + func.body.bytes.length + 1).concat(head);
  // Spreading a large body into push() would overflow the stack.
  for (const byte of func.body.bytes) row.push(byte);
  row.push(ops.end);
  return row;
}

function concat(chunks: readonly (readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function isSameType(a: FuncType, b: FuncType): boolean {
  return a.params.join() === b.params.join() && a.results.join() === b.results.join();
}

function nameBytes(name: string): number[] {
  const bytes = encodeText(name);
  return [...unsigned(bytes.length), ...bytes];
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  writeUnsigned(bytes, value);
  return bytes;
}

/** Unsigned LEB128. */
function writeUnsigned(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

/** Signed LEB128. */
function writeSigned(bytes: number[], value: bigint): void {
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) {
      bytes.push(low);
      return;
    }
    bytes.push(low | 0x80);
  }
}
