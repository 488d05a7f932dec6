import { errnos } from '../../base/index.ts';
import { MAX_LOOPS } from '../core.ts';
import type { HelperCall } from './call.ts';

export const loopCalls = {
  /** bpf_loop(count, callback(index, ctx), ctx, flags): rounds made. Source: kernel/bpf/bpf_iter.c. */
  loop(core) {
    const { words } = core;
    const call = core.callback(2, 'loop');
    const count = core.low(1) >>> 0;
    const ctxLow = core.low(3);
    const ctxHigh = core.high(3);
    if (!core.isZero(4)) return core.return(-errnos.EINVAL.number);
    // The verifier puts the loop in place of the call, and its version answers with 32 bits (inline_bpf_loop).
    if (core.high(1) !== 0 || count > MAX_LOOPS) return core.returnUnsigned(-errnos.E2BIG.number);
    for (let index = 0; index < count; index++) {
      words[2] = index;
      words[3] = 0;
      words[4] = ctxLow;
      words[5] = ctxHigh;
      words.fill(0, 6, 12);
      call();
      if ((words[0]! | words[1]!) !== 0) return core.return(index + 1);
    }
    core.return(count);
  },
} as const satisfies Record<string, HelperCall>;
