import type { Type } from '../../../types/index.ts';
import { uint64 } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isIntegerOrPointer } from '../kind-word.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';

/** `args[0]`: the address, uint64. */
function symbol(type: Type) {
  return (use: BuiltinUse): TypedExpr => {
    const address = use.value(0);
    if (use.failed(address)) return address;
    if (!isIntegerOrPointer(address.type))
      return use.error(`${use.name}() expects an integer or pointer argument`);
    return use.call(type, [use.cast(address, uint64)]);
  };
}

/** `attrs.mode`: how the function is found, as `ResolvedProbe.func`. */
function checkFunc(use: BuiltinUse): TypedExpr {
  const how = use.probe?.func;
  if (!how)
    return use.error(`The func builtin can not be used with '${use.probe?.kind ?? 'function'}' probes`);
  if (how === 'helper' && !use.target.has('get-func-ip')) {
    return use.error(
      "BPF_FUNC_get_func_ip not available for your kernel version. Consider using the 'probe' builtin instead.",
    );
  }
  const kind = how === 'user-ip' || how === 'user-helper' ? 'usym' : 'ksym';
  return use.call({ kind }, [], { mode: how });
}

export const symbolBuiltins = {
  ksym: {
    form: 'function',
    signature: ['ksym_t ksym(uint64 address)'],
    doc: 'A kernel address, shown as its symbol.',
    async: true,
    arity: [1, 1],
    check: symbol({ kind: 'ksym' }),
  },
  usym: {
    form: 'function',
    signature: ['usym_t usym(uint64 address)'],
    doc: 'An address of the current process, shown as its symbol.',
    async: true,
    arity: [1, 1],
    check: symbol({ kind: 'usym' }),
  },
  func: {
    form: 'both',
    macro: true,
    signature: ['ksym_t func', 'usym_t func'],
    doc: 'The traced function.',
    needsCtx: true,
    arity: [0, 0],
    values: ({ functions }) => functions,
    check: checkFunc,
  },
} as const satisfies Record<string, BuiltinRow>;
