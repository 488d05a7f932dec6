import { type Type, uint64 } from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { stringLiteral } from './arguments.ts';

/** A question about a type, answered while compiling. */
function typeQuestion(holds: (type: Type) => boolean) {
  return (use: BuiltinUse): TypedExpr => {
    const value = use.value(0);
    return use.failed(value) ? value : use.bool(holds(value.type));
  };
}

function checkIsLiteral(use: BuiltinUse): TypedExpr {
  const value = use.value(0);
  if (use.failed(value)) return value;
  return use.bool(value.kind === 'int' || value.kind === 'string');
}

/** Kernel functions that progs may call are the ones BTF lists as functions. */
function checkKfunc(use: BuiltinUse): TypedExpr {
  const name = stringLiteral(use, 0);
  if (name === undefined) return use.unknown();
  return use.bool(use.target.btf()?.hasFunction(name) === true);
}

/** The progs of a probe are of one type. */
function checkKfuncAllowed(use: BuiltinUse): TypedExpr {
  const name = stringLiteral(use, 0);
  if (name === undefined || !use.probe) return use.unknown();
  return use.bool(use.target.allowsKfunc(name, use.probe.progType));
}

/**
 * The value of a named parameter: type bool, int64, uint64 or string by its default.
 */
function checkGetopt(use: BuiltinUse): TypedExpr {
  const name = use.text(0);
  if (name === undefined)
    return use.error("First argument to 'getopt' must be a string literal.", { at: use.argSpan(0) });
  const description = use.args.length > 2 ? use.text(2) : '';
  if (description === undefined) return use.error('getopt() expects a string literal as its description');
  if (use.args.length === 1) {
    return use.namedParam(name, { kind: 'bool' }, undefined, description);
  }
  const fallback = use.raw(1);
  if (use.failed(fallback)) return fallback;
  if (fallback.kind === 'string') {
    const type: Type = { kind: 'string', size: use.settings.maxStrlen };
    return use.namedParam(name, type, fallback.value, description);
  }
  if (fallback.kind !== 'int')
    return use.error(
      "Second argument to 'getopt' must be a string literal, integer literal, or a boolean literal.",
      {
        at: use.argSpan(1),
      },
    );
  if (fallback.type.kind === 'bool') {
    return use.namedParam(name, { kind: 'bool' }, fallback.value !== 0n, description);
  }
  const type: Type = fallback.value < 0n ? { kind: 'int', size: 8, signed: true } : uint64;
  return use.namedParam(name, type, fallback.value, description);
}

/** The struct around a member that a pointer leads to. */
function checkContainerOf(use: BuiltinUse): TypedExpr {
  const pointer = use.value(0);
  const type = use.type(1);
  const member = use.word(2);
  if (use.failed(pointer) || !type) return use.unknown();
  if (pointer.type.kind !== 'pointer')
    return use.error('container_of() expects a pointer as its first argument');
  if (member === undefined)
    return use.error('container_of() expects the name of a member as its third argument');
  const offset = use.offsetOf(type, member);
  return offset === undefined ? use.unknown() : use.moved(pointer, -offset, type);
}

function checkConfig(use: BuiltinUse): TypedExpr {
  const { config } = use.settings;
  return use.record(
    Object.entries(config).map(([name, value]) => ({ name, value: configValue(use, value) })),
  );
}

function configValue(use: BuiltinUse, value: bigint | boolean | string): TypedExpr {
  if (typeof value === 'bigint') return use.int(value, uint64);
  return typeof value === 'boolean' ? use.bool(value) : use.string(value);
}

export const introspectionBuiltins = {
  getopt: {
    form: 'function',
    signature: [
      'bool getopt(const string name)',
      'T getopt(const string name, const T default)',
      'T getopt(const string name, const T default, const string description)',
    ],
    doc: 'The value of a named parameter of the script.',
    folds: true,
    arity: [1, 3],
    check: checkGetopt,
  },
  config: {
    form: 'both',
    macro: true,
    signature: ['record config'],
    doc: 'The config values of the script.',
    folds: true,
    arity: [0, 0],
    check: checkConfig,
  },
  container_of: {
    form: 'function',
    macro: true,
    signature: ['type *container_of(pointer, type, member)'],
    doc: 'The struct around a member that a pointer leads to.',
    folds: true,
    arity: [3, 3],
    check: checkContainerOf,
  },
  kfunc_exist: {
    form: 'function',
    macro: true,
    signature: ['bool kfunc_exist(const string name)'],
    doc: 'Whether the kernel has a function that progs can call.',
    folds: true,
    arity: [1, 1],
    check: checkKfunc,
  },
  kfunc_allowed: {
    form: 'function',
    macro: true,
    signature: ['bool kfunc_allowed(const string name)'],
    doc: 'Whether a prog of this kind may call a kernel function.',
    folds: true,
    needsCtx: true,
    arity: [1, 1],
    check: checkKfuncAllowed,
  },
  is_str: {
    form: 'function',
    macro: true,
    signature: ['bool is_str(expression)'],
    doc: 'Whether an expression is a string.',
    folds: true,
    arity: [1, 1],
    check: typeQuestion((type) => type.kind === 'string'),
  },
  is_ptr: {
    form: 'function',
    macro: true,
    signature: ['bool is_ptr(expression)'],
    doc: 'Whether an expression is a pointer.',
    folds: true,
    arity: [1, 1],
    check: typeQuestion((type) => type.kind === 'pointer'),
  },
  is_array: {
    form: 'function',
    macro: true,
    signature: ['bool is_array(expression)'],
    doc: 'Whether an expression is an array.',
    folds: true,
    arity: [1, 1],
    check: typeQuestion((type) => type.kind === 'array'),
  },
  is_integer: {
    form: 'function',
    macro: true,
    signature: ['bool is_integer(expression)'],
    doc: 'Whether an expression is an integer.',
    folds: true,
    arity: [1, 1],
    check: typeQuestion((type) => type.kind === 'int'),
  },
  is_unsigned_integer: {
    form: 'function',
    macro: true,
    signature: ['bool is_unsigned_integer(expression)'],
    doc: 'Whether an expression is an unsigned integer.',
    folds: true,
    arity: [1, 1],
    check: typeQuestion((type) => type.kind === 'int' && !type.signed),
  },
  is_literal: {
    form: 'function',
    macro: true,
    signature: ['bool is_literal(expression)'],
    doc: 'Whether an expression is a literal.',
    folds: true,
    arity: [1, 1],
    check: checkIsLiteral,
  },
} as const satisfies Record<string, BuiltinRow>;
