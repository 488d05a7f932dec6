/** How a place is called: the canonical name of a probe on it alone, which is what the builtin `probe` gives. */
import type { KernelLocation } from './probes.ts';

/** A function, with its module where that is to be named: `kprobe:vfs_read`, `kretprobe:kvm:kvm_exit`, `kprobe:vmlinux:vfs_read+4`. */
export function kernelPlaceName(
  kind: 'kprobe' | 'kretprobe',
  { module, function: name, offset }: KernelLocation & { readonly function: string },
): string {
  return `${kind}:${module === undefined ? '' : `${module}:`}${name}${offsetText(offset)}`;
}

/** A function of a binary: `uprobe:/bin/bash:readline`, `uprobe:/bin/app:cpp:_ZN3app3runEv+4`. */
export function userPlaceName(
  kind: 'uprobe' | 'uretprobe',
  place: {
    /** As it is shown. */
    readonly binary: string;
    readonly symbol: string;
    /** The script says `cpp:`. */
    readonly isCpp?: boolean;
    readonly offset?: bigint | undefined;
  },
): string {
  return `${kind}:${place.binary}:${place.isCpp ? 'cpp:' : ''}${place.symbol}${offsetText(place.offset)}`;
}

function offsetText(offset: number | bigint | undefined): string {
  return offset ? `+${offset}` : '';
}
