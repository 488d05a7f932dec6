import { uint64 } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { integerArgument, plain, stringLiteral } from './arguments.ts';

function checkCgroupid(use: BuiltinUse): TypedExpr {
  const path = stringLiteral(use, 0);
  if (path === undefined) return use.unknown();
  const id = use.target.cgroupId(path);
  return id === undefined
    ? use.error(`cgroupid(): cannot read the id of '${path}': is it a directory of a cgroup v2 hierarchy?`)
    : use.int(id, uint64);
}

/** `args[0]`: the cgroup id, uint64. The filter is in the type. */
function checkCgroupPath(use: BuiltinUse): TypedExpr {
  const id = integerArgument(use, 0);
  const filter = use.args.length > 1 ? stringLiteral(use, 1) : '';
  if (!id || filter === undefined) return use.unknown();
  return use.call({ kind: 'cgroupPath', filter }, [use.cast(id, uint64)]);
}

export const cgroupBuiltins = {
  cgroup: {
    form: 'both',
    macro: true,
    signature: ['uint64 cgroup'],
    doc: 'The id of the cgroup (v2) of the current task.',
    arity: [0, 0],
    check: plain(uint64),
  },
  cgroupid: {
    form: 'function',
    longText: true,
    signature: ['uint64 cgroupid(const string path)'],
    doc: 'The id of a cgroup (v2) directory.',
    folds: true,
    arity: [1, 1],
    check: checkCgroupid,
  },
  cgroup_path: {
    form: 'function',
    signature: [
      'cgroup_path_t cgroup_path(int id)',
      'cgroup_path_t cgroup_path(int id, const string filter)',
    ],
    doc: 'A cgroup id, shown as its path in the mounted hierarchies.',
    async: true,
    arity: [1, 2],
    check: checkCgroupPath,
  },
} as const satisfies Record<string, BuiltinRow>;
