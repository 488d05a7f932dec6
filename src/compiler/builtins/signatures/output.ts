import {
  argumentsOf,
  formatArity,
  type PrintOrder,
  parseFormat,
  printOrders,
} from '../../../program/index.ts';
import {
  int64,
  isAggregate,
  isCastableAggregate,
  spellType,
  type Type,
  voidType,
} from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isIntegerOrPointer, kindWord } from '../kind-word.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { integerArgument, integerLiteral, stringLiteral } from './arguments.ts';
import { conversionProblem } from './conversions.ts';

/** Arguments that printf and its relatives take at most, the format included. */
const MAX_FORMAT_ARGS = 128;
/** bpf_trace_printk takes no more values. Source: bpf-helpers(7). */
const MAX_TRACE_PRINTK_VALUES = 3;

/** The format in `attrs.format`, its values in `args`. */
function checkFormat(use: BuiltinUse): TypedExpr {
  const values = use.args.slice(1).map((_, index) => use.value(index + 1));
  const text = stringLiteral(use, 0);
  if (text === undefined) return use.unknown();
  const format = parseFormat(text);
  if ('unsupported' in format) return use.error(`unsupported format specifier: ${format.unsupported}`);
  const expected = formatArity(format);
  if (values.length !== expected) {
    const amount = values.length < expected ? 'not enough' : 'too many';
    return use.error(
      `${amount} arguments for format string (${values.length} supplied, ${expected} expected)`,
    );
  }
  for (const piece of format) {
    if (typeof piece === 'string') continue;
    for (let arg = piece.arg; arg < piece.arg + argumentsOf(piece.verb); arg++) {
      const value = piece.verb === 'f' ? use.value(arg + 1) : use.raw(arg + 1);
      if (use.failed(value)) continue;
      const problem = conversionProblem(piece, value.type);
      if (problem !== undefined) return use.error(problem);
    }
  }
  return use.call(voidType, values, { format });
}

/** The verbs that bpf_trace_printk has, and what each shows. */
const tracePrintkVerbs: Readonly<Record<string, (type: Type) => boolean>> = {
  d: isIntegerOrPointer,
  u: isIntegerOrPointer,
  x: isIntegerOrPointer,
  p: isIntegerOrPointer,
  s: (type) => type.kind === 'string',
};

function checkDebugf(use: BuiltinUse): TypedExpr {
  use.warn(
    'The debugf() builtin is not recommended for production use. For more information see bpf_trace_printk in bpf-helpers(7).',
  );
  if (use.args.length - 1 > MAX_TRACE_PRINTK_VALUES) {
    return use.error(`cannot use more than ${MAX_TRACE_PRINTK_VALUES} conversion specifiers`);
  }
  const checked = checkFormat(use);
  if (checked.kind !== 'call') return checked;
  for (const piece of checked.attrs.format ?? []) {
    if (typeof piece === 'string') continue;
    const fits = tracePrintkVerbs[piece.verb];
    if (!fits)
      return use.error(`Invalid format specifier for \`debugf\`: ${piece.verb}`, { at: use.argSpan(0) });
    const value = checked.args[piece.arg];
    if (value && !use.failed(value) && !fits(value.type)) {
      return use.error(`Type does not match format specifier: ${piece.verb}`, {
        at: use.argSpan(piece.arg + 1),
      });
    }
  }
  return checked;
}

function checkPrint(use: BuiltinUse): TypedExpr {
  return use.isMap(0) ? checkPrintMap(use) : checkPrintValue(use);
}

/** A whole map: `attrs.map`, `attrs.top`, `attrs.div` (0: none). */
function checkPrintMap(use: BuiltinUse): TypedExpr {
  const map = use.map(0);
  const top = use.args.length > 1 ? integerLiteral(use, 1) : 0n;
  const div = use.args.length > 2 ? integerLiteral(use, 2) : 0n;
  if (use.inLoop) {
    use.warn(
      "Due to it's asynchronous nature using 'print()' in a loop can lead to unexpected behavior. The map will likely be updated before the runtime can 'print' it.",
    );
  }
  if (map?.value?.kind === 'stats' && use.args.length > 1) {
    use.warn("print()'s top and div arguments are ignored when used on stats() maps.");
  }
  const order = use.args.length > 3 ? printOrder(use) : undefined;
  if (!map || top === undefined || div === undefined) return use.unknown();
  if (use.args.length > 3 && order === undefined) return use.unknown();
  const attrs = { map: map.index, top: top > 0n ? Number(top) : 0, div: Number(div) };
  return use.call(voidType, [], order === undefined ? attrs : { ...attrs, order });
}

