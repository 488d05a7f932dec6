import type { Target } from '../../program/index.ts';
import {
  type AddressSpace,
  bool,
  int64,
  pointerTo,
  type StructTable,
  type Type,
  uint8,
  uint64,
  voidType,
} from '../../types/index.ts';
import type {
  BuiltinSettings,
  BuiltinUse,
  MapUse,
  MessageOptions,
  NamedParamDefault,
} from '../builtins/index.ts';
import type { Call, Expr, Span } from '../language/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import type { CallAttrs, CompareOp, LocalIndex, TypedExpr } from '../typed/index.ts';
import { spaceOf, withSpace } from './annotations.ts';
import { type Body, fail, report } from './body.ts';
import { castTo, readValue, retyped } from './cast-to.ts';
import { defaultSpace } from './casts.ts';
import { checkRaw } from './check-expr.ts';
import { withoutTrust } from './conversion.ts';
import { memberOf } from './fields.ts';
import { foldTyped } from './fold-typed.ts';
import { boolLiteral, constant, isIntLiteral, isUnknown, stringLiteral, unknownExpr } from './literals.ts';
import { shownName } from './macros.ts';
import { checkKey, suggestMap, useMap } from './maps.ts';
import { offsetOf } from './meta.ts';
import { compatible } from './promotion.ts';
import { isTypeExpr, resolveType, typeOf } from './type-names.ts';
import { declareTemporary, findVariable, reportVariableType } from './variables.ts';

/** A use of a builtin in a body. Arguments are typed when a row first asks for them, once. */
export class CheckedUse implements BuiltinUse {
  readonly name: string;
  readonly at: Span;
  readonly called: boolean;
  readonly args: Call['args'];
  readonly #body: Body;
  readonly #typed = new Map<number, TypedExpr>();
  readonly #hasLongText: boolean;

  constructor(
    body: Body,
    use: {
      readonly name: string;
      readonly at: Span;
      readonly called: boolean;
      readonly args: Call['args'];
      readonly longText: boolean;
    },
  ) {
    this.#body = body;
    this.name = use.name;
    this.at = use.at;
    this.called = use.called;
    this.args = use.args;
    this.#hasLongText = use.longText;
  }

  get probe(): ResolvedProbe | undefined {
    return this.#body.probe;
  }

  get inLoop(): boolean {
    return this.#body.loops.length > 0;
  }

  get target(): Target {
    return this.#body.program.target;
  }

  get settings(): BuiltinSettings {
    return this.#body.program.settings;
  }

  get structs(): StructTable {
    return this.#body.program.types;
  }

  value(index: number): TypedExpr {
    return readValue(this.raw(index));
  }

  raw(index: number): TypedExpr {
    const known = this.#typed.get(index);
    if (known) return known;
    const typed = this.#check(index);
    this.#typed.set(index, typed);
    return typed;
  }

  #check(index: number): TypedExpr {
    const arg = this.#expression(index);
    if (!arg) return this.error(`${this.name}() expects a value, not a type`, { at: this.argSpan(index) });
    if (index !== 0 || !this.#hasLongText) return checkRaw(this.#body, arg);
    this.#body.isLongTextAllowed = true;
    const typed = checkRaw(this.#body, arg);
    this.#body.isLongTextAllowed = false;
    return typed;
  }

  #expression(index: number): Expr | undefined {
    const arg = this.args[index];
    return arg && !isTypeExpr(arg) ? arg : undefined;
  }

  constant(index: number): bigint | undefined {
    const value = this.raw(index);
    return value.kind === 'int' && value.type.kind === 'int' ? value.value : undefined;
  }

  truth(index: number): boolean | undefined {
    const value = foldTyped(this.raw(index));
    return value?.kind === 'int' ? value.value !== 0n : undefined;
  }

  text(index: number): string | undefined {
    const value = this.raw(index);
    return value.kind === 'string' ? value.value : undefined;
  }

  literalText(index: number): string | undefined {
    const arg = this.#expression(index);
    if (!arg) return undefined;
    // `str($1 + n)`: the parameter's text behind its first n characters.
    const isText =
      arg.kind === 'positional' ||
      (arg.kind === 'binary' && arg.op === '+' && arg.left.kind === 'positional');
    if (isText) this.#body.isPositionalText = true;
    const typed = this.raw(index);
    this.#body.isPositionalText = false;
    if (typed.kind === 'string') return typed.value;
    return isIntLiteral(typed) ? typed.value.toString() : undefined;
  }

  word(index: number): string | undefined {
    const arg = this.args[index];
    return arg?.kind === 'identifier' ? arg.name : undefined;
  }

  argSpan(index: number): Span {
    return this.args[index]?.span ?? this.at;
  }

