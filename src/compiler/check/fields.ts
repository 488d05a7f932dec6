/** Members of structs, records and probe arguments, and elements of tuples. */
import { findField, intType, type StructField, spellType, type Type } from '../../types/index.ts';
import { type Element, type Expr, type Field, type Span, suggest } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { spaceOf, withSpace } from './annotations.ts';
import { type Body, fail, report } from './body.ts';
import { castTo } from './cast-to.ts';
import { checkExpr, checkRaw } from './check-expr.ts';
import { isUnknown, unknownExpr } from './literals.ts';
import { isUsableHere } from './usable-here.ts';

/** `object.name`, `object->name` */
export function checkField(body: Body, field: Field): TypedExpr {
  if (isArgs(field.object)) return checkArgsMember(body, field);
  const object = checkExpr(body, field.object);
  return isUnknown(object) ? unknownExpr(field.span) : memberOf(body, object, field.name.text, field.span);
}

/** `args`, also spelled `*args`. */
function isArgs(expr: Expr): boolean {
  if (expr.kind === 'unary' && expr.op === '*') return isArgs(expr.operand);
  return expr.kind === 'builtin' && expr.name === 'args';
}

function checkArgsMember(body: Body, field: Field): TypedExpr {
  const { span } = field;
  const name = field.name.text;
  if (!isUsableHere(body, 'args', field.object.span)) return unknownExpr(span);
  const args = body.probe?.args;
  if (!args) return checkRaw(body, { kind: 'builtin', name: 'args', span: field.object.span });
  const arg = args.field(name);
  if (!arg) {
    const problem = args.problem?.(name);
    if (problem !== undefined) return fail(body, 'param-unreadable', span, [problem]);
    if (body.probe?.kind === 'tracepoint' && name.startsWith('common_')) {
      return fail(body, 'args-common', span, []);
    }
    const hint = (): string | undefined => suggest(name, args.names);
    return body.probe?.kind === 'tracepoint'
      ? fail(body, 'field-missing', span, [args.typeName, name], { hint })
      : fail(body, 'param-missing', span, [name], { hint });
  }
  const type = withSpace(arg.type, spaceOf(arg.type) ?? body.probe?.space);
  return { kind: 'arg', type, at: span, source: arg.source };
}

/** The member of a struct or record value, or of what pointers lead to. */
export function memberOf(body: Body, object: TypedExpr, name: string, at: Span): TypedExpr {
  let base = object;
  while (base.type.kind === 'pointer') base = dereference(base, at);
  if (base.type.kind === 'record') return recordMember(body, base, base.type.fields, name, at);
  if (base.type.kind !== 'struct') return fail(body, 'field-on', at, [name, spellType(base.type)]);
  const { types } = body.program;
  const structName = base.type.name;
  const layout = types.struct(structName);
  if (!layout) {
    const hint = (): string | undefined => types.structHint(structName);
    return fail(body, 'unknown-struct', at, [structName], { hint });
  }
  const field = findField(types, layout, name);
  if (!field) {
    const hint = (): string | undefined => suggest(name, fieldNames(body, layout.fields));
    return fail(body, 'field-missing', at, [structName, name], { hint });
  }
  const type = memberType(body, base, field, at);
  if (!type) return unknownExpr(at);
  const member: TypedExpr = {
    kind: 'field',
    type,
    at,
    base,
    name,
    offset: field.offset,
    ...(field.bitfield ? { bitfield: field.bitfield } : {}),
    ...(field.location ? { location: field.location } : {}),
  };
  if (field.bitfield) return withoutSign(member);
  // Text of the script's own structs may fill its array to the end: it gets an end of its own.
  if (type.kind === 'string' && types.isScriptStruct(structName)) {
    return castTo(member, withSpace({ kind: 'string', size: type.size + 1 }, spaceOf(type)));
  }
  return member;
}

/** The bits of a bit-field are a number without a sign, whatever its type says; a signed type keeps them as they are. */
function withoutSign(member: TypedExpr): TypedExpr {
  const { type } = member;
  if (type.kind !== 'int' || !type.signed) return member;
  return castTo({ ...member, type: withSpace(intType(type.size, false), spaceOf(type)) }, type);
}

/** What a pointer leads to. */
export function dereference(pointer: TypedExpr, at: Span): TypedExpr {
  if (pointer.type.kind !== 'pointer') return pointer;
  return { kind: 'deref', type: withSpace(pointer.type.to, pointer.type.space), at, pointer };
}

/** A pointer fetched from user memory leads to user memory, and so on; a tag of the kernel's says more. */
function memberType(body: Body, base: TypedExpr, field: StructField, at: Span): Type | undefined {
  const space = spaceOf(base.type);
  if (field.type.kind === 'none') {
    report(body, 'field-type', at, [field.name]);
    return undefined;
  }
  if (field.type.kind !== 'pointer' || field.tag === undefined || field.tag === 'rcu') {
    return withSpace(field.type, space);
  }
  if (field.tag === 'user') return withSpace(field.type, 'user');
  report(body, 'field-tag', at, [field.name, field.tag]);
  return undefined;
}

function recordMember(
  body: Body,
  base: TypedExpr,
  fields: readonly { readonly name: string; readonly type: Type }[],
  name: string,
  at: Span,
): TypedExpr {
  const index = fields.findIndex((field) => field.name === name);
  const field = fields[index];
  if (!field) {
    const hint = (): string | undefined =>
      suggest(
        name,
        fields.map((candidate) => candidate.name),
      );
    return fail(body, 'record-field-missing', at, [name], { hint });
  }
  const known = base.kind === 'record' ? base.values[index] : undefined;
  return known && isConstant(known) ? known : { kind: 'element', type: field.type, at, base, index };
}

function isConstant(expr: TypedExpr): boolean {
  return expr.kind === 'int' || expr.kind === 'string';
}

/** Names of the members, those of anonymous ones included. */
function* fieldNames(body: Body, fields: readonly StructField[]): Generator<string> {
  for (const field of fields) {
    if (field.name !== '') yield field.name;
    else if (field.type.kind === 'struct') {
      yield* fieldNames(body, body.program.types.struct(field.type.name)?.fields ?? []);
    }
  }
}

/** `object.N` */
export function checkElement(body: Body, element: Element): TypedExpr {
  const object = checkExpr(body, element.object);
  if (isUnknown(object)) return unknownExpr(element.span);
  return elementOf(body, object, element.index.value, element.span);
}

/** Element number `index` of a tuple. */
export function elementOf(body: Body, object: TypedExpr, index: bigint, at: Span): TypedExpr {
  if (object.type.kind !== 'tuple') return fail(body, 'element-on', at, [index, spellType(object.type)]);
  const { elements } = object.type;
  const type = elements[Number(index)];
  if (!type) return fail(body, 'element-range', at, [index, elements.length]);
  const known = object.kind === 'tuple' ? object.elements[Number(index)] : undefined;
  if (known && isConstant(known)) return known;
  return { kind: 'element', type, at, base: object, index: Number(index) };
}
