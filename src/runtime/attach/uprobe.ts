import { attachUprobe as attachAt, attachUprobeMulti } from '../../kernel/index.ts';
import { splitArchivePath } from '../archive-path.ts';
import { type Attach, attachEach } from './attach.ts';

export const attachUprobe: Attach<'uprobe' | 'uretprobe'> = (probe, { prog, pid }) => {
  const options = { isReturn: probe.kind === 'uretprobe', ...(pid === undefined ? {} : { pid }) };
  const places = probe.locations.length;
  if (probe.via === 'perf') {
    return {
      attachments: attachEach(probe.locations, (location) => attachAt(prog, inFile(location), options)),
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

/**
 * A static probe is a uprobe whose semaphore the kernel counts up while it stands, in every process of its scope that has the file
 * mapped now or maps it later. (That is what --usdt-file-activation asks for, and cannot be switched off.)
 */
export const attachUsdt: Attach<'usdt'> = (probe, { prog, pid }) => {
  const scope = pid === undefined ? {} : { pid };
  const places = probe.probeCount;
  if (probe.via === 'perf') {
    return {
      attachments: attachEach(probe.locations, (location) => attachAt(prog, inFile(location), scope)),
      places,
    };
  }
  const attachments = attachEach(byPath(probe.locations), ([path, locations]) =>
    attachUprobeMulti(
      prog,
      path,
      locations.map(({ fileOffset }) => fileOffset),
      { ...scope, semaphoreOffsets: locations.map(({ semaphoreOffset }) => semaphoreOffset ?? 0n) },
    ),
  );
  return { attachments, places };
};

/** Offsets count from the beginning of the archive already where a location is inside one. */
function inFile<T extends { readonly path: string }>(location: T): T {
  return { ...location, path: splitArchivePath(location.path)?.archive ?? location.path };
}

/** A multi-link stands in one file. */
function byPath<T extends { readonly path: string }>(
  locations: readonly T[],
): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const location of locations.map(inFile)) {
    const group = groups.get(location.path);
    if (group) group.push(location);
    else groups.set(location.path, [location]);
  }
  return [...groups];
}
