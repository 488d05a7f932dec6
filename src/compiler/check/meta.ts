/** Questions about types, answered while compiling: sizeof, offsetof, typeinfo. */
import { findField, none, sizeOf, spellType, type Type, uint64 } from '../../types/index.ts';
import { kindWord } from '../builtins/index.ts';
import {
  type Name,
  type Offsetof,
  type Sizeof,
  type Span,
  suggest,
  type Typeinfo,
} from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail } from './body.ts';
import { constant, stringLiteral, unknownExpr } from './literals.ts';
import { assignsMap, typeOf } from './type-names.ts';
import { isStable } from './unstable.ts';

export function checkSizeof(body: Body, node: Sizeof): TypedExpr {
  if (assignsMap(body, node.of, 'sizeof')) return unknownExpr(node.span);
  const type = typeOf(body, node.of);
  if (!type) return unknownExpr(node.span);
  return constant(BigInt(sizeOf(type, body.program.types)), uint64, node.span);
}

export function checkOffsetof(body: Body, node: Offsetof): TypedExpr {
  if (assignsMap(body, node.of, 'offsetof')) return unknownExpr(node.span);
  const type = typeOf(body, node.of);
  return type ? offsetOf(body, type, node.path, node.span) : unknownExpr(node.span);
}

/** Bytes from the start of a struct to a member of a member of it. */
export function offsetOf(body: Body, type: Type, path: readonly Name[], at: Span): TypedExpr {
  const { types } = body.program;
  let current = type;
  let offset = 0;
  for (const name of path) {
    if (current.kind !== 'struct') return fail(body, 'offsetof-type', at, [spellType(current)]);
    const layout = types.struct(current.name);
    if (!layout) return fail(body, 'missing-type', at, [current.name]);
    const field = findField(types, layout, name.text);
    if (!field) {
      const hint = (): string | undefined =>
        suggest(
          name.text,
          layout.fields.map((candidate) => candidate.name),
        );
      return fail(body, 'offsetof-field', at, [current.name, name.text], { hint });
    }
    if (field.bitfield) return fail(body, 'offsetof-bitfield', at, [name.text]);
    offset += field.offset;
    current = field.type;
  }
  return constant(BigInt(offset), uint64, at);
}

/** A record of the BTF id (0 for types of the language), the kind and the spelling of a type. */
export function checkTypeinfo(body: Body, node: Typeinfo): TypedExpr {
  if (!isStable(body, { config: 'unstable_typeinfo', feature: 'typeinfo' }, node.span))
    return unknownExpr(node.span);
  if (assignsMap(body, node.of)) return unknownExpr(node.span);
  const type = typeOf(body, node.of);
  if (!type) return unknownExpr(node.span);
  const values = [
    constant(0n, uint64, node.span),
    stringLiteral(kindWord(type), node.span),
    stringLiteral(spellType(type), node.span),
  ];
  const fields = ['btf_id', 'base_type', 'full_type'].map((name, index) => ({
    name,
    type: values[index]?.type ?? none,
  }));
  return { kind: 'record', type: { kind: 'record', fields }, at: node.span, values };
}
