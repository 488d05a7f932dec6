/** Symbols and stacks as text. */

import { asU64, U64_MAX, unreachable } from '../base/index.ts';
import type { Lookups, SymbolFrame } from '../program/index.ts';
import type { StackMode } from '../types/index.ts';
import { utf8String } from './byte-text.ts';
import { hexByte } from './inet.ts';
import type { StackFrame, Value } from './value.ts';

type SymbolValue = Extract<Value, { readonly kind: 'ksym' | 'usym' }>;
type StackValue = Extract<Value, { readonly kind: 'kstack' | 'ustack' }>;

const INDENT = '        ';
/** What a stack walker leaves where it could not go on. */
const UNWIND_FAILURE = U64_MAX;

/** The name of the function at an address, without offset; `0x…` when unknown. */
export function symbolText(value: SymbolValue, lookups: Lookups): string {
  const frames =
    value.kind === 'ksym'
      ? lookups.kernelSymbol(value.address)
      : lookups.userSymbol(value.pid, value.address, value.probe);
  // Inlined functions come first; the symbol is the one that contains them.
  const symbol = frames.at(-1);
  return symbol ? utf8String(symbol.name) : addressText(value.address);
}

/** An address without a name; C's `%p` in C++ streams shows a null pointer as `0`. */
export function addressText(address: bigint): string {
  return address === 0n ? '0' : `0x${asU64(address).toString(16)}`;
}

/** A line break, then a line for each frame, each ended by one. */
export function stackText(value: StackValue, lookups: Lookups): string {
  let text = '\n';
  for (const [index, frame] of value.frames.entries()) {
    if (frame.address === UNWIND_FAILURE && frame.buildId === undefined)
      return `${text}${INDENT}<unwind failure>\n`;
    text += frameLines(value, frame, index > 0, lookups);
  }
  return text;
}

function frameLines(stack: StackValue, frame: StackFrame, isCaller: boolean, lookups: Lookups): string {
  switch (stack.mode) {
    case 'raw':
      return `${frame.address.toString(16)}\n`;
    case 'build_id':
      return `${buildIdFrame(frame)}\n`;
    case 'bpftrace':
    case 'perf': {
      const user = stack.kind === 'ustack';
      const symbols = user
        ? lookups.userSymbol(stack.pid, frame.address, stack.probe, isCaller)
        : lookups.kernelSymbol(frame.address);
      const start = stack.mode === 'bpftrace' ? INDENT : `\t${frame.address.toString(16)} `;
      return namesOf(symbols, frame.address, stack.mode, user)
        .map((name) => `${start}${name}\n`)
        .join('');
    }
    default:
      return unreachable(stack.mode);
  }
}

function namesOf(
  symbols: readonly SymbolFrame[],
  address: bigint,
  mode: Exclude<StackMode, 'raw' | 'build_id'>,
  user: boolean,
): string[] {
  const perf = mode === 'perf';
  if (symbols.length === 0) return [addressText(address) + (perf && user ? ' ([unknown])' : '')];
  return symbols.map((symbol) => utf8String(perf ? perfName(symbol, user) : bpftraceName(symbol)));
}

function bpftraceName(symbol: SymbolFrame): string {
  const start = symbol.inlined ? `[inlined] ${symbol.name}` : `${symbol.name}+${symbol.offset}`;
  return symbol.file === undefined ? start : `${start}@${symbol.file}:${symbol.line ?? 0}`;
}

function perfName(symbol: SymbolFrame, user: boolean): string {
  const start = symbol.inlined ? symbol.name : `${symbol.name}+${symbol.offset}`;
  if (user && symbol.module !== undefined) return `${start} (${symbol.module})`;
  if (symbol.inlined) return `${start} (inlined)`;
  return user ? `${start} ([unknown])` : start;
}

/** `hexbuildid 0xoffset`; a frame the kernel found no build id for is its bare address. */
function buildIdFrame(frame: StackFrame): string {
  if (frame.buildId === undefined) return frame.address.toString(16);
  const id = Array.from(frame.buildId, (byte) => hexByte(byte.charCodeAt(0))).join('');
  return `${id} 0x${frame.address.toString(16).padStart(2, '0')}`;
}
