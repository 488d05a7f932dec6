/** printf in an iterator: the kernel formats into the iterator's file (bpf_seq_printf). */
import type { Conversion } from '../../../program/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { formatText } from './format-text.ts';
import type { CallExpr, Lower } from './lowering.ts';
import { addressOf } from './place.ts';

/** Values bpf_seq_printf takes at most. Source: kernel/trace/bpf_trace.c, MAX_BPRINTF_VARARGS. */
const MAX_VALUES = 12;

/** Integers go over as 64 bits: how a conversion shows them, extended to what its own length says. */
function spell(conversion: Conversion, value: TypedExpr | undefined): string {
  const { flags, width, length, verb } = conversion;
  const size = width === undefined ? '' : String(width);
  const kind = value?.type.kind;
  if (verb === 's' && kind === 'string') return `%${flags.replace(/[+ #0]/g, '')}${size}s`;
  if (verb === 'c') return '%c';
  // The kernel's %p hides addresses.
  if (verb === 'p' || (verb === 's' && kind === 'pointer')) return `0x%${size}llx`;
  if (verb === 's') return `%${flags}${size}ll${isUnsigned(value) ? 'u' : 'd'}`;
  return `%${flags}${size}${length === '' ? '' : wide(length)}${verb}`;
}

function wide(length: Conversion['length']): string {
  return length === 'hh' || length === 'h' ? length : 'll';
}

function isUnsigned(value: TypedExpr | undefined): boolean {
  return value?.type.kind !== 'int' || !value.type.signed;
}

/** Values whose conversions the kernel has too. */
const shown: ReadonlySet<string> = new Set(['int', 'bool', 'enum', 'pointer', 'string']);
const kernelVerbs: ReadonlySet<string> = new Set(['d', 'i', 'u', 'x', 'X', 'c', 'p', 's']);

export function printToSeqFile(lower: Lower, call: CallExpr): void {
  const { b } = lower;
  const { format = [] } = call.attrs;
  if (call.args.length > MAX_VALUES) {
    lower.refuse(
      call.at,
      `printf in an iter probe takes at most ${MAX_VALUES} values (the kernel formats them)`,
    );
  }
  for (const piece of format) {
    const value = typeof piece === 'string' ? undefined : call.args[piece.arg];
    if (typeof piece === 'string' || value === undefined) continue;
    if (!shown.has(value.type.kind) || !kernelVerbs.has(piece.verb)) {
      lower.refuse(
        value.at,
        `printf in an iter probe cannot show this value with %${piece.verb} (the kernel formats it)`,
      );
    }
  }
  const text = `${formatText(format, (conversion) => spell(conversion, call.args[conversion.arg]))}\0`;
  const data = lower.temporary(Math.max(8, call.args.length * 8));
  call.args.forEach((value, index) => {
    const word = value.type.kind === 'string' ? addressOf(b, lower.memory(value)) : lower.scalar(value);
    b.store(8, data.base, word, data.off + index * 8);
  });
  // ctx starts with struct bpf_iter_meta *meta, and that with struct seq_file *seq. Source: include/linux/bpf.h.
  const meta = b.load(8, lower.ctx());
  const seq = b.load(8, meta);
  const result = b.call('seq_printf', [
    seq,
    addressOf(b, lower.constantText(text)),
    b.const(text.length),
    addressOf(b, data),
    b.const(call.args.length * 8),
  ]);
  lower.checkHelper('seq_printf', result, 'default');
}