/** The fourth argument, which says what comes first; reports what it cannot be. */
function printOrder(use: BuiltinUse): PrintOrder | undefined {
  const text = stringLiteral(use, 3);
  const order = printOrders.find((known) => known === text);
  if (text !== undefined && order === undefined) {
    const known = printOrders.map((name) => `"${name}"`).join(', ');
    use.error(`print() orders a map by one of ${known}`, { at: use.argSpan(3) });
  }
  return order;
}

/** A value: `args[0]`. */
function checkPrintValue(use: BuiltinUse): TypedExpr {
  const raw = use.raw(0);
  if (use.failed(raw)) return raw;
  const hasValue = !isAggregate(raw.type) || isCastableAggregate(raw.type) || raw.type.kind === 'stats';
  if (!hasValue) {
    return use.error(
      `Map type ${spellType(raw.type)} cannot print the value of individual keys. You must print the whole map.`,
    );
  }
  if (!isPrintable(raw)) {
    return use.error(`${spellType(raw.type)} type passed to print() is not printable`);
  }
  if (use.args.length !== 1) {
    return use.error(`Non-map print() only takes 1 argument, ${use.args.length} found`);
  }
  return use.call(voidType, [raw.type.kind === 'stats' ? raw : use.value(0)]);
}

function isPrintable(value: TypedExpr): boolean {
  return value.type.kind !== 'none' && value.type.kind !== 'void';
}

/** A bare map in `attrs.map`. */
function checkMapOnly(use: BuiltinUse): TypedExpr {
  const map = use.map(0);
  return map ? use.call(voidType, [], { map: map.index }) : use.unknown();
}

/** The code in `args[0]`, an int64: its low 8 bits count. */
function checkExit(use: BuiltinUse): TypedExpr {
  if (use.args.length === 0) return use.call(voidType, [use.int(0n, int64)]);
  const code = integerArgument(use, 0);
  if (!code) return use.unknown();
  return use.call(voidType, [use.cast(code, int64)]);
}

function checkUnwatch(use: BuiltinUse): TypedExpr {
  const address = use.value(0);
  if (use.failed(address)) return address;
  if (!isIntegerOrPointer(address.type))
    return use.error(`unwatch() only supports int or pointer arguments (${kindWord(address.type)} provided)`);
  use.warn('unwatch() has no effect: watchpoints stay until the end');
  return use.call(voidType, [address]);
}

/** A pointer to the array in `args[0]`, the separator in `attrs.text`. */
function checkJoin(use: BuiltinUse): TypedExpr {
  const array = use.value(0);
  const separator = use.args.length > 1 ? stringLiteral(use, 1) : ' ';
  if (use.failed(array) || separator === undefined) return use.unknown();
  if (!isIntegerOrPointer(array.type)) {
    return use.error(`join() only supports int or pointer arguments (${kindWord(array.type)} provided)`);
  }
  return use.call(voidType, [use.address(array)], { text: separator });
}

/** The strftime format in `attrs.text`. */
function checkTime(use: BuiltinUse): TypedExpr {
  const text = use.args.length > 0 ? stringLiteral(use, 0) : '%H:%M:%S\n';
  return text === undefined ? use.unknown() : use.call(voidType, [], { text });
}

/** The values of a message that is made while compiling. */
function literalText(use: BuiltinUse, index: number, asText: boolean): string | undefined {
  const text = use.text(index);
  if (text !== undefined) return text;
  const value = use.raw(index);
  if (value.kind === 'int' && value.type.kind === 'bool') {
    return asText ? String(value.value !== 0n) : String(value.value);
  }
  return use.constant(index)?.toString();
}

function checkFail(use: BuiltinUse): TypedExpr {
  const format = use.text(0);
  if (format === undefined) return use.error('first argument to fail() must be a string literal');
  const parsed = parseFormat(format);
  if ('unsupported' in parsed) return use.error(`unsupported format specifier: ${parsed.unsupported}`);
  let message = '';
  for (const piece of parsed) {
    if (typeof piece !== 'string' && piece.verb === 'f') return use.error('unsupported format specifier: f');
    const text = typeof piece === 'string' ? piece : literalText(use, piece.arg + 1, piece.verb === 's');
    if (text === undefined) return use.error('fail() arguments need to be literals');
    message += text;
  }
  return use.error(message);
}

/** What is left of a use that has no value: an empty block. */
function nothing(use: BuiltinUse): TypedExpr {
  return { kind: 'block', type: { kind: 'none' }, at: use.at, body: [] };
}

function checkStaticAssert(use: BuiltinUse): TypedExpr {
  const condition = use.raw(0);
  if (use.failed(condition)) return condition;
  const message = stringLiteral(use, 1);
  const isTrue = use.truth(0);
  if (isTrue === undefined)
    return use.error('static_assert() expects a condition that is known while compiling');
  if (message === undefined) return use.unknown();
  return isTrue ? nothing(use) : use.error(message);
}

