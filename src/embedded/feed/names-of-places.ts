import type { ProbeSpec } from '../../program/index.ts';

/**
 * The canonical names of the places that a probe stands on, as a probe on one of them alone has it: `kprobe:vfs_*` is `kprobe:vfs_read` and others.
 * None for probes that are one place.
 */
export function namesOfPlaces(probe: ProbeSpec): readonly string[] {
  switch (probe.kind) {
    case 'kprobe':
    case 'kretprobe':
      return probe.locations.flatMap(({ function: name, module }) => {
        if (name === undefined) return [];
        return [
          `${probe.kind}:${name}`,
          ...(module === undefined ? [] : [`${probe.kind}:${module}:${name}`]),
        ];
      });
    case 'uprobe':
    case 'uretprobe':
      return probe.locations.flatMap(({ path, symbol }) =>
        symbol === undefined ? [] : [`${probe.kind}:${path}:${symbol}`],
      );
    default:
      return [];
  }
}
