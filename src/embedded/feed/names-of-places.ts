import { kernelPlaceName, type ProbeSpec, userPlaceName } from '../../program/index.ts';

/** The kernel's own functions may be named with this module. */
const VMLINUX = 'vmlinux';

/**
 * The canonical names of the places that a probe stands on, as a probe on one of them alone has it: `kprobe:vfs_*` is `kprobe:vfs_read` and others.
 * None for probes that are one place.
 */
export function namesOfPlaces(probe: ProbeSpec): readonly string[] {
  switch (probe.kind) {
    case 'kprobe':
    case 'kretprobe':
      return probe.locations.flatMap(({ function: name, module = VMLINUX, offset = 0 }) =>
        name === undefined
          ? []
          : [
              kernelPlaceName(probe.kind, { function: name, offset }),
              kernelPlaceName(probe.kind, { module, function: name, offset }),
            ],
      );
    case 'uprobe':
    case 'uretprobe':
      return probe.locations.flatMap(({ path, symbol, offset }) =>
        symbol === undefined ? [] : [userPlaceName(probe.kind, { binary: path, symbol, offset })],
      );
    default:
      return [];
  }
}
