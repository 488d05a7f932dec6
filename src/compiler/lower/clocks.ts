import type { ValueId } from '../ir/index.ts';
import type { FuncContext } from './func-context.ts';
import { runtimeConstant } from './runtime-constants.ts';

/** Nanoseconds since boot, suspended time included where the kernel can tell. */
export function bootNow(f: FuncContext): ValueId {
  const helper = f.prog.program.target.has('ktime-get-boot-ns') ? 'ktime_get_boot_ns' : 'ktime_get_ns';
  return f.b.call(helper, [], 'reads');
}

/** Atomic time by the boot clock and an offset that the runtime measures. */
export function taiNow(f: FuncContext): ValueId {
  return f.b.binary('add', bootNow(f), runtimeConstant(f, 'sw-tai-offset-ns'));
}
