import type { Lowering } from './lowering.ts';

export const cgroupLowerings = {
  cgroup: { gives: 'scalar', lower: ({ b }) => b.call('get_current_cgroup_id', [], 'stable') },
  cgroup_path: { gives: 'scalar', lower: (lower, call) => lower.scalar(call.args[0]!) },
} as const satisfies Record<string, Lowering>;
