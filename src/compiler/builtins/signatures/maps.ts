import { bool, int64, type Type } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { BuiltinRow, BuiltinUse, MapUse } from '../row.ts';

/** `args[0]`: the key, absent for a scalar map. `attrs.map`: the map. */
function checkDelete(use: BuiltinUse): TypedExpr {
  const map = use.map(0);
  if (!map) return use.unknown();
  if (use.args.length === 1) {
    if (map.scalar) return use.call(bool, [], { map: map.index });
    return use.error(
      'call to delete() with a single argument expects a map without explicit keys (scalar map)',
    );
  }
  if (map.scalar) {
    return use.error('call to delete() with two arguments expects a map with explicit keys (non-scalar map)');
  }
  return keyedCall(use, map, bool);
}

/** `args[0]`: the key. `attrs.map`: the map. */
function checkHasKey(use: BuiltinUse): TypedExpr {
  const map = use.map(0);
  return map ? keyedCall(use, map, bool) : use.unknown();
}

/** `args[0]`: the key. `attrs.map`: the map. `attrs.local`: the variable that receives the value. */
function checkFind(use: BuiltinUse): TypedExpr {
  const map = use.map(0);
  if (!map) return use.unknown();
  if (map.scalar) return use.error(scalarMessage(use));
  const key = use.key(map, 1);
  const local = use.variable(2, map.value);
  if (!key || use.failed(key) || local === undefined) return use.unknown();
  return use.call(bool, [key], { map: map.index, local });
}

function keyedCall(use: BuiltinUse, map: MapUse, result: Type): TypedExpr {
  if (map.scalar) return use.error(scalarMessage(use));
  const key = use.key(map, 1);
  return !key || use.failed(key) ? use.unknown() : use.call(result, [key], { map: map.index });
}

function scalarMessage(use: BuiltinUse): string {
  return `call to ${use.name}() expects a map with explicit keys (non-scalar map)`;
}

/** A map in `attrs.map`, or a stack in `args[0]`. */
function checkLen(use: BuiltinUse): TypedExpr {
  if (use.isMap(0)) {
    const map = use.map(0);
    if (!map) return use.unknown();
    return map.scalar ? use.error(scalarMessage(use)) : use.call(int64, [], { map: map.index });
  }
  const value = use.value(0);
  if (use.failed(value)) return value;
  if (value.type.kind !== 'kstack' && value.type.kind !== 'ustack') {
    return use.error('call to len() expects a map, ustack, or kstack');
  }
  return use.call(int64, [value]);
}

function checkIsScalar(use: BuiltinUse): TypedExpr {
  const map = use.map(0);
  return map ? use.bool(map.scalar) : use.unknown();
}

export const mapBuiltins = {
  delete: {
    form: 'function',
    macro: true,
    signature: ['bool delete(@map, key)', 'bool delete(@scalar)'],
    doc: 'Removes a key; true if it was there.',
    splitsAccess: true,
    arity: [1, 2],
    check: checkDelete,
  },
  has_key: {
    form: 'function',
    macro: true,
    signature: ['bool has_key(@map, key)'],
    doc: 'Whether a map has a key.',
    arity: [2, 2],
    check: checkHasKey,
  },
  find: {
    form: 'function',
    macro: true,
    signature: ['bool find(@map, key, $variable)'],
    doc: 'Looks a key up once: on a hit stores its value in the variable and is true.',
    arity: [3, 3],
    check: checkFind,
  },
  len: {
    form: 'function',
    macro: true,
    signature: ['int64 len(@map)', 'int64 len(stack)'],
    doc: 'The number of entries of a map, or of frames of a stack.',
    arity: [1, 1],
    check: checkLen,
  },
  is_scalar: {
    form: 'function',
    macro: true,
    signature: ['bool is_scalar(@map)'],
    doc: 'Whether a map is used without keys; known while compiling.',
    folds: true,
    arity: [1, 1],
    check: checkIsScalar,
  },
} as const satisfies Record<string, BuiltinRow>;