/** `args[0]`: the condition, a bool. `attrs.text`: the message. False: errorf("assert failed: …"), then exit(1). */
function checkAssert(use: BuiltinUse): TypedExpr {
  const condition = use.value(0);
  const message = stringLiteral(use, 1);
  if (use.failed(condition) || message === undefined) return use.unknown();
  return use.call(voidType, [use.cast(condition, { kind: 'bool' })], { text: message });
}

export const outputBuiltins = {
  printf: {
    form: 'function',
    longText: true,
    signature: ['printf(const string fmt, args...)'],
    doc: 'Prints its arguments by a format, as printf(3) does.',
    async: true,
    arity: [1, MAX_FORMAT_ARGS],
    check: checkFormat,
  },
  errorf: {
    form: 'function',
    longText: true,
    signature: ['errorf(const string fmt, args...)'],
    doc: 'Writes an error message with its place in the script to standard error; the script goes on.',
    async: true,
    arity: [1, MAX_FORMAT_ARGS],
    check: checkFormat,
  },
  warnf: {
    form: 'function',
    longText: true,
    signature: ['warnf(const string fmt, args...)'],
    doc: 'Writes a warning with its place in the script to standard error.',
    async: true,
    arity: [1, MAX_FORMAT_ARGS],
    check: checkFormat,
  },
  debugf: {
    form: 'function',
    signature: ['debugf(const string fmt, args...)'],
    doc: "Writes to the kernel's trace_pipe with bpf_trace_printk; at most three values.",
    arity: [1, MAX_FORMAT_ARGS],
    check: checkDebugf,
  },
  cat: {
    form: 'function',
    signature: ['cat(const string fmt, args...)'],
    doc: 'Prints the contents of the file whose name the format makes.',
    async: true,
    arity: [1, MAX_FORMAT_ARGS],
    check: checkFormat,
  },
  system: {
    form: 'function',
    signature: ['system(const string fmt, args...)'],
    doc: 'Runs the shell command that the format makes and prints its output.',
    unsafe: true,
    async: true,
    arity: [1, MAX_FORMAT_ARGS],
    check: checkFormat,
  },
  print: {
    form: 'function',
    signature: [
      'print(value)',
      'print(@map)',
      'print(@map, top)',
      'print(@map, top, div)',
      'print(@map, top, div, const string order)',
    ],
    doc: 'Prints a value, or a map: the `top` last entries, values divided by `div`; with an order ("value", "value desc", "key", "key desc") the first `top` in it.',
    async: true,
    arity: [1, 4],
    check: checkPrint,
  },
  clear: {
    form: 'function',
    signature: ['clear(@map)'],
    doc: 'Removes all keys of a map.',
    async: true,
    arity: [1, 1],
    check: checkMapOnly,
  },
  zero: {
    form: 'function',
    signature: ['zero(@map)'],
    doc: 'Sets all values of a map to zero and keeps its keys.',
    async: true,
    arity: [1, 1],
    check: checkMapOnly,
  },
  exit: {
    form: 'function',
    signature: ['exit()', 'exit(int code)'],
    doc: 'Ends the run with an exit code; the probe returns at once.',
    async: true,
    ends: true,
    arity: [0, 1],
    check: checkExit,
  },
  join: {
    form: 'function',
    signature: ['join(char **array)', 'join(char **array, const string separator)'],
    doc: 'Prints an array of strings on one line, joined by a separator (a blank).',
    async: true,
    arity: [1, 2],
    check: checkJoin,
  },
  time: {
    form: 'function',
    signature: ['time()', 'time(const string fmt)'],
    doc: 'Prints the wall clock by a strftime(3) format when user space handles the event.',
    async: true,
    arity: [0, 1],
    check: checkTime,
  },
  assert: {
    form: 'function',
    macro: true,
    signature: ['assert(condition, const string message)'],
    doc: 'Reports the message and exits with 1 when the condition is false.',
    async: true,
    arity: [2, 2],
    check: checkAssert,
  },
  static_assert: {
    form: 'function',
    macro: true,
    signature: ['static_assert(condition, const string message)'],
    doc: 'Stops the compilation with the message when the condition is false.',
    folds: true,
    arity: [2, 2],
    check: checkStaticAssert,
  },
  fail: {
    form: 'function',
    signature: ['fail(const string fmt, args...)'],
    doc: 'Stops the compilation with a message where it is reached.',
    folds: true,
    arity: [1, MAX_FORMAT_ARGS],
    check: checkFail,
  },
  unwatch: {
    form: 'function',
    signature: ['unwatch(void *address)'],
    doc: 'Was to remove a watchpoint; has no effect.',
    arity: [1, 1],
    check: checkUnwatch,
  },
} as const satisfies Record<string, BuiltinRow>;
