import { attachTypes, multiLinkFlags } from '../bpf/index.ts';
import { Attachment } from './attachment.ts';
import { bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import type { Prog } from './prog.ts';
import { attr, checked, pinText, pinU64s } from './sys/index.ts';

export interface KprobeMultiOptions {
  readonly isReturn?: boolean;
  /** Entry and return in one prog, which the return value of the entry's run decides. Linux 6.10. */
  readonly isSession?: boolean;
  /** One per place. */
  readonly cookies?: readonly bigint[];
}

/** Function names, or their addresses. */
export type MultiPlaces = { readonly symbols: readonly string[] } | { readonly addresses: readonly bigint[] };

/**
 * Attaches a KPROBE prog (expected attach type BPF_TRACE_KPROBE_MULTI or _SESSION) to the entries or returns of many kernel functions.
 * Linux 5.18 with CONFIG_FPROBE.
 *
 * @throws KernelError: ESRCH when a name is unknown, EINVAL when one cannot be traced, EOPNOTSUPP without CONFIG_FPROBE.
 */
export function attachKprobeMulti(
  prog: Prog,
  places: MultiPlaces,
  options: KprobeMultiOptions = {},
): Attachment {
  const names = 'symbols' in places ? places.symbols.map(pinText) : [];
  const symbols = 'symbols' in places ? pinU64s(names.map((name) => name.address)) : undefined;
  const addresses = 'addresses' in places ? pinU64s(places.addresses) : undefined;
  const cookies = options.cookies === undefined ? undefined : pinU64s(options.cookies);
  const count = 'symbols' in places ? places.symbols.length : places.addresses.length;
  const request = attr.linkCreateAttr.encode({
    prog_fd: prog.fd.raw,
    attach_type: options.isSession
      ? attachTypes.BPF_TRACE_KPROBE_SESSION
      : attachTypes.BPF_TRACE_KPROBE_MULTI,
  });
  attr.linkCreateParts.kprobe_multi.encodeInto(request, 0, {
    flags: options.isReturn ? multiLinkFlags.BPF_F_KPROBE_MULTI_RETURN : 0,
    cnt: count,
    syms: symbols?.address ?? 0n,
    addrs: addresses?.address ?? 0n,
    cookies: cookies?.address ?? 0n,
  });
  const link = bpfResult('BPF_LINK_CREATE', request, [names, symbols, addresses, cookies]);
  const what = `${options.isReturn ? 'kretprobe' : 'kprobe'} multi-link on ${count} functions`;
  return new Attachment([new Fd(checked('bpf(BPF_LINK_CREATE)', link, what))]);
}
