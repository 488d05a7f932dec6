import { ByteWriter, invariant } from '../base/index.ts';
import { BtfBuilder } from './builder.ts';
import type { Linkage } from './kind.ts';

/** One function of a prog: where it starts (in slots) and its parameters, for BTF's func_info. */
export interface ProgBtfFunc {
  readonly name: string;
  readonly insn: number;
  /** A callback of a helper has pointers where the kernel passes maps and memory; numbers are u64. */
  readonly params: readonly ('pointer' | 'u64')[];
  readonly linkage?: Linkage;
}

/** From this slot on, the code stands for a line of the script. Lines and columns count from 1; 0 is unknown. */
export interface ProgBtfLine {
  readonly insn: number;
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** BTF of a prog, and the two tables that BPF_PROG_LOAD takes beside it. */
export interface ProgBtf {
  readonly btf: Uint8Array<ArrayBuffer>;
  /** Rows of FUNC_INFO_SIZE bytes. */
  readonly funcInfo: Uint8Array<ArrayBuffer>;
  readonly funcCount: number;
  /** Rows of LINE_INFO_SIZE bytes. */
  readonly lineInfo: Uint8Array<ArrayBuffer>;
  readonly lineCount: number;
}

/** struct bpf_func_info: u32 insn_off, u32 type_id. Source: uapi/linux/bpf.h. */
export const FUNC_INFO_SIZE = 8;
/** struct bpf_line_info: u32 insn_off, file_name_off, line_off, line_col (line << 10 | column). */
export const LINE_INFO_SIZE = 16;

const MAX_LINE = (1 << 22) - 1;
const MAX_COLUMN = (1 << 10) - 1;

/**
 * Makes the BTF of a prog: its functions with u64 or pointer parameters, and its lines.
 *
 * The kernel wants (kernel/bpf/verifier.c, check_btf_func and check_btf_line): functions ascending and the first at slot 0; names that
 * are C identifiers; lines strictly ascending; a line at the start of every function. The last is granted here: a function
 * without one gets the line before it. Callbacks must be static,
 * and the verifier then follows them with what it knows of the caller; a global function (Linux 5.6) takes and gives numbers and is verified once, by itself.
 */
export function buildProgBtf(funcs: readonly ProgBtfFunc[], lines: readonly ProgBtfLine[]): ProgBtf {
  invariant(funcs[0]?.insn === 0, 'the first function of a prog starts at slot 0');
  const builder = new BtfBuilder();
  const u64 = builder.addInt('unsigned long long', 8, 'unsigned');
  const pointer = builder.add({ kind: 'ptr', type: 0 });
  // Callbacks and subprograms return a number that the verifier sees as `long`.
  const long = builder.addInt('long', 8, 'signed');
  const funcInfo = new ByteWriter(funcs.length * FUNC_INFO_SIZE);
  const names = new Set<string>();
  for (const func of funcs) {
    const params = func.params.map((kind, index) => ({
      name: `arg${index}`,
      type: kind === 'pointer' ? pointer : u64,
    }));
    const proto = builder.add({ kind: 'func_proto', returns: long, params, variadic: false });
    const name = uniqueIdentifier(func.name, names);
    const id = builder.add({ kind: 'func', name, type: proto, linkage: func.linkage ?? 'static' });
    funcInfo.u32(func.insn).u32(id);
  }
  const rows = lines.length === 0 ? [] : completeLines(funcs, lines);
  const lineInfo = new ByteWriter(rows.length * LINE_INFO_SIZE);
  for (const row of rows) {
    const position = Math.min(row.line, MAX_LINE) * 1024 + Math.min(row.column, MAX_COLUMN);
    lineInfo.u32(row.insn).u32(builder.string(row.file)).u32(builder.string(row.text)).u32(position);
  }
  return {
    btf: builder.finish(),
    funcInfo: funcInfo.finish(),
    funcCount: funcs.length,
    lineInfo: lineInfo.finish(),
    lineCount: rows.length,
  };
}

/** Sorted by slot, one line per slot (the last given wins), one at every function's start. */
function completeLines(funcs: readonly ProgBtfFunc[], lines: readonly ProgBtfLine[]): ProgBtfLine[] {
  const bySlot = new Map<number, ProgBtfLine>();
  for (const line of lines) bySlot.set(line.insn, line);
  const given = [...bySlot.values()].sort((a, b) => a.insn - b.insn);
  for (const func of funcs) {
    if (bySlot.has(func.insn)) continue;
    const before =
      given.findLast((line) => line.insn < func.insn) ?? given.find((line) => line.insn > func.insn);
    if (before !== undefined) bySlot.set(func.insn, { ...before, insn: func.insn });
  }
  return [...bySlot.values()].sort((a, b) => a.insn - b.insn);
}

/** A C identifier like `name` that is not in `taken`, which it joins. */
function uniqueIdentifier(name: string, taken: Set<string>): string {
  const clean = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9]|$)/, '_');
  let candidate = clean;
  for (let count = 2; taken.has(candidate); count++) candidate = `${clean}_${count}`;
  taken.add(candidate);
  return candidate;
}