  type(index: number): Type | undefined {
    const arg = this.args[index];
    if (!arg) return undefined;
    return isTypeExpr(arg) ? resolveType(this.#body, arg) : typeOf(this.#body, arg);
  }

  map(index: number): MapUse | undefined {
    const arg = this.args[index];
    if (arg?.kind !== 'map') {
      this.error(`${this.name}() expects a map argument`, { at: this.argSpan(index) });
      return undefined;
    }
    const map = useMap(this.#body, arg);
    if (!map) return undefined;
    if (!map.isWritten && !map.value && this.name !== 'find') {
      report(this.#body, 'undefined-map', arg.span, [map.name], { hint: () => suggestMap(this.#body, map) });
      return undefined;
    }
    return {
      index: map.index,
      name: map.name,
      at: arg.span,
      scalar: map.scalar,
      key: map.key,
      value: map.value,
    };
  }

  isMap(index: number): boolean {
    return this.args[index]?.kind === 'map';
  }

  key(map: MapUse, index: number): TypedExpr | undefined {
    const state = this.#body.program.inference.map(map.name);
    const arg = this.#expression(index);
    return state && arg && checkKey(this.#body, state, arg, this.at);
  }

  variable(index: number, holds: Type | undefined): LocalIndex | undefined {
    const arg = this.args[index];
    if (arg?.kind !== 'variable') {
      this.error(`${this.name}() expects a variable argument`, { at: this.argSpan(index) });
      return undefined;
    }
    const variable = findVariable(this.#body, arg.name);
    if (!variable) {
      report(this.#body, 'undefined-variable', arg.span, [shownName(arg.name)]);
      return undefined;
    }
    variable.isAssigned = true;
    if (!holds) return variable.index;
    const place =
      variable.fixed ?? this.#body.program.inference.growVariable(this.#body.id, variable.declaration, holds);
    if (place && compatible(holds, place)) return variable.index;
    reportVariableType(this.#body, variable, holds, this.at);
    return undefined;
  }

  namedParam(
    name: string,
    type: Type,
    fallback: NamedParamDefault | undefined,
    description: string,
  ): TypedExpr {
    const param = this.#body.program.namedParams.use(name, type, fallback, description);
    if (param === undefined) return fail(this.#body, 'getopt-differs', this.at, [name]);
    return { kind: 'named-param', type, at: this.at, param };
  }

  error(message: string, options: MessageOptions = {}): TypedExpr {
    report(this.#body, 'builtin-use', options.at ?? this.at, [message], { hint: options.hint });
    return unknownExpr(this.at);
  }

  warn(message: string, options: MessageOptions = {}): void {
    report(this.#body, 'builtin-warning', options.at ?? this.at, [message], { hint: options.hint });
  }

  failed(expr: TypedExpr): boolean {
    return isUnknown(expr);
  }

  unknown(): TypedExpr {
    return unknownExpr(this.at);
  }

  cast(expr: TypedExpr, type: Type): TypedExpr {
    return castTo(expr, type);
  }

  address(expr: TypedExpr): TypedExpr {
    if (isUnknown(expr)) return expr;
    const space = spaceOf(expr.type) ?? defaultSpace(this.#body);
    if (space === 'none') report(this.#body, 'address-space-unset', undefined, []);
    return expr.type.kind === 'pointer' ? expr : castTo(expr, pointerTo(voidType, space));
  }

  bytes(expr: TypedExpr): TypedExpr {
    // Text that was given an end of its own: the bytes are those without.
    if (expr.kind === 'cast' && expr.type.kind === 'string') return this.bytes(expr.operand);
    const isInMemory =
      expr.kind === 'field' || expr.kind === 'index' || expr.kind === 'deref' || expr.kind === 'arg';
    if (!isInMemory || expr.type.kind !== 'string') return expr;
    const type: Type = { kind: 'array', of: uint8, length: expr.type.size };
    return retyped(expr, withSpace(type, spaceOf(expr.type)));
  }

  inSpace(expr: TypedExpr, space: AddressSpace): TypedExpr {
    return retyped(expr, withSpace(expr.type, space));
  }

  call(type: Type, args: readonly TypedExpr[] = [], attrs: CallAttrs = {}): TypedExpr {
    if (args.some(isUnknown)) return unknownExpr(this.at);
    return { kind: 'call', type, at: this.at, builtin: this.name, args, attrs };
  }

  int(value: bigint, type: Type = uint64): TypedExpr {
    return constant(value, type, this.at);
  }

  string(value: string): TypedExpr {
    return stringLiteral(value, this.at);
  }

  bool(value: boolean): TypedExpr {
    return boolLiteral(value, this.at);
  }

  record(fields: readonly { readonly name: string; readonly value: TypedExpr }[]): TypedExpr {
    if (fields.some(({ value }) => isUnknown(value))) return unknownExpr(this.at);
    const values = fields.map(({ value }) => retyped(value, withoutTrust(value.type)));
    const types = fields.map(({ name }, index) => ({ name, type: values[index]?.type ?? voidType }));
    return { kind: 'record', type: { kind: 'record', fields: types }, at: this.at, values };
  }

  compare(op: CompareOp, left: TypedExpr, right: TypedExpr): TypedExpr {
    return { kind: 'compare', type: bool, at: this.at, op, left, right };
  }

  field(object: TypedExpr, name: string): TypedExpr {
    return isUnknown(object) ? object : memberOf(this.#body, object, name, this.at);
  }

  offsetOf(type: Type, member: string): bigint | undefined {
    const offset = offsetOf(this.#body, type, [{ kind: 'name', text: member, span: this.at }], this.at);
    return offset.kind === 'int' && !isUnknown(offset) ? offset.value : undefined;
  }

  moved(pointer: TypedExpr, bytes: bigint, to: Type): TypedExpr {
    const space = pointer.type.kind === 'pointer' ? pointer.type.space : 'none';
    const plain = castTo(pointer, pointerTo(voidType, space));
    const right = constant(bytes, int64, this.at);
    const left: TypedExpr = { kind: 'binary', type: plain.type, at: this.at, op: '+', left: plain, right };
    return castTo(left, pointerTo(to, space));
  }

  atStart(key: string, value: TypedExpr): TypedExpr {
    // What is not evaluated is not read.
    if (this.#body.metaDepth > 0) return value;
    const { readAtStart } = this.#body;
    const known = readAtStart.get(key);
    const local = known?.local ?? declareTemporary(this.#body, this.at, value.type).index;
    if (!known) readAtStart.set(key, { local, value });
    return { kind: 'local', type: value.type, at: this.at, local };
  }

  builtin(name: string): TypedExpr {
    return checkRaw(this.#body, { kind: 'builtin', name, span: this.at });
  }
}
