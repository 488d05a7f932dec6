import type { KernelSymbols, SymbolAt } from './symbol-at.ts';
import { KernelError, readSystemFile } from './sys/index.ts';

/** A symbol of the kernel or of a module. */
interface KernelSymbol {
  readonly name: string;
  readonly address: bigint;
  /** Absent for the kernel proper. */
  readonly module?: string;
  /** The letter nm(1) uses: `t` and `T` are functions. */
  readonly type: string;
}

/** Kernel addresses lie in the upper half; below it are per-CPU offsets and constants. */
const LOWEST_HIGH_WORD = 0xffff_0000;

/**
 * /proc/kallsyms: lines of `ffffffff81000000 T _text` or `… t name\t[module]`.
 *
 * Reading costs some 70 ms, so it happens on the first question. The text is kept as bytes (9 MB) and not split: names are searched
 * in them, and for addresses an index of line offsets is sorted once.
 */
export class Kallsyms implements KernelSymbols {
  readonly #path: string;
  #bytes: Buffer | undefined;
  #index: AddressIndex | undefined;

  constructor(path = '/proc/kallsyms') {
    this.#path = path;
  }

  /** The symbol with this name; in a module if one is named. Functions win over data of the same name. @throws KernelError */
  byName(name: string, module?: string): KernelSymbol | undefined {
    if (name === '' || /\s/.test(name)) return undefined;
    const bytes = this.#text();
    const wanted = Buffer.from(` ${name}`, 'latin1');
    let found: KernelSymbol | undefined;
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
      const after = bytes[at + wanted.length];
      if (after !== 0x0a && after !== 0x09 && after !== undefined) continue;
      const symbol = this.#symbolAt(bytes.lastIndexOf(0x0a, at) + 1);
      if (module !== undefined && (symbol.module ?? 'vmlinux') !== module) continue;
      if (isFunction(symbol.type)) return symbol;
      found ??= symbol;
    }
    return found;
  }

  /**
   * The symbol that `address` lies in: the nearest one at or before it, of several the file's first.
   *
   * @returns undefined for addresses outside the kernel, and when addresses are hidden. @throws KernelError
   */
  byAddress(address: bigint): SymbolAt | undefined {
    const line = this.#addresses().lineAtOrBefore(address);
    if (line === undefined) return undefined;
    const { name, module, address: start } = this.#symbolAt(line);
    return { name, offset: address - start, ...(module === undefined ? {} : { module }) };
  }

  /** All functions, in the file's order. @throws KernelError */
  *functions(): Generator<KernelSymbol> {
    const bytes = this.#text();
    for (let line = 0; line < bytes.length; ) {
      const end = endOfLine(bytes, line);
      if (end - line > 19 && isFunction(String.fromCharCode(bytes[line + 17] ?? 0)))
        yield this.#symbolAt(line);
      line = end + 1;
    }
  }

  #text(): Buffer {
    try {
      this.#bytes ??= readSystemFile(this.#path);
    } catch (error) {
      throw KernelError.fromNode(`read ${this.#path}`, error);
    }
    return this.#bytes;
  }

  #addresses(): AddressIndex {
    this.#index ??= new AddressIndex(this.#text());
    return this.#index;
  }

  #symbolAt(line: number): KernelSymbol {
    const text = this.#text().toString('latin1', line, endOfLine(this.#text(), line));
    const tab = text.indexOf('\t');
    const name = text.slice(19, tab < 0 ? undefined : tab);
    const symbol = { name, address: BigInt(`0x${text.slice(0, 16)}`), type: text.slice(17, 18) };
    return tab < 0 ? symbol : { ...symbol, module: text.slice(tab + 2, text.indexOf(']', tab)) };
  }
}

function endOfLine(bytes: Buffer, line: number): number {
  const end = bytes.indexOf(0x0a, line);
  return end < 0 ? bytes.length : end;
}

function isFunction(type: string): boolean {
  return type === 't' || type === 'T' || type === 'w' || type === 'W';
}

/** Value of a hexadecimal digit by its char code. */
const digits = new Uint8Array(128);
for (let value = 0; value < 16; value++) digits[value.toString(16).charCodeAt(0)] = value;

function hexWord(bytes: Buffer, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index++) value = ((value << 4) | digits[bytes[index]! & 0x7f]!) >>> 0;
  return value;
}

/** Addresses of symbols, ascending, with the offset of their lines. */
class AddressIndex {
  readonly count: number;
  /** The low 48 bits, which a double holds exactly; all have 0xffff above them. */
  readonly #addresses: Float64Array;
  readonly #lines: Uint32Array;

  constructor(bytes: Buffer) {
    const capacity = Math.ceil(bytes.length / 20) + 1;
    const addresses = new Float64Array(capacity);
    const lines = new Uint32Array(capacity);
    let count = 0;
    let isSorted = true;
    for (let line = 0; line < bytes.length; ) {
      const high = hexWord(bytes, line);
      if (high >= LOWEST_HIGH_WORD) {
        const address = (high & 0xffff) * 0x1_0000_0000 + hexWord(bytes, line + 8);
        if (count > 0 && address < addresses[count - 1]!) isSorted = false;
        addresses[count] = address;
        lines[count] = line;
        count++;
      }
      line = endOfLine(bytes, line) + 1;
    }
    this.count = count;
    if (isSorted) {
      this.#addresses = addresses.subarray(0, count);
      this.#lines = lines.subarray(0, count);
      return;
    }
    const order = Uint32Array.from({ length: count }, (_unused, index) => index);
    // Equal addresses (aliases) keep the file's order.
    order.sort((a, b) => addresses[a]! - addresses[b]! || a - b);
    this.#addresses = Float64Array.from(order, (index) => addresses[index]!);
    this.#lines = Uint32Array.from(order, (index) => lines[index]!);
  }

  /** The first line of those with the greatest address at or below `address`. */
  lineAtOrBefore(address: bigint): number | undefined {
    if (address >> 48n !== 0xffffn) return undefined;
    const wanted = Number(address & 0xffff_ffff_ffffn);
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    let index = low - 1;
    while (index > 0 && this.#addresses[index - 1] === this.#addresses[index]) index--;
    return this.#lines[index];
  }
}
