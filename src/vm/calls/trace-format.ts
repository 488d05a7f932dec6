import { binaryString } from '../../base/index.ts';
import type { Core } from '../core.ts';
import { readString } from './memory.ts';

const conversion = /%([-0]*)(\d*)(ll|l|hh|h)?(ks|us|[a-zA-Z%])/g;

/**
 * The text that bpf_trace_printk() and bpf_seq_printf() make of a format and numbers, as a binary string: %d %i %u %x %p %c and %s (%ks, %us for
 * one address space), with a width. Other conversions stay as they are. Source: bpf-helpers(7), bpf_trace_printk.
 */
export function formatTrace(core: Core, format: Uint8Array, values: readonly bigint[]): string {
  const end = format.indexOf(0);
  const text = binaryString(end < 0 ? format : format.subarray(0, end));
  let next = 0;
  return text.replaceAll(
    conversion,
    (whole, flags: string, width: string, length: string | undefined, kind: string) => {
      if (kind === '%') return '%';
      const value = values[next++];
      if (value === undefined) return whole;
      const shown = convert(core, value, bitsOf[length ?? ''] ?? 32, kind);
      if (shown === undefined) return whole;
      const size = Math.min(Number(width || 0), MAX_WIDTH);
      if (flags.includes('-')) return shown.padEnd(size);
      return shown.padStart(size, flags.includes('0') ? '0' : ' ');
    },
  );
}

/** Widths beyond what a line can hold are cut. */
const MAX_WIDTH = 512;

const bitsOf: Readonly<Record<string, number>> = { l: 64, ll: 64, h: 16, hh: 8 };

function convert(core: Core, value: bigint, bits: number, kind: string): string | undefined {
  switch (kind) {
    case 'd':
    case 'i':
      return String(BigInt.asIntN(bits, value));
    case 'u':
      return String(BigInt.asUintN(bits, value));
    case 'x':
      return BigInt.asUintN(bits, value).toString(16);
    case 'X':
      return BigInt.asUintN(bits, value).toString(16).toUpperCase();
    case 'p':
      return value.toString(16).padStart(16, '0');
    case 'c':
      return String.fromCharCode(Number(value & 0xffn));
    case 's':
      return readString(core, value, 'any');
    case 'ks':
      return readString(core, value, 'kernel');
    case 'us':
      return readString(core, value, 'user');
    default:
      return undefined;
  }
}
