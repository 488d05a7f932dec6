import type { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import type { BtfId, BtfType } from './type.ts';

/**
 * The types that can be reached from some, as BTF of their own: whatever lies inside of them, and what pointers lead to, so many pointers far. Structs
 * and unions that are farther keep their names only.
 *
 *     task_struct ──▶ signal_struct ──▶ tty_struct ──▶ (struct tty_port;)
 *     0               1                 2               3 > maxPointers
 */
export function subsetBtf(btf: Btf, roots: readonly BtfId[], maxPointers: number): Uint8Array {
  const distances = distancesFrom(btf, roots, maxPointers);
  const ids = [...distances.keys()].sort((a, b) => a - b);
  const numbers = new Map(ids.map((id, index) => [id, index + 1]));
  const renamed = (id: BtfId): BtfId => numbers.get(id) ?? 0;
  const builder = new BtfBuilder();
  for (const id of ids) {
    const type = btf.type(id);
    const isFar = (distances.get(id) ?? 0) > maxPointers;
    const kept = isFar ? nameOnly(type) : type;
    builder.add(withIds(kept, renamed));
  }
  return builder.finish();
}

/** How many pointers away each type is; types farther than `maxPointers` + 1 are left out. */
function distancesFrom(btf: Btf, roots: readonly BtfId[], maxPointers: number): ReadonlyMap<BtfId, number> {
  const distances = new Map<BtfId, number>();
  let here: BtfId[] = [...roots];
  for (let distance = 0; here.length > 0; distance++) {
    const behindPointers: BtfId[] = [];
    for (let id = here.pop(); id !== undefined; id = here.pop()) {
      if (id === 0 || distances.has(id)) continue;
      distances.set(id, distance);
      const type = btf.type(id);
      if (distance > maxPointers) {
        // Only its name is kept, but what a typedef or an array stands on has to be there.
        if (
          type.kind !== 'struct' &&
          type.kind !== 'union' &&
          type.kind !== 'func_proto' &&
          type.kind !== 'ptr'
        )
          here.push(...partsOf(type));
      } else if (type.kind === 'ptr') behindPointers.push(type.type);
      else here.push(...partsOf(type));
    }
    here = behindPointers;
  }
  return distances;
}

/** The types that a type is made of. */
function partsOf(type: BtfType): readonly BtfId[] {
  switch (type.kind) {
    case 'array':
      return [type.type, type.indexType];
    case 'struct':
    case 'union':
      return type.members.map((member) => member.type);
    case 'func_proto':
      return [type.returns, ...type.params.map((param) => param.type)];
    case 'ptr':
    case 'typedef':
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'type_tag':
    case 'func':
      return [type.type];
    default:
      return [];
  }
}

function nameOnly(type: BtfType): BtfType {
  switch (type.kind) {
    case 'struct':
    case 'union':
      return { kind: 'fwd', name: type.name, of: type.kind };
    case 'func_proto':
      return { kind: 'func_proto', returns: 0, params: [], variadic: false };
    case 'ptr':
      return { kind: 'ptr', type: 0 };
    default:
      return type;
  }
}

function withIds(type: BtfType, renamed: (id: BtfId) => BtfId): BtfType {
  switch (type.kind) {
    case 'array':
      return { ...type, type: renamed(type.type), indexType: renamed(type.indexType) };
    case 'struct':
    case 'union':
      return { ...type, members: type.members.map((member) => ({ ...member, type: renamed(member.type) })) };
    case 'func_proto':
      return {
        ...type,
        returns: renamed(type.returns),
        params: type.params.map((param) => ({ ...param, type: renamed(param.type) })),
      };
    case 'ptr':
    case 'typedef':
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'type_tag':
    case 'func':
      return { ...type, type: renamed(type.type) };
    default:
      return type;
  }
}
