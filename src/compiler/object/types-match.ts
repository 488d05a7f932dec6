/**
 * Whether a type of C is one that the kernel has in the same form (bpf_core_type_matches): by names, sizes and signs, with no more members than
 * there. Behind pointers only kinds and names of structs count.
 *
 * Source: tools/lib/bpf/relo_core.c, __bpf_core_types_match.
 */
import type { Btf, BtfId, BtfType } from '../../btf/index.ts';
import { essentialName } from './essential-name.ts';

/** Types nested deeper count as other ones. */
const MAX_DEPTH = 32;

export function typesMatch(
  own: Btf,
  ownId: BtfId,
  kernel: Btf,
  kernelId: BtfId,
  isPointedTo = false,
  depth = 0,
): boolean {
  if (depth > MAX_DEPTH) return false;
  const [left, right] = [own.resolved(ownId), kernel.resolved(kernelId)];
  const areAlike = (a: BtfId, b: BtfId, behindPointer: boolean): boolean =>
    typesMatch(own, a, kernel, b, behindPointer, depth + 1);
  if (!haveSameName(left, right)) return false;
  switch (left.kind) {
    case 'void':
      return right.kind === 'void';
    case 'fwd':
      if (right.kind === 'fwd') return left.of === right.of;
      return isPointedTo && right.kind === left.of;
    case 'enum':
    case 'enum64': {
      if (right.kind !== 'enum' && right.kind !== 'enum64') return false;
      const names = new Set(right.values.map(({ name }) => essentialName(name)));
      return left.size === right.size && left.values.every(({ name }) => names.has(essentialName(name)));
    }
    case 'struct':
    case 'union':
      if (isPointedTo && right.kind === 'fwd') return right.of === left.kind;
      if (right.kind !== left.kind) return false;
      return (
        isPointedTo ||
        left.members.every((member) =>
          right.members.some(
            (other) => other.name === member.name && areAlike(member.type, other.type, isPointedTo),
          ),
        )
      );
    case 'int':
      return right.kind === 'int' && left.size === right.size && left.signed === right.signed;
    case 'ptr':
      return right.kind === 'ptr' && areAlike(left.type, right.type, true);
    case 'array':
      return (
        right.kind === 'array' && left.length === right.length && areAlike(left.type, right.type, isPointedTo)
      );
    case 'func_proto':
      return (
        right.kind === 'func_proto' &&
        left.params.length === right.params.length &&
        left.params.every((param, index) =>
          areAlike(param.type, right.params[index]?.type ?? 0, isPointedTo),
        ) &&
        areAlike(left.returns, right.returns, isPointedTo)
      );
    default:
      return false;
  }
}

function haveSameName(left: BtfType, right: BtfType): boolean {
  const nameOf = (type: BtfType): string => ('name' in type ? essentialName(type.name) : '');
  return nameOf(left) === nameOf(right);
}
