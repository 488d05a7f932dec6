/** Tuples and records. */
import { isAggregate, isCastableAggregate, spellType, type Type } from '../../types/index.ts';
import type { Expr, RecordLiteral, Tuple } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, report } from './body.ts';
import { readValue } from './cast-to.ts';
import { checkRaw } from './check-expr.ts';
import { withoutTrust } from './conversion.ts';
import { isUnknown, unknownExpr } from './literals.ts';

/** The members' values; undefined when one is wrong or not known yet. */
function checkMembers(
  body: Body,
  members: readonly Expr[],
  where: 'tuple' | 'record',
): TypedExpr[] | undefined {
  const values = members.map((member) => checkRaw(body, member));
  let isWhole = true;
  for (const value of values) {
    const { type } = value;
    if (isUnknown(value)) isWhole = false;
    else if (isAggregate(type) && !isCastableAggregate(type)) {
      report(body, 'aggregate-in-tuple', value.at, [spellType(type), where]);
      isWhole = false;
    } else if (type.kind === 'none' || type.kind === 'void') {
      report(body, 'builtin-use', value.at, [`${spellType(type)} type cannot exist inside a ${where}.`]);
      isWhole = false;
    }
  }
  return isWhole ? values.map((value) => kept(readValue(value))) : undefined;
}

function kept(value: TypedExpr): TypedExpr {
  const type = withoutTrust(value.type);
  return type === value.type ? value : { ...value, type };
}

function typeOfValue(value: TypedExpr): Type {
  return value.type;
}

export function checkTuple(body: Body, tuple: Tuple): TypedExpr {
  const elements = checkMembers(body, tuple.elements, 'tuple');
  if (!elements) return unknownExpr(tuple.span);
  return {
    kind: 'tuple',
    type: { kind: 'tuple', elements: elements.map(typeOfValue) },
    at: tuple.span,
    elements,
  };
}

export function checkRecord(body: Body, record: RecordLiteral): TypedExpr {
  const values = checkMembers(
    body,
    record.fields.map((field) => field.value),
    'record',
  );
  if (!values) return unknownExpr(record.span);
  const fields = record.fields.map((field, index) => ({
    name: field.name.text,
    type: typeOfValue(values[index] as TypedExpr), // one value per field
  }));
  return { kind: 'record', type: { kind: 'record', fields }, at: record.span, values };
}
