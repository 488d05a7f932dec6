import {
  BUFFER_HEADER_BYTES,
  bool,
  int64,
  sizeOf,
  spellType,
  type Type,
  uint64,
} from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isIntegerOrPointer, kindWord } from '../kind-word.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { integerArgument } from './arguments.ts';

/** Bytes of the texts of the name tables, NUL included. */
const NAME_BYTES = 64;
/** Bytes that str_concat makes, NUL included. */
const CONCAT_BYTES = 1024;
/** With max_strlen below this, a string shows that it was cut. */
const SHOWN_CUT_LIMIT = 1024;
/** d_path needs room for the path. */
const PATH_FEATURE = 'd-path';

function stringOf(size: number): Type {
  return { kind: 'string', size };
}

/** A length argument: constant or not. Reports negative ones. */
function lengthProblem(use: BuiltinUse, index: number): boolean {
  const constant = use.constant(index);
  if (constant === undefined || constant >= 0n) return false;
  use.error(`${use.name}() cannot use negative length (${constant})`);
  return true;
}

/** Where a string is: a pointer; values in memory stay as they are. */
function addressOrValue(use: BuiltinUse, value: TypedExpr): TypedExpr {
  return isIntegerOrPointer(value.type) ? use.address(value) : value;
}

/**
 * `args[0]`: a pointer or a string value; `args[1]`: a length that is not constant, uint64.
 * `attrs.length`: the most bytes to read, the NUL's included; the node's type has room for them, or for all but that NUL.
 */
function checkStr(use: BuiltinUse): TypedExpr {
  const literal = use.literalText(0);
  if (literal !== undefined && !hasVariableLength(use)) return foldStr(use, literal);
  const source = use.value(0);
  const length = use.args.length > 1 ? integerArgument(use, 1) : undefined;
  if (use.failed(source) || (use.args.length > 1 && !length)) return use.unknown();
  const isString = source.type.kind === 'string';
  if (!isString && !isIntegerOrPointer(source.type)) {
    return use.error(
      `str() expects a string, integer or a pointer type as first argument (${spellType(source.type)} provided)`,
    );
  }
  if (use.args.length > 1 && lengthProblem(use, 1)) return use.unknown();
  const constant = use.args.length > 1 ? use.constant(1) : undefined;
  const limit = use.settings.maxStrlen;
  let size = limit;
  if (constant !== undefined) {
    if (constant + 1n > BigInt(limit)) {
      use.warn(
        `length param (${constant}) is too long and will be shortened to ${limit} bytes (see BPFTRACE_MAX_STRLEN)`,
      );
    } else size = Number(constant) + 1;
  }
  if (isString && use.args.length === 1) return source;
  const dynamic = length && constant === undefined ? [use.cast(length, uint64)] : [];
  // Short strings keep all they have room for and have no NUL when they were cut: one byte more is read, and left out.
  if (use.args.length === 1 && limit < SHOWN_CUT_LIMIT) {
    return use.call(stringOf(limit - 1), [addressOrValue(use, source)], { length: limit });
  }
  // A constant length N reads N bytes and ends them with a NUL of its own: one character fewer than the type has room for.
  const bytes = constant !== undefined && size === Number(constant) + 1 ? Number(constant) : size;
  return use.call(stringOf(size), [addressOrValue(use, source), ...dynamic], { length: bytes });
}

/** Only a length that is known cuts a literal while compiling. */
function hasVariableLength(use: BuiltinUse): boolean {
  return use.args.length > 1 && use.constant(1) === undefined;
}

function foldStr(use: BuiltinUse, literal: string): TypedExpr {
  if (use.args.length === 1) return use.string(literal);
  if (lengthProblem(use, 1)) return use.unknown();
  return use.string(literal.slice(0, Number(use.constant(1))));
}

