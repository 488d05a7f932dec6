import { struct, u64 } from '../../base/index.ts';
import { syscall } from './ffi.ts';

const RLIMIT_MEMLOCK = 8;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
const rlimit64 = struct('rlimit64', { rlim_cur: u64, rlim_max: u64 });

/**
 * Lifts this process's limit on locked memory, as far as it may.
 *
 * @returns whether the limit is higher than before.
 */
export function raiseMemlockLimit(): boolean {
  const old = rlimit64.encode({});
  if (syscall('prlimit64', [0, RLIMIT_MEMLOCK, null, old]) < 0) return false;
  const { rlim_cur: current, rlim_max: max } = rlimit64.decode(old);
  if (current === RLIM_INFINITY) return false;
  const all = rlimit64.encode({ rlim_cur: RLIM_INFINITY, rlim_max: RLIM_INFINITY });
  if (syscall('prlimit64', [0, RLIMIT_MEMLOCK, all, null]) >= 0) return true;
  // Without CAP_SYS_RESOURCE only up to the hard limit.
  if (current >= max) return false;
  return (
    syscall('prlimit64', [0, RLIMIT_MEMLOCK, rlimit64.encode({ rlim_cur: max, rlim_max: max }), null]) >= 0
  );
}
