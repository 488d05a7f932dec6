import { attachUprobe as attachAt, attachUprobeMulti } from '../../kernel/index.ts';
import type { ProbeOf } from '../../program/index.ts';
import { type Attach, attachEach } from './attach.ts';

export const attachUprobe: Attach<'uprobe' | 'uretprobe'> = (probe, { prog, pid }) => {
  const options = { isReturn: probe.kind === 'uretprobe', ...(pid === undefined ? {} : { pid }) };
  const places = probe.locations.length;
  if (probe.via === 'perf') {
    return {
      attachments: attachEach(probe.locations, (location) => attachAt(prog, location, options)),
      places,
    };
  }
  const attachments = attachEach(byPath(probe.locations), ([path, locations]) =>
    attachUprobeMulti(
      prog,
      path,
      locations.map(({ fileOffset }) => fileOffset),
      options,
    ),
  );
  return { attachments, places };
};

type UsdtLocation = ProbeOf<'usdt'>['locations'][number];

/** A USDT probe is a uprobe whose cookie names the argument layout of its place, and whose semaphore the kernel counts up. */
export const attachUsdt: Attach<'usdt'> = (probe, { prog, pid }) => {
  const scope = pid === undefined ? {} : { pid };
  if (probe.via === 'perf') {
    const attachments = attachEach(probe.locations, (location) =>
      attachAt(prog, location, { ...scope, cookie: location.cookie }),
    );
    return { attachments, places: 1 };
  }
  const attachments = attachEach(byPath<UsdtLocation>(probe.locations), ([path, locations]) =>
    attachUprobeMulti(
      prog,
      path,
      locations.map(({ fileOffset }) => fileOffset),
      {
        ...scope,
        cookies: locations.map(({ cookie }) => cookie),
        semaphoreOffsets: locations.map(({ semaphoreOffset }) => semaphoreOffset ?? 0n),
      },
    ),
  );
  return { attachments, places: 1 };
};

/** A multi-link stands in one file. */
function byPath<T extends { readonly path: string }>(
  locations: readonly T[],
): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const location of locations) {
    const group = groups.get(location.path);
    if (group) group.push(location);
    else groups.set(location.path, [location]);
  }
  return [...groups];
}
