/**
 * Names of the kernel's page allocation flags, for `%gr`.
 *
 * Source: include/linux/gfp_types.h for the bits and combinations, include/trace/events/mmflags.h for the order in which
 * combinations are tried.
 */

/** Single flags by name; `__GFP_` goes before each but those the kernel names `GFP_`. */
const bits = {
  DMA: 1n << 0n,
  HIGHMEM: 1n << 1n,
  DMA32: 1n << 2n,
  MOVABLE: 1n << 3n,
  RECLAIMABLE: 1n << 4n,
  HIGH: 1n << 5n,
  IO: 1n << 6n,
  FS: 1n << 7n,
  ZERO: 1n << 8n,
  DIRECT_RECLAIM: 1n << 10n,
  KSWAPD_RECLAIM: 1n << 11n,
  WRITE: 1n << 12n,
  NOWARN: 1n << 13n,
  RETRY_MAYFAIL: 1n << 14n,
  NOFAIL: 1n << 15n,
  NORETRY: 1n << 16n,
  MEMALLOC: 1n << 17n,
  COMP: 1n << 18n,
  NOMEMALLOC: 1n << 19n,
  HARDWALL: 1n << 20n,
  THISNODE: 1n << 21n,
  ACCOUNT: 1n << 22n,
  ZEROTAGS: 1n << 23n,
  SKIP_ZERO: 1n << 24n,
  SKIP_KASAN: 1n << 25n,
  NO_OBJ_EXT: 1n << 26n,
} as const;

const NOIO = bits.DIRECT_RECLAIM | bits.KSWAPD_RECLAIM;
const NOFS = NOIO | bits.IO;
const KERNEL = NOFS | bits.FS;
const USER = KERNEL | bits.HARDWALL;
const HIGHUSER = USER | bits.HIGHMEM;
const HIGHUSER_MOVABLE = HIGHUSER | bits.MOVABLE | bits.SKIP_KASAN;
const TRANSHUGE_LIGHT = (HIGHUSER_MOVABLE | bits.COMP | bits.NOMEMALLOC | bits.NOWARN) & ~NOIO;

/** Tried in order; each takes its bits away from what the later ones see. */
const names: readonly (readonly [name: string, mask: bigint])[] = [
  ['GFP_TRANSHUGE', TRANSHUGE_LIGHT | bits.DIRECT_RECLAIM],
  ['GFP_TRANSHUGE_LIGHT', TRANSHUGE_LIGHT],
  ['GFP_HIGHUSER_MOVABLE', HIGHUSER_MOVABLE],
  ['GFP_HIGHUSER', HIGHUSER],
  ['GFP_USER', USER],
  ['GFP_KERNEL_ACCOUNT', KERNEL | bits.ACCOUNT],
  ['GFP_KERNEL', KERNEL],
  ['GFP_NOFS', NOFS],
  ['GFP_ATOMIC', bits.HIGH | bits.KSWAPD_RECLAIM],
  ['GFP_NOIO', NOIO],
  ['GFP_NOWAIT', bits.KSWAPD_RECLAIM | bits.NOWARN],
  ['GFP_DMA', bits.DMA],
  ['__GFP_HIGHMEM', bits.HIGHMEM],
  ['GFP_DMA32', bits.DMA32],
  ['__GFP_HIGH', bits.HIGH],
  ['__GFP_IO', bits.IO],
  ['__GFP_FS', bits.FS],
  ['__GFP_ZERO', bits.ZERO],
  ['__GFP_DIRECT_RECLAIM', bits.DIRECT_RECLAIM],
  ['__GFP_KSWAPD_RECLAIM', bits.KSWAPD_RECLAIM],
  ['__GFP_WRITE', bits.WRITE],
  ['__GFP_NOWARN', bits.NOWARN],
  ['__GFP_RETRY_MAYFAIL', bits.RETRY_MAYFAIL],
  ['__GFP_NOFAIL', bits.NOFAIL],
  ['__GFP_NORETRY', bits.NORETRY],
  ['__GFP_MEMALLOC', bits.MEMALLOC],
  ['__GFP_COMP', bits.COMP],
  ['__GFP_NOMEMALLOC', bits.NOMEMALLOC],
  ['__GFP_HARDWALL', bits.HARDWALL],
  ['__GFP_THISNODE', bits.THISNODE],
  ['__GFP_ACCOUNT', bits.ACCOUNT],
  ['__GFP_ZEROTAGS', bits.ZEROTAGS],
  ['__GFP_SKIP_ZERO', bits.SKIP_ZERO],
  ['__GFP_SKIP_KASAN', bits.SKIP_KASAN],
  ['__GFP_NO_OBJ_EXT', bits.NO_OBJ_EXT],
];

/** The names of the flags in `flags` (taken as unsigned) joined by `|`, then bits without a name as `0x…`; 0 is `0`. */
export function gfpFlagsText(flags: bigint): string {
  if (flags === 0n) return '0';
  let rest = flags;
  const parts: string[] = [];
  for (const [name, mask] of names) {
    if ((rest & mask) !== mask) continue;
    parts.push(name);
    rest &= ~mask;
  }
  if (rest !== 0n) parts.push(`0x${rest.toString(16)}`);
  return parts.join('|');
}
