import { attachUprobe as attachAt, attachUprobeMulti, type Prog } from '../../kernel/index.ts';
import type { ProbeOf, UsdtLocation } from '../../program/index.ts';
import { splitArchivePath } from '../archive-path.ts';
import { type Attach, type Attached, attachEach } from './attach.ts';

/** The process of a probe, and whether it stands at the returns of its places. */
interface Scope {
  readonly isReturn: boolean;
  readonly pid?: number;
}

export const attachUprobe: Attach<'uprobe' | 'uretprobe'> = (probe, { prog, pid }) => ({
  attachments: attachToPlaces(probe, prog, scope(probe.kind === 'uretprobe', pid)),
  places: probe.locations.length,
});

/**
 * A static probe is a uprobe whose semaphore the kernel counts up while it stands, in every process of its scope that has the file
 * mapped now or maps it later. (That is what --usdt-file-activation asks for, and cannot be switched off.)
 */
export const attachUsdt: Attach<'usdt'> = (probe, { prog, pid }) => ({
  attachments: attachToPlaces(probe, prog, scope(false, pid)),
  places: probe.probeCount,
});

function scope(isReturn: boolean, pid: number | undefined): Scope {
  return pid === undefined ? { isReturn } : { isReturn, pid };
}

/** One perf event per place, or one multi-link per file. */
function attachToPlaces(
  { locations, via }: Pick<ProbeOf<'usdt'>, 'locations' | 'via'>,
  prog: Prog,
  options: Scope,
): Attached['attachments'] {
  if (via === 'perf') return attachEach(locations, (location) => attachAt(prog, inFile(location), options));
  return attachEach(byPath(locations), ([path, places]) =>
    attachUprobeMulti(
      prog,
      path,
      places.map(({ fileOffset }) => fileOffset),
      {
        ...options,
        ...(places.some(({ semaphoreOffset }) => semaphoreOffset) && {
          semaphoreOffsets: places.map(({ semaphoreOffset }) => semaphoreOffset ?? 0n),
        }),
      },
    ),
  );
}

/** Offsets count from the beginning of the archive already where a location is inside one. */
function inFile(location: UsdtLocation): UsdtLocation {
  return { ...location, path: splitArchivePath(location.path)?.archive ?? location.path };
}

/** A multi-link stands in one file. */
function byPath(locations: readonly UsdtLocation[]): readonly (readonly [string, readonly UsdtLocation[]])[] {
  const groups = new Map<string, UsdtLocation[]>();
  for (const location of locations.map(inFile)) {
    const group = groups.get(location.path);
    if (group) group.push(location);
    else groups.set(location.path, [location]);
  }
  return [...groups];
}