/** `args[0]`: a pointer or an array or string value; `args[1]`: a length that is not constant, uint64. `attrs.length`: the most bytes. */
function checkBuf(use: BuiltinUse): TypedExpr {
  const source = use.value(0);
  const length = use.args.length > 1 ? integerArgument(use, 1) : undefined;
  if (use.failed(source) || (use.args.length > 1 && !length)) return use.unknown();
  const kind = source.type.kind;
  if (!isIntegerOrPointer(source.type) && kind !== 'string' && kind !== 'array') {
    return use.error(`buf() expects an integer, string, or array argument but saw ${kindWord(source.type)}`);
  }
  if (use.args.length === 1 && kind !== 'array') {
    return use.error(`buf() expects a length argument for non-array type ${kindWord(source.type)}`);
  }
  if (use.args.length > 1 && lengthProblem(use, 1)) return use.unknown();
  // The length that a buffer starts with counts, and room for a NUL does not.
  const strlen = Number(use.settings.config['max_strlen'] ?? use.settings.maxStrlen);
  const limit = Math.max(0, strlen - BUFFER_HEADER_BYTES);
  const constant = use.args.length > 1 ? use.constant(1) : undefined;
  const wanted = use.args.length === 1 ? sizeOf(source.type, use.structs) : Number(constant ?? BigInt(limit));
  const capacity = Math.min(wanted, limit);
  const dynamic = length && constant === undefined ? [use.cast(length, uint64)] : [];
  return use.call({ kind: 'buffer', capacity }, [use.bytes(addressOrValue(use, source)), ...dynamic], {
    length: capacity,
  });
}

/** `args[0]`: a pointer to struct path, or an embedded struct path. `attrs.length`: the string's size. */
function checkPath(use: BuiltinUse): TypedExpr {
  const path = use.value(0);
  if (use.failed(path)) return path;
  if (!use.target.has(PATH_FEATURE)) {
    return use.error('BPF_FUNC_d_path not available for your kernel version');
  }
  if (path.type.kind !== 'pointer' && path.type.kind !== 'struct') {
    return use.error(`path() only supports pointer or C type argument (${kindWord(path.type)} provided)`);
  }
  let size = use.settings.maxStrlen;
  if (use.args.length > 1) {
    const constant = use.constant(1);
    if (constant === undefined || constant < 1n) {
      return use.error('path: invalid size value, need non-negative literal');
    }
    size = Number(constant);
  }
  return use.call(stringOf(size), [path], { length: size });
}

/** Something with the bytes of a string: a string, an int8 array, or a pointer to int8. */
function isStringLike(type: Type): boolean {
  if (type.kind === 'string') return true;
  const element = type.kind === 'array' ? type.of : type.kind === 'pointer' ? type.to : undefined;
  return element?.kind === 'int' && element.size === 1;
}

/** All arguments string-like; reports otherwise. */
function stringArguments(use: BuiltinUse, indexes: readonly number[]): TypedExpr[] | undefined {
  const values = indexes.map((index) => use.value(index));
  if (values.some((value) => use.failed(value))) return undefined;
  const wrong = values.findIndex((value) => !isStringLike(value.type));
  if (wrong < 0) return values;
  const type = values[wrong]?.type;
  use.error(`${use.name}() only supports string arguments (${type ? kindWord(type) : 'none'} provided)`);
  return undefined;
}

/** `args`: string-like values. */
function onStrings(result: Type, count: number) {
  return (use: BuiltinUse): TypedExpr => {
    const values = stringArguments(
      use,
      Array.from({ length: count }, (_, index) => index),
    );
    return values ? use.call(result, values) : use.unknown();
  };
}

function checkStrlen(use: BuiltinUse): TypedExpr {
  const values = stringArguments(use, [0]);
  if (!values?.[0]) return use.unknown();
  if (values[0].kind === 'string') {
    const [text = ''] = values[0].value.split('\0');
    return use.int(BigInt(text.length), uint64);
  }
  return use.call(uint64, values, { length: use.settings.maxStrlen });
}

function checkStrcap(use: BuiltinUse): TypedExpr {
  const values = stringArguments(use, [0]);
  if (!values?.[0]) return use.unknown();
  const { type } = values[0];
  if (type.kind === 'pointer') return use.int(BigInt(use.settings.maxStrlen), uint64);
  return use.int(BigInt(sizeOf(type, use.structs)), uint64);
}

/** `args`: two string-like values. `attrs.length`: how many bytes to compare. */
function checkStrncmp(use: BuiltinUse): TypedExpr {
  const values = stringArguments(use, [0, 1]);
  const count = use.constant(2);
  if (!values) return use.unknown();
  if (count === undefined || count < 0n) return use.error('Builtin strncmp requires a non-negative literal');
  return use.call(uint64, values, { length: Number(count) });
}

