import { errnos } from '../../base/index.ts';
import {
  type Attachment,
  attachKprobe as attachAt,
  attachKprobeMulti,
  isKernelError,
  KernelError,
  type KernelFeature,
  type KprobeMultiOptions,
  type KprobePlace,
  type MultiPlaces,
  type Prog,
  symbolAddresses,
} from '../../kernel/index.ts';
import type { KernelLocation } from '../../program/index.ts';
import { type Attach, attachEach } from './attach.ts';

/** Looking up more names than this takes longer than a walk through all symbols. */
const MOST_LOOKED_UP = 500;

export const attachKprobe: Attach<'kprobe' | 'kretprobe'> = (probe, { prog, hasFeature }) => {
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
        attachments: [attachToMany(prog, locations, options, hasFeature)],
        // A session is one place entered and left.
        places: locations.length,
      };
    }
  }
};

/**
 * By name, the kernel walks through all of its symbols once for a link: 38 million instructions. So a few names are turned into addresses
 * first. Where the kernel does not take one (of several functions with a name it tells the first), it is names after all.
 *
 * @throws KernelError
 */
function attachToMany(
  prog: Prog,
  locations: readonly KernelLocation[],
  options: KprobeMultiOptions,
  hasFeature: (feature: KernelFeature) => boolean,
): Attachment {
  const places = multiPlaces(locations);
  if ('symbols' in places && places.symbols.length <= MOST_LOOKED_UP && hasFeature('symbol-index')) {
    try {
      const addresses = symbolAddresses(locations.map((location) => symbolOf(location) ?? ''));
      if (!addresses.includes(0n)) {
        return attachKprobeMulti(prog, { addresses: [...new Set(addresses)] }, options);
      }
    } catch (error) {
      if (!isKernelError(error)) throw error;
    }
  }
  return attachKprobeMulti(prog, places, options);
}

function placeOf(location: KernelLocation): KprobePlace {
  const { offset, address } = location;
  const symbol = symbolOf(location);
  if (symbol === undefined) return { address: address ?? 0n };
  return offset === undefined ? { symbol } : { symbol, offset: BigInt(offset) };
}

/** The kernel looks `module:name` up in that module. Source: kernel/module/kallsyms.c, module_kallsyms_lookup_name(). */
function symbolOf({ function: name, module }: KernelLocation): string | undefined {
  return name === undefined || module === undefined || module === 'vmlinux' ? name : `${module}:${name}`;
}

/** A multi-link takes names or addresses, not both. Names are given once each: the kernel counts what it finds. */
function multiPlaces(locations: readonly KernelLocation[]): MultiPlaces {
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
