import type { CallExpr, Lower, Lowering } from './lowering.ts';

/** len(): entries of a map, or frames of a stack value, whose count stands before them. */
function lowerLen(lower: Lower, call: CallExpr) {
  const [stack] = call.args;
  if (stack === undefined) return lower.countKeys(call.attrs.map ?? 0, call.at);
  const place = lower.memory(stack);
  return lower.b.load(8, place.base, place.off + (stack.type.kind === 'ustack' ? 8 : 0));
}

export const mapLowerings = {
  delete: {
    gives: 'scalar',
    lower: (lower, call) => lower.deleteKey(call.attrs.map ?? 0, call.args[0], call.at),
  },
  has_key: {
    gives: 'scalar',
    lower: (lower, call) => lower.hasKey(call.attrs.map ?? 0, call.args[0], call.at),
  },
  find: {
    gives: 'scalar',
    lower: (lower, call) => lower.find(call.attrs.map ?? 0, call.args[0], call.attrs.local ?? 0),
  },
  len: { gives: 'scalar', lower: lowerLen },
} as const satisfies Record<string, Lowering>;
