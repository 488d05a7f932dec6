import { asU64 } from '../../../base/index.ts';
import { archFacts, type ProbeKind } from '../../../program/index.ts';
import {
  type AddressSpace,
  bool,
  int8,
  int16,
  int32,
  int64,
  pointerTo,
  type Type,
  uint64,
} from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isInteger, isIntegerOrPointer, kindWord } from '../kind-word.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { integerArgument, stringLiteral } from './arguments.ts';

/** Probes whose ctx holds the registers of what was interrupted. */
const registerProbes: readonly ProbeKind[] = [
  'kprobe',
  'kretprobe',
  'uprobe',
  'uretprobe',
  'usdt',
  'interval',
  'profile',
  'software',
  'hardware',
  'watchpoint',
];
const userProbes: readonly ProbeKind[] = ['uprobe', 'uretprobe', 'usdt'];
/** Pointers in the last 4095 addresses are errors. Source: include/linux/err.h, MAX_ERRNO. */
const FIRST_ERROR_POINTER = 0xffff_ffff_ffff_f001n;

function retag(space: AddressSpace) {
  return (use: BuiltinUse): TypedExpr => {
    const value = use.value(0);
    if (use.failed(value)) return value;
    if (!isIntegerOrPointer(value.type)) {
      return use.error(
        `${use.name}() only supports integer or pointer arguments (${kindWord(value.type)} provided)`,
      );
    }
    return use.inSpace(value, space);
  };
}

/** `attrs.text`: a name of the architecture's register table. */
function checkReg(use: BuiltinUse): TypedExpr {
  const name = stringLiteral(use, 0);
  if (name === undefined) return use.unknown();
  const facts = archFacts(use.target.arch);
  if (!Object.hasOwn(facts.registers, name)) {
    return use.error(`'${name}' is not a valid register on this architecture (${facts.machine})`, {
      hint: `Registers: ${Object.keys(facts.registers).join(', ')}`,
    });
  }
  if (use.probe && !use.probe.hasRegisters) {
    return use.error(`reg can not be used with "${use.probe.kind}" probes`);
  }
  return use.inSpace(use.call(uint64, [], { text: name }), use.probe?.space ?? 'kernel');
}

function checkKaddr(use: BuiltinUse): TypedExpr {
  const name = stringLiteral(use, 0);
  if (name === undefined) return use.unknown();
  const address = use.target.kernelSymbol(name);
  if (address === undefined) return use.error(`Failed to resolve kernel symbol: ${name}`);
  return use.inSpace(use.int(address, uint64), 'kernel');
}

/** Types that variables are read as, by their size; all others are 8 bytes. Signed: a C `int` is the most frequent. */
const variableTypes: Readonly<Record<string, Type>> = { 1: int8, 2: int16, 4: int32 };

/**
 * `attrs.number`: how far the symbol is from where the probe stands, modulo 2^64; `attrs.mode`: how that place is had, as in
 * `ResolvedProbe.func`. Both move together, wherever the binary is loaded.
 */
function checkUaddr(use: BuiltinUse): TypedExpr {
  const name = stringLiteral(use, 0);
  if (name === undefined || !use.probe) return use.unknown();
  const [attachment, another] = use.probe.attachments;
  const locations = attachment !== undefined && 'locations' in attachment ? attachment.locations : [];
  const [location, further] = locations;
  if (location === undefined || !('path' in location) || location.address === undefined || another || further)
    return use.error('uaddr() needs a probe that stands in one place');
  const symbol = use.target.symbolNamed(location.path, name);
  if (symbol === undefined) return use.error(`Could not resolve symbol: ${location.path}:${name}`);
  const type = pointerTo(variableTypes[String(symbol.size)] ?? int64, 'user');
  const mode = use.probe.func ?? 'user-ip';
  return use.call(type, [], { text: name, number: asU64(symbol.address - location.address), mode });
}

/** `attrs.text`: the variable; `args[0]`: the CPU, uint64, if not this one. */
function checkPerCpuAddress(use: BuiltinUse): TypedExpr {
  const name = stringLiteral(use, 0);
  const cpu = use.args.length > 1 ? integerArgument(use, 1) : undefined;
  if (name === undefined || (use.args.length > 1 && !cpu)) return use.unknown();
  if (use.target.btf()?.find(name, 'var') === undefined) {
    return use.error(`Could not resolve variable "${name}" from BTF`);
  }
  return use.inSpace(use.call(uint64, cpu ? [use.cast(cpu, uint64)] : [], { text: name }), 'kernel');
}

function checkIsErr(use: BuiltinUse): TypedExpr {
  const pointer = use.value(0);
  if (use.failed(pointer)) return pointer;
  if (!isIntegerOrPointer(pointer.type)) {
    return use.error(`is_err() expects an integer or pointer argument (${kindWord(pointer.type)} provided)`);
  }
  return use.compare('>=', use.cast(pointer, uint64), use.int(FIRST_ERROR_POINTER, uint64));
}

/** `args`: where to (a pointer), what from (a pointer or a value in memory), how many bytes (uint64). */
function checkWriteUser(use: BuiltinUse): TypedExpr {
  const target = use.value(0);
  const source = use.value(1);
  const length = integerArgument(use, 2);
  if (use.failed(target) || use.failed(source) || !length) return use.unknown();
  if (!isIntegerOrPointer(target.type))
    return use.error('write_user() expects an address as its first argument');
  return use.call(bool, [
    use.address(target),
    isInteger(source.type) ? use.address(source) : source,
    use.cast(length, uint64),
  ]);
}

export const memoryBuiltins = {
  kptr: {
    form: 'function',
    signature: ['T *kptr(T *pointer)'],
    doc: 'The pointer, taken to be of the kernel.',
    folds: true,
    arity: [1, 1],
    check: retag('kernel'),
  },
  uptr: {
    form: 'function',
    signature: ['T *uptr(T *pointer)'],
    doc: 'The pointer, taken to be of user space.',
    folds: true,
    arity: [1, 1],
    check: retag('user'),
  },
  reg: {
    form: 'function',
    signature: ['uint64 reg(const string name)'],
    doc: 'A register of what the probe interrupted.',
    where: registerProbes,
    needsCtx: true,
    arity: [1, 1],
    check: checkReg,
  },
  kaddr: {
    form: 'function',
    signature: ['uint64 kaddr(const string name)'],
    doc: 'The address of a kernel symbol.',
    folds: true,
    arity: [1, 1],
    check: checkKaddr,
  },
  uaddr: {
    form: 'function',
    macro: true,
    signature: ['T *uaddr(const string name)'],
    doc: 'The address of a symbol of the traced binary.',
    where: userProbes,
    needsCtx: true,
    arity: [1, 1],
    check: checkUaddr,
  },
  percpu_kaddr: {
    form: 'function',
    signature: ['uint64 percpu_kaddr(const string name)', 'uint64 percpu_kaddr(const string name, int cpu)'],
    doc: 'The address of a per-CPU variable of the kernel, on this CPU or another.',
    arity: [1, 2],
    check: checkPerCpuAddress,
  },
  is_err: {
    form: 'function',
    macro: true,
    signature: ['bool is_err(void *pointer)'],
    doc: 'Whether a pointer is an encoded error.',
    folds: true,
    arity: [1, 1],
    check: checkIsErr,
  },
  write_user: {
    form: 'function',
    macro: true,
    signature: ['bool write_user(void *target, void *source, uint64 length)'],
    doc: 'Writes into the memory of the current process.',
    unsafe: true,
    arity: [3, 3],
    check: checkWriteUser,
  },
} as const satisfies Record<string, BuiltinRow>;
