import { unreachable } from '../base/index.ts';
import { type AccessSize, mapFlags } from '../bpf/index.ts';
import { accessCtx } from './ctx-access.ts';
import type { Here } from './here.ts';
import { constant, constantOf, unsignedOf } from './scalar.ts';
import { readStack, writeStack } from './stack-access.ts';
import { describeValue, nameOfPlace, opaque, type Pointer, type Value } from './values.ts';

/** Offsets the kernel does not look beyond. Source: BPF_MAX_VAR_OFF. */
const MAX_OFFSET = 1n << 29n;

/** The pointer in a register that memory is accessed through; undefined: one that nothing is said about. */
function pointerIn(here: Here, reg: number): Pointer | undefined {
  const value = here.read(reg);
  switch (value.kind) {
    case 'opaque':
      return undefined;
    case 'scalar':
      return here.refuseIfSure('memory', `memory is accessed through R${reg}, which holds a number`, value);
    case 'none':
      return here.doubt();
    case 'pointer':
      if (value.orNull)
        return here.refuse(
          'null',
          `memory is accessed through R${reg}, which may be null: compare it with 0 before`,
        );
      return value;
    default:
      return unreachable(value);
  }
}

/** Refuses accesses that may end outside of `limit` bytes. */
function checkBounds(
  here: Here,
  pointer: Pointer,
  off: number,
  size: number,
  limit: number,
  verb: string,
): void {
  const fixed = pointer.off + BigInt(off);
  const low = fixed + (pointer.variable?.smin ?? 0n);
  const high = fixed + (pointer.variable?.umax ?? 0n);
  const name = nameOfPlace(pointer.to);
  if (low < 0n)
    here.refuseIfSure(
      'memory',
      pointer.variable === undefined
        ? `${size} bytes are ${verb} at offset ${low} of ${name}, before its start`
        : `${name} is ${verb} at an offset that may be negative`,
      pointer,
    );
  if (high >= MAX_OFFSET && pointer.variable !== undefined)
    here.refuseIfSure('memory', `${name} is ${verb} at an offset without an upper bound`, pointer);
  if (high + BigInt(size) > BigInt(limit))
    here.refuseIfSure(
      'memory',
      `${size} bytes are ${verb} at offset ${pointer.variable === undefined ? high : `up to ${high}`} of ${name}, which has ${limit}`,
      pointer,
    );
}

/** `*(size *)(register + off)` */
export function load(here: Here, reg: number, off: number, size: AccessSize): Value {
  const pointer = pointerIn(here, reg);
  if (pointer === undefined) return opaque;
  const { to } = pointer;
  switch (to.space) {
    case 'stack':
      return readStack(here, pointer, off, size);
    case 'ctx': {
      const answer = ctx(here, pointer, reg, off, size, false);
      return answer === 'opaque' ? opaque : here.unknown(unsignedOf(size));
    }
    case 'map':
      // struct bpf_map itself; the kernel knows its fields.
      if (pointer.off + BigInt(off) < 0n) here.refuse('memory', 'a map itself is read before its start');
      return opaque;
    case 'map-value': {
      const spec = here.map(to.map);
      if (spec === undefined) return here.doubt();
      if (spec.flags & mapFlags.BPF_F_WRONLY_PROG)
        here.refuse('memory', `map ${spec.name} may only be written`);
      checkBounds(here, pointer, off, size, spec.valueSize, 'read');
      return readFrozen(here, pointer, to.map, off, size);
    }
    case 'map-key':
      checkBounds(here, pointer, off, size, here.map(to.map)?.keySize ?? here.doubt(), 'read');
      return here.unknown(unsignedOf(size));
    case 'memory':
      checkBounds(here, pointer, off, size, to.size, 'read');
      return here.unknown(unsignedOf(size));
    case 'func':
      return here.refuse('memory', 'a function is read as if it were memory');
    default:
      return unreachable(to);
  }
}

/** The verifier knows the bytes of a frozen read-only map. */
function readFrozen(here: Here, pointer: Pointer, map: number, off: number, size: AccessSize): Value {
  const spec = here.map(map);
  if (spec?.frozen !== true || pointer.variable !== undefined) return here.unknown(unsignedOf(size));
  // What the loader fills in is not known here.
  if (map === here.subject.program.constants) return here.unknown(unsignedOf(size), true);
  let value = 0n;
  const start = Number(pointer.off) + off;
  for (let byte = size - 1; byte >= 0; byte--)
    value = (value << 8n) | BigInt(spec.initial?.[start + byte] ?? 0);
  return constant(value);
}

