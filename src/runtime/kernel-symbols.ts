import { readFileSync } from 'node:fs';
import type { SymbolFrame } from '../program/index.ts';

/** Below all code of x86-64 and arm64 kernels; differences to it are exact as doubles. */
const KERNEL_BASE = 0xffff_0000_0000_0000n;
const KERNEL_BASE_HIGH = 0xffff_0000;
/** Symbol types of data; everything else may be code. Source: nm(1). */
const dataTypes: ReadonlySet<number> = new Set([...'bBdDrR'].map((letter) => letter.charCodeAt(0)));

/**
 * The kernel's symbols: /proc/kallsyms, read at the first question (65 ms), indexed by address at the first address (30 ms more).
 *
 * Where the kernel hides addresses (kptr_restrict) every answer is "unknown".
 */
export class KernelSymbols {
  readonly #path: string;
  #text: Buffer | undefined;
  /** Sorted starts, relative to KERNEL_BASE, and where each symbol's line begins in the text. */
  #starts: Float64Array | undefined;
  #lines: Uint32Array | undefined;

  constructor(path = '/proc/kallsyms') {
    this.#path = path;
  }

  /** Address of the first symbol of that name; undefined when there is none or addresses are hidden. */
  address(name: string): bigint | undefined {
    if (name === '' || /[\s]/.test(name)) return undefined;
    const text = this.#load();
    // A name stands between a blank and the end of the line or, for a module's symbol, a tab.
    for (let at = text.indexOf(` ${name}`); at >= 0; at = text.indexOf(` ${name}`, at + 1)) {
      const after = text[at + 1 + name.length];
      if (after !== NEWLINE && after !== TAB && after !== undefined) continue;
      const lineStart = text.lastIndexOf('\n', at) + 1;
      const address = BigInt(`0x${text.toString('latin1', lineStart, text.indexOf(' ', lineStart))}`);
      return address === 0n ? undefined : address;
    }
    return undefined;
  }

  /** The function that `address` lies in: the symbol before it. [] when unknown. */
  at(address: bigint): readonly SymbolFrame[] {
    if (address < KERNEL_BASE) return [];
    const { starts, lines } = this.#index();
    const wanted = Number(address - KERNEL_BASE);
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= wanted) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return [];
    const start = starts[low - 1] ?? 0;
    const line = this.#line(lines[low - 1] ?? 0);
    return [
      {
        name: line.name,
        offset: BigInt(wanted - start),
        ...(line.module === undefined ? {} : { module: line.module }),
      },
    ];
  }

  /** Names and modules of all symbols that may be functions. */
  *functions(): Generator<{ readonly name: string; readonly module?: string }> {
    const { lines } = this.#index();
    for (const at of lines) {
      const { name, module } = this.#line(at);
      yield module === undefined ? { name } : { name, module };
    }
  }

  /** Forgets what was read: modules come and go. */
  refresh(): void {
    this.#text = undefined;
    this.#starts = undefined;
    this.#lines = undefined;
  }

  #load(): Buffer {
    this.#text ??= readFileSync(this.#path);
    return this.#text;
  }

  /** `ffffffff81000000 T name` or `ffffffffc0000000 t name\t[module]`. */
  #line(start: number): { readonly name: string; readonly module?: string } {
    const text = this.#load();
    const end = text.indexOf('\n', start);
    const line = text.toString('latin1', start + 19, end < 0 ? text.length : end);
    const tab = line.indexOf('\t');
    return tab < 0 ? { name: line } : { name: line.slice(0, tab), module: line.slice(tab + 2, -1) };
  }

  #index(): { readonly starts: Float64Array; readonly lines: Uint32Array } {
    if (this.#starts && this.#lines) return { starts: this.#starts, lines: this.#lines };
    const text = this.#load();
    let starts = new Float64Array(1 << 18);
    let lines = new Uint32Array(1 << 18);
    let count = 0;
    let sorted = true;
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf('\n', at);
      const next = end < 0 ? text.length : end + 1;
      // 16 hex digits, a blank, the type, a blank.
      if (next - at > 19 && !dataTypes.has(text[at + 17] ?? 0)) {
        const high = hex8(text, at);
        if (high >= KERNEL_BASE_HIGH) {
          if (count === starts.length) {
            starts = grownFloats(starts);
            lines = grownWords(lines);
          }
          const start = (high - KERNEL_BASE_HIGH) * 0x1_0000_0000 + hex8(text, at + 8);
          if (count > 0 && start < (starts[count - 1] ?? 0)) sorted = false;
          starts[count] = start;
          lines[count] = at;
          count++;
        }
      }
      at = next;
    }
    const foundStarts = starts.subarray(0, count);
    const foundLines = lines.subarray(0, count);
    if (sorted) {
      this.#starts = foundStarts;
      this.#lines = foundLines;
    } else {
      const order = Uint32Array.from({ length: count }, (_unused, i) => i).sort(
        (a, b) => (foundStarts[a] ?? 0) - (foundStarts[b] ?? 0) || a - b,
      );
      this.#starts = Float64Array.from(order, (i) => foundStarts[i] ?? 0);
      this.#lines = Uint32Array.from(order, (i) => foundLines[i] ?? 0);
    }
    return { starts: this.#starts, lines: this.#lines };
  }
}

const NEWLINE = 10;
const TAB = 9;

function grownFloats(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
function grownWords(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Eight lower-case hex digits as a number. */
function hex8(text: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const digit = text[i] ?? 0;
    value = value * 16 + (digit <= 57 ? digit - 48 : digit - 87);
  }
  return value;
}
