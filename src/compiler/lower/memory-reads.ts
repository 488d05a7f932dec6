import type { HelperName } from '../../bpf/index.ts';
import type { AddressSpace } from '../../types/index.ts';
import { addressOf, type Place } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { FuncContext } from './func-context.ts';
import { checkHelper } from './runtime-errors.ts';

/**
 * The helpers that read memory of a space. `none` takes an address of either, as the kernel does itself on architectures whose user
 * and kernel addresses do not overlap (both of ours).
 */
const readHelpers: Readonly<Record<AddressSpace, { readonly bytes: HelperName; readonly text: HelperName }>> =
  {
    kernel: { bytes: 'probe_read_kernel', text: 'probe_read_kernel_str' },
    user: { bytes: 'probe_read_user', text: 'probe_read_user_str' },
    none: { bytes: 'probe_read', text: 'probe_read_str' },
  };

/** Reads memory outside the prog; the helpers clear the destination where it cannot be read. */
export function readMemory(
  f: FuncContext,
  space: AddressSpace,
  to: Place,
  bytes: ValueId,
  address: ValueId,
): void {
  const helper = readHelpers[space].bytes;
  checkHelper(f, helper, f.b.call(helper, [addressOf(f.b, to), bytes, address]), 'reads');
}

/**
 * Reads up to and including a NUL, at most `bytes`, the last of which is then a NUL. What follows in the destination stays as it was;
 * all of it is cleared where the memory cannot be read.
 *
 * @returns the bytes written, or a negative error.
 */
export function readText(
  f: FuncContext,
  space: AddressSpace,
  to: Place,
  bytes: ValueId,
  address: ValueId,
): ValueId {
  const helper = readHelpers[space].text;
  const length = f.b.call(helper, [addressOf(f.b, to), bytes, address]);
  checkHelper(f, helper, length, 'reads');
  return length;
}