/** `*(size *)(register + off) = value` */
export function store(here: Here, reg: number, off: number, size: AccessSize, value: Value): void {
  const pointer = pointerIn(here, reg);
  if (pointer === undefined) return;
  const { to } = pointer;
  switch (to.space) {
    case 'stack':
      writeStack(here, pointer, off, size, value);
      return;
    case 'ctx':
      ctx(here, pointer, reg, off, size, true);
      return;
    case 'map':
      here.refuse('memory', `R${reg} is written through, which holds a pointer to a map itself`);
      break;
    case 'map-value': {
      const spec = here.map(to.map);
      if (spec === undefined) here.doubt();
      if (spec.flags & mapFlags.BPF_F_RDONLY_PROG)
        here.refuse('memory', `map ${spec.name} is written, which progs may only read`);
      checkBounds(here, pointer, off, size, spec.valueSize, 'written');
      return;
    }
    case 'map-key':
      here.refuse('memory', 'a map key is written, which may only be read');
      break;
    case 'memory':
      if (!to.isRecord) here.doubt();
      checkBounds(here, pointer, off, size, to.size, 'written');
      return;
    case 'func':
      here.refuse('memory', 'a function is written as if it were memory');
      break;
    default:
      unreachable(to);
      return;
  }
}

function ctx(
  here: Here,
  pointer: Pointer,
  reg: number,
  off: number,
  size: AccessSize,
  isWrite: boolean,
): 'scalar' | 'opaque' {
  const { prog, kernel } = here.subject;
  if (pointer.variable !== undefined) {
    if (constantOf(pointer.variable) !== undefined || prog.type === 'BPF_PROG_TYPE_SYSCALL')
      return here.doubt();
    return here.refuseIfSure(
      'memory',
      `the ctx is accessed through R${reg} at an offset that is not known`,
      pointer,
    );
  }
  if (pointer.off !== 0n && !kernel.abilities.shiftedCtx)
    here.refuse('memory', `the ctx is accessed through R${reg}, to which ${pointer.off} was added`);
  const answer = accessCtx(prog, kernel, { off: Number(pointer.off) + off, size, isWrite });
  if (typeof answer === 'object') return here.refuse('memory', answer.refused);
  return answer;
}

/** Atomic operations take no ctx, and their address is aligned. */
export function checkAtomic(here: Here, reg: number, off: number, size: 4 | 8): void {
  const pointer = pointerIn(here, reg);
  if (pointer === undefined) return;
  if (pointer.to.space === 'ctx')
    here.refuse('memory', 'the ctx is changed atomically, which is not allowed');
  const at = pointer.off + BigInt(off);
  if (pointer.variable === undefined && pointer.to.space !== 'stack' && at % BigInt(size) !== 0n)
    here.refuse(
      'memory',
      `${size} bytes are changed atomically at offset ${at} of ${nameOfPlace(pointer.to)}, which is not aligned`,
    );
}

/** Refuses memory that a helper may not have. `isFilled`: it writes. */
export function lendMemory(
  here: Here,
  reg: number,
  pointer: Pointer,
  size: number,
  isFilled: boolean,
): 'stack' | undefined {
  const { to } = pointer;
  const verb = isFilled ? 'written' : 'read';
  if (pointer.orNull)
    here.refuse('argument', `a helper gets R${reg}, which may be null: compare it with 0 before`);
  switch (to.space) {
    case 'stack':
      return 'stack';
    case 'map-value':
      checkBounds(here, pointer, 0, size, here.map(to.map)?.valueSize ?? here.doubt(), verb);
      return undefined;
    case 'map-key':
      checkBounds(here, pointer, 0, size, here.map(to.map)?.keySize ?? here.doubt(), verb);
      return undefined;
    case 'memory':
      checkBounds(here, pointer, 0, size, to.size, verb);
      return undefined;
    case 'ctx':
      if (here.subject.prog.type === 'BPF_PROG_TYPE_SYSCALL') return undefined;
      return here.refuse(
        'argument',
        `a helper wants memory in R${reg}, which holds ${describeValue(pointer)}`,
      );
    case 'map':
    case 'func':
      return here.refuse(
        'argument',
        `a helper wants memory in R${reg}, which holds ${describeValue(pointer)}`,
      );
    default:
      return unreachable(to);
  }
}
