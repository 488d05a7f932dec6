import { errnoText } from '../base/index.ts';
import { alu64Imm, encodeInsns, exit, R0 } from '../bpf/index.ts';
import { loadProg } from './prog.ts';
import { isKernelError } from './sys/index.ts';

/**
 * Why bpf(2) is out of reach for this process, in the system's words: not there (ENOSYS) or not allowed (EPERM), asked with the smallest tracing
 * prog. Undefined when it is in reach, also when the kernel had something else to say.
 */
export function bpfRefusal(): string | undefined {
  if (process.platform !== 'linux') return `${process.platform} has no bpf(2)`;
  try {
    const insns = encodeInsns([alu64Imm('mov', R0, 0), exit()]);
    loadProg({ type: 'BPF_PROG_TYPE_TRACEPOINT', insns, license: 'GPL' })[Symbol.dispose]();
    return undefined;
  } catch (error) {
    if (isKernelError(error, 'EPERM', 'ENOSYS')) return errnoText(error.errno);
    if (isKernelError(error)) return undefined;
    throw error;
  }
}
