import { type HelperName, STACK_SIZE } from '../../bpf/index.ts';

/** What the backend must know of the kernel it emits for, and its limits. */
export interface EmitOptions {
  /** Instructions of cpu v4 (Linux 6.6): gotol, sign-extending moves and loads, signed division. */
  readonly cpuV4?: boolean;
  /** Temporaries up to this many bytes live on the BPF stack, larger ones in the per-CPU scratch map value. */
  readonly onStackLimit?: number;
  /** Bytes of stack for the whole call chain. */
  readonly stackLimit?: number;
  /**
   * The helper that copies and clears long ranges in one call: probe_read_kernel (Linux 5.5; clears by reading from NULL, which fails
   * and then zeroes the destination), or probe_read before. 'none': always instruction by instruction.
   */
  readonly bulkHelper?: Extract<HelperName, 'probe_read_kernel' | 'probe_read'> | 'none';
  /** Ranges longer than this many bytes go through the bulk helper. */
  readonly bulkLimit?: number;
}

export const defaultEmitOptions: Required<EmitOptions> = {
  cpuV4: false,
  onStackLimit: 32,
  stackLimit: STACK_SIZE,
  bulkHelper: 'probe_read_kernel',
  bulkLimit: 128,
};
