import { errnos } from '../../base/index.ts';
import {
  attachKprobe as attachAt,
  attachKprobeMulti,
  KernelError,
  type KprobePlace,
} from '../../kernel/index.ts';
import type { KernelLocation } from '../../program/index.ts';
import { type Attach, attachEach } from './attach.ts';

export const attachKprobe: Attach<'kprobe' | 'kretprobe'> = (probe, { prog }) => {
  const isReturn = probe.kind === 'kretprobe';
  const { locations } = probe;
  switch (probe.via) {
    case 'perf':
      return {
        attachments: attachEach(locations, (location) => attachAt(prog, placeOf(location), { isReturn })),
        places: locations.length,
      };
    case 'multi':
    case 'session': {
      const options = { isReturn, isSession: probe.via === 'session' };
      return {
        attachments: [attachKprobeMulti(prog, multiPlaces(locations), options)],
        // A session is one place entered and left.
        places: locations.length,
      };
    }
  }
};

function placeOf({ function: name, module, offset, address }: KernelLocation): KprobePlace {
  if (name === undefined) return { address: address ?? 0n };
  // The kernel looks `module:name` up in that module. Source: kernel/module/kallsyms.c, module_kallsyms_lookup_name().
  const symbol = module === undefined || module === 'vmlinux' ? name : `${module}:${name}`;
  return offset === undefined ? { symbol } : { symbol, offset: BigInt(offset) };
}

/** A multi-link takes names or addresses, not both. Names are given once each: the kernel counts what it finds. */
function multiPlaces(
  locations: readonly KernelLocation[],
): { readonly symbols: readonly string[] } | { readonly addresses: readonly bigint[] } {
  const addresses = locations.flatMap(({ address }) => address ?? []);
  if (addresses.length === locations.length) return { addresses };
  const symbols = locations.map(({ function: name }) => name);
  if (symbols.includes(undefined)) {
    throw new KernelError('bpf(BPF_LINK_CREATE)', errnos.EINVAL.number, {
      detail: 'a multi-link takes names or addresses, not both',
    });
  }
  return { symbols: [...new Set(symbols.filter((name) => name !== undefined))] };
}
