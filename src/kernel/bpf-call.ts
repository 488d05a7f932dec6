import { type BpfCommand, bpfCommands } from '../bpf/index.ts';
import { bpf, checked } from './sys/index.ts';

/** bpf(2) by the command's name: the result, or the negated errno. `pinned` is what `attr` points to. */
export function bpfResult(command: BpfCommand, attr: Uint8Array, pinned?: unknown): number {
  return bpf(bpfCommands[command], attr, pinned);
}

/** bpf(2) by the command's name. @throws KernelError */
export function bpfCall(command: BpfCommand, attr: Uint8Array, pinned?: unknown): number {
  return checked(`bpf(${command})`, bpfResult(command, attr, pinned));
}
