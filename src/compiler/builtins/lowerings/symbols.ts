import { archFacts } from '../../../program/index.ts';
import type { ValueId } from '../../ir/index.ts';
import type { Lower, Lowering } from './lowering.ts';
import type { Place } from './place.ts';
import { currentPid } from './process.ts';

/** u64 address, i32 pid, i32 probe. */
function storeUserSymbol(lower: Lower, address: ValueId, to: Place): void {
  const { b } = lower;
  b.store(8, to.base, address, to.off);
  b.store(4, to.base, currentPid(lower, 'curr_ns'), to.off + 8);
  b.store(4, to.base, b.const(lower.probeId), to.off + 12);
}

/** Where the probe stands: the instruction, or the function that it is the entry or the return of. `how`: as in `ResolvedProbe.func`. */
export function probeAddress(lower: Lower, how: string | undefined): ValueId {
  const { b } = lower;
  const { instructionPointer, registers } = archFacts(lower.target.arch);
  if (how === 'helper' || how === 'user-helper') return b.call('get_func_ip', [lower.ctx()], 'stable');
  return b.load(8, lower.ctx(), registers[instructionPointer] ?? 0);
}

export const symbolLowerings = {
  ksym: { gives: 'scalar', lower: (lower, call) => lower.scalar(call.args[0]!) },
  usym: {
    gives: 'memory',
    lower: (lower, call, to) => storeUserSymbol(lower, lower.scalar(call.args[0]!), to),
  },
  func: {
    // A kernel symbol is a number, a user one is not.
    gives: 'either',
    scalar: (lower, call) => probeAddress(lower, call.attrs.mode),
    memory: (lower, call, to) => storeUserSymbol(lower, probeAddress(lower, call.attrs.mode), to),
  },
} as const satisfies Record<string, Lowering>;