/** `args`: two values of any kind that lies in memory. `attrs.length`: how many bytes to compare. */
function checkMemcmp(use: BuiltinUse): TypedExpr {
  const left = use.value(0);
  const right = use.value(1);
  const count = use.constant(2);
  if (use.failed(left) || use.failed(right)) return use.unknown();
  if (count === undefined || count < 0n) return use.error('memcmp() requires a non-negative literal count');
  return use.call(int64, [left, right], { length: Number(count) });
}

/** `args[0]`: the number, int64. The names are a table of the lowering. */
function nameOf(use: BuiltinUse): TypedExpr {
  const number = integerArgument(use, 0);
  return number ? use.call(stringOf(NAME_BYTES), [use.cast(number, int64)]) : use.unknown();
}

export const stringBuiltins = {
  str: {
    form: 'function',
    signature: ['string str(char *data)', 'string str(char *data, int length)'],
    doc: 'Reads a string from memory, up to its NUL or a length.',
    arity: [1, 2],
    check: checkStr,
  },
  buf: {
    form: 'function',
    signature: ['buffer buf(void *data)', 'buffer buf(void *data, int length)'],
    doc: 'Reads bytes from memory.',
    arity: [1, 2],
    check: checkBuf,
  },
  path: {
    form: 'function',
    signature: ['string path(struct path *path)', 'string path(struct path *path, const int size)'],
    doc: 'The full name of a struct path.',
    where: ['fentry', 'fexit', 'iter'],
    elsewhere: "The path function can only be used with 'fentry', 'fexit', 'iter' probes",
    arity: [1, 2],
    check: checkPath,
  },
  strlen: {
    form: 'function',
    macro: true,
    signature: ['uint64 strlen(string)', 'uint64 strlen(int8[])', 'uint64 strlen(int8 *)'],
    doc: 'The number of bytes before the NUL.',
    arity: [1, 1],
    check: checkStrlen,
  },
  strcap: {
    form: 'function',
    macro: true,
    signature: ['uint64 strcap(string)', 'uint64 strcap(int8[])'],
    doc: 'The number of bytes a string has room for; known while compiling.',
    folds: true,
    arity: [1, 1],
    check: checkStrcap,
  },
  strstr: {
    form: 'function',
    macro: true,
    signature: ['int64 strstr(string haystack, string needle)'],
    doc: 'Where the needle first occurs, -1 if it does not.',
    arity: [2, 2],
    check: onStrings(int64, 2),
  },
  strcontains: {
    form: 'function',
    macro: true,
    signature: ['bool strcontains(string haystack, string needle)'],
    doc: 'Whether the haystack contains the needle.',
    arity: [2, 2],
    check: onStrings(bool, 2),
  },
  str_concat: {
    form: 'function',
    macro: true,
    signature: ['string str_concat(string, string)'],
    doc: 'Two strings one after the other.',
    arity: [2, 2],
    check: onStrings(stringOf(CONCAT_BYTES), 2),
  },
  strncmp: {
    form: 'function',
    signature: ['uint64 strncmp(string, string, const int count)'],
    doc: '0 if the first bytes of two strings are equal, else 1.',
    arity: [3, 3],
    check: checkStrncmp,
  },
  memcmp: {
    form: 'function',
    macro: true,
    signature: ['int64 memcmp(left, right, const int count)'],
    doc: '0 if the first bytes of two values are equal, else the difference of the first two that are not (as signed bytes).',
    arity: [3, 3],
    check: checkMemcmp,
  },
  strerror: {
    form: 'function',
    macro: true,
    signature: ['string strerror(int errno)'],
    doc: 'The text of an errno value.',
    arity: [1, 1],
    check: nameOf,
  },
  signal_name: {
    form: 'function',
    macro: true,
    signature: ['string signal_name(int signal)'],
    doc: 'The text of a signal number.',
    arity: [1, 1],
    check: nameOf,
  },
  syscall_name: {
    form: 'function',
    macro: true,
    signature: ['string syscall_name(int number)'],
    doc: 'The name of a system call.',
    arity: [1, 1],
    check: nameOf,
  },
} as const satisfies Record<string, BuiltinRow>;
