import type { HelperCall } from './call.ts';

/** Clocks and chance. */
export const timeCalls = {
  ktime_get_ns: (core) => core.returnBig(core.environment.now('monotonic')),
  ktime_get_boot_ns: (core) => core.returnBig(core.environment.now('boot')),
  ktime_get_tai_ns: (core) => core.returnBig(core.environment.now('tai')),
  ktime_get_coarse_ns: (core) => core.returnBig(core.environment.now('coarse')),
  jiffies64: (core) => core.returnBig(core.environment.now('jiffies')),
  get_prandom_u32: (core) => core.returnUnsigned(core.environment.random()),
} as const satisfies Record<string, HelperCall>;
