import { type HelperArg, type HelperName, helperNamed, helperSignature } from '../bpf/index.ts';
import { gplOnly, isGplCompatible, unavailable, wrongMap } from './helper-availability.ts';
import type { Here } from './here.ts';
import { lendMemory } from './memory-access.ts';
import { constantOf, fullBounds, type Scalar, signedRange } from './scalar.ts';
import { checkStackBounds, lendStack, stackPlace } from './stack-access.ts';
import { mapValues } from './state.ts';
import { describeValue, none, opaque, type Pointer, pointerTo, type Value } from './values.ts';

/** A function that a helper calls: where it starts, and what is in its registers. */
export interface CallbackStart {
  readonly insn: number;
  readonly args: readonly Value[];
  /** What the helper itself gives afterwards. */
  readonly result: Value;
}

/** Sizes beyond this count as unbounded. Source: BPF_MAX_VAR_SIZ. */
const MAX_SIZE = 1n << 29n;

/** Helpers that read text and tell its length, at most the size they were given; a negative number is an errno. */
const boundedBySize: ReadonlySet<HelperName> = new Set<HelperName>([
  'get_stack',
  'get_task_stack',
  'probe_read_str',
  'probe_read_kernel_str',
  'probe_read_user_str',
]);

const MAX_ERRNO = 4095n;

/** Calls a helper: checks its arguments, sets R0, and loses R1 to R5. A callback is returned for the walk to enter. */
export function callHelper(here: Here, id: number): CallbackStart | undefined {
  const { kernel, prog, program } = here.subject;
  const name = helperNamed(id);
  if (name === undefined || id > kernel.lastHelper)
    return here.refuse('helper', `this kernel has no helper ${name === undefined ? id : `bpf_${name}`}`);
  const missing = unavailable(name, prog);
  if (missing !== undefined) here.refuse('helper', missing);
  if (gplOnly.has(name) && !isGplCompatible(program.license))
    here.refuse('helper', `bpf_${name} is for progs under a licence compatible with the GPL`);

  const call = new Call(here, name);
  const { args, returns } = helperSignature(name);
  for (const [index, arg] of args.entries()) call.take(index + 1, arg, args[index + 1]);
  if (name === 'tail_call' && here.state.references.size > 0)
    here.refuse('reference', 'a tail call is made while something that was reserved is not given back');

  const callback = call.callback();
  const result = call.result(returns);
  for (let reg = 0; reg <= 5; reg++) here.frame.regs[reg] = none;
  // Behind a release, all pointers to what was given back are gone.
  const released = call.released;
  if (released !== 0) {
    const references = new Map(here.state.references);
    references.delete(released);
    here.state.references = references;
    mapValues(here.state, (value) =>
      value.kind === 'pointer' && value.to.space === 'memory' && value.to.reference === released
        ? here.unknown()
        : value,
    );
  }
  here.frame.regs[0] = result;
  return callback && { ...callback, result };
}

/** The arguments of one call, taken one after the other. */
class Call {
  readonly #here: Here;
  readonly #name: HelperName;
  #map: number | undefined;
  #key: bigint | undefined;
  #maxSize: bigint | undefined;
  #constSize = 0;
  #func: number | undefined;
  #callbackCtx: Value = opaque;
  released = 0;

  constructor(here: Here, name: HelperName) {
    this.#here = here;
    this.#name = name;
  }

  take(reg: number, arg: HelperArg, next: HelperArg | undefined): void {
    const here: Here = this.#here;
    const value = here.read(reg);
    if (value.kind === 'opaque') return;
    switch (arg) {
      case 'scalar':
        return;
      case 'ctx':
        this.#ctx(reg, value);
        return;
      case 'map':
        this.#takeMap(reg, value);
        return;
      case 'map-key':
        this.#memory(reg, value, this.#spec()?.keySize ?? 0, false);
        this.#key = this.#constantKey(value);
        return;
      case 'map-value':
        this.#memory(reg, value, this.#spec()?.valueSize ?? 0, false);
        return;
      case 'uninit-map-value':
        this.#memory(reg, value, this.#spec()?.valueSize ?? 0, true);
        return;
      case 'mem':
      case 'mem-or-null':
      case 'uninit-mem':
      case 'uninit-mem-or-null':
        this.#sizedMemory(reg, value, arg, next);
        return;
      case 'size':
      case 'size0':
        return; // checked with the memory before it
      case 'const-size':
        this.#constantSize(reg, value);
        return;
      case 'uninit-int':
        this.#memory(reg, value, 4, true);
        return;
      case 'uninit-long':
        this.#memory(reg, value, 8, true);
        return;
      case 'ringbuf-mem':
        this.#record(reg, value);
        return;
      case 'callback':
        if (value.kind === 'pointer' && value.to.space === 'func') this.#func = value.to.insn;
        else
          here.refuse(
            'argument',
            `bpf_${this.#name} wants a function in R${reg}, which holds ${describeValue(value)}`,
          );
        return;
      case 'callback-ctx':
        this.#callbackCtx = value;
        return;
      case 'const-string':
      case 'fixed-mem':
      case 'map-value-or-null':
      case 'map-kptr':
      case 'dynptr':
      case 'uninit-dynptr':
      case 'timer':
      case 'spin-lock':
      case 'socket':
        if (value.kind === 'scalar' && constantOf(value) === undefined) this.#wrong(reg, value, 'a pointer');
        if (arg === 'uninit-dynptr' || arg === 'dynptr' || arg === 'timer') here.doubt();
        return;
      default:
        // btf:NAME
        if (value.kind === 'scalar' && constantOf(value) !== 0n)
          this.#wrong(reg, value, 'a typed kernel pointer');
        return;
    }
  }

  #wrong(reg: number, value: Value, wanted: string): never {
    return this.#here.refuseIfSure(
      'argument',
      `bpf_${this.#name} wants ${wanted} in R${reg}, which holds ${describeValue(value)}`,
      value,
    );
  }

  #ctx(reg: number, value: Value): void {
    if (value.kind !== 'pointer' || value.to.space !== 'ctx') this.#wrong(reg, value, 'the ctx');
    else if ((value.off !== 0n || value.variable !== undefined) && !this.#here.abilities.shiftedCtx)
      this.#here.refuse(
        'argument',
        `bpf_${this.#name} wants the ctx in R${reg}, to which something was added`,
      );
  }

  #takeMap(reg: number, value: Value): void {
    if (value.kind !== 'pointer' || value.to.space !== 'map') this.#wrong(reg, value, 'a map');
    this.#map = value.to.map;
    const spec = this.#spec();
    const wrong = spec && wrongMap(this.#name, spec.type);
    if (wrong !== undefined) this.#here.refuse('argument', wrong);
  }

  #spec() {
    return this.#map === undefined ? undefined : this.#here.map(this.#map);
  }

  #constantKey(value: Value): bigint | undefined {
    if (value.kind !== 'pointer' || value.to.space !== 'stack' || value.variable !== undefined)
      return undefined;
    const { index, byte } = stackPlace(Number(value.off));
    const slot = this.#here.state.frames[value.to.frame]?.stack[index];
    if (slot === undefined) return undefined;
    if (((slot.zero >> byte) & 0xf) === 0xf) return 0n;
    if (slot.spill?.kind !== 'scalar' || byte !== 0) return undefined;
    const known = constantOf(slot.spill);
    return known === undefined ? undefined : known & 0xffff_ffffn;
  }

  #memory(reg: number, value: Value, size: number, isFilled: boolean): void {
    if (value.kind !== 'pointer') {
      if (value.kind === 'scalar') this.#wrong(reg, value, 'memory');
      return;
    }
    if (this.#map === undefined && size === 0) return;
    if (lendMemory(this.#here, reg, value, size, isFilled) === 'stack')
      lendStack(this.#here, value, size, isFilled);
  }

  #sizedMemory(reg: number, value: Value, arg: HelperArg, next: HelperArg | undefined): void {
    const here: Here = this.#here;
    const size = here.read(reg + 1);
    if (size.kind === 'opaque') return;
    if (size.kind !== 'scalar') {
      // A pointer as a size.
      here.refuse(
        'argument',
        `bpf_${this.#name} wants a size in R${reg + 1}, which holds ${describeValue(size)}`,
      );
    }
    this.#maxSize = size.umax;
    const mayBeNull = arg === 'mem-or-null' || arg === 'uninit-mem-or-null';
    if (value.kind === 'scalar') {
      if (mayBeNull && constantOf(value) === 0n) return;
      this.#wrong(reg, value, 'memory');
    }
    if (value.kind !== 'pointer') return;
    if (value.orNull && mayBeNull) return;
    const isFilled = arg.startsWith('uninit');
    if (size.smin < 0n)
      here.refuseIfSure(
        'argument',
        `bpf_${this.#name} gets a size in R${reg + 1} that may be negative`,
        size,
      );
    if (size.umin === 0n && next === 'size')
      here.refuseIfSure('argument', `bpf_${this.#name} gets a size in R${reg + 1} that may be 0`, size);
    if (size.umax >= MAX_SIZE)
      here.refuseIfSure(
        'argument',
        `bpf_${this.#name} gets a size in R${reg + 1} without an upper bound`,
        size,
      );
    const most = Number(size.umax);
    if (size.isVague) here.doubt();
    if (lendMemory(here, reg, value, most, isFilled) === 'stack') {
      // Bytes that may or may not be read need not be there in every kernel; those of a known size do.
      if (isFilled || constantOf(size) !== undefined) lendStack(here, value, most, isFilled);
      else if (most > 0) checkStackBounds(here, value, 0, most, 'read');
    }
  }

  #constantSize(reg: number, value: Value): void {
    if (value.kind !== 'scalar') this.#wrong(reg, value, 'a constant');
    const known = constantOf(value);
    if (known === undefined) this.#wrong(reg, value, 'a constant');
    else this.#constSize = Number(known);
  }

  #record(reg: number, value: Value): void {
    const isRecord = value.kind === 'pointer' && value.to.space === 'memory' && value.to.isRecord;
    if (!isRecord) this.#wrong(reg, value, 'a reserved record');
    const pointer = value as Pointer; // as just checked
    if (pointer.orNull)
      this.#here.refuse(
        'argument',
        `bpf_${this.#name} gets a record in R${reg} that may be null: compare it with 0 before`,
      );
    if ((pointer.off !== 0n || pointer.variable !== undefined) && this.#here.abilities.exactRecords)
      this.#here.refuseIfSure(
        'argument',
        `bpf_${this.#name} gets a pointer into a record in R${reg}, not its start`,
        pointer,
      );
    if (pointer.to.space === 'memory') this.released = pointer.to.reference;
  }

  callback(): Omit<CallbackStart, 'result'> | undefined {
    if (this.#func === undefined) return undefined;
    const here: Here = this.#here;
    switch (this.#name) {
      case 'loop':
        return { insn: this.#func, args: [here.unknown(fullBounds, true), this.#callbackCtx] };
      case 'for_each_map_elem': {
        const map = this.#map;
        if (map === undefined) return here.doubt();
        return {
          insn: this.#func,
          args: [
            pointerTo({ space: 'map', map }),
            pointerTo({ space: 'map-key', map }),
            pointerTo({ space: 'map-value', map }),
            this.#callbackCtx,
          ],
        };
      }
      default:
        return here.doubt();
    }
  }

  result(returns: string): Value {
    const here: Here = this.#here;
    switch (returns) {
      case 'void':
        return none;
      case 'scalar':
        return this.#number();
      case 'map-value':
      case 'map-value-or-null':
        return this.#mapValue(returns === 'map-value-or-null');
      case 'ringbuf-mem-or-null': {
        const id = here.freshId();
        here.state.references = new Map([...here.state.references, [id, here.insn]]);
        const to = { space: 'memory', size: this.#constSize, reference: id, isRecord: true } as const;
        return { ...pointerTo(to), orNull: true, id };
      }
      case 'dynptr-mem-or-null':
        return here.doubt();
      default:
        return opaque;
    }
  }

  #number(): Scalar {
    const here: Here = this.#here;
    if (boundedBySize.has(this.#name) && this.#maxSize !== undefined && this.#maxSize < MAX_SIZE)
      return here.unknown(signedRange(-MAX_ERRNO, this.#maxSize));
    return here.unknown(
      fullBounds,
      this.#name === 'get_smp_processor_id' || this.#name === 'get_numa_node_id',
    );
  }

  #mapValue(orNull: boolean): Value {
    const here: Here = this.#here;
    const map = this.#map;
    const spec = this.#spec();
    if (map === undefined || spec === undefined) return opaque;
    const isArray = spec.type === 'BPF_MAP_TYPE_ARRAY' || spec.type === 'BPF_MAP_TYPE_PERCPU_ARRAY';
    if (isArray && here.abilities.knownLookups) {
      const isThere = this.#key !== undefined && this.#key < BigInt(spec.maxEntries);
      if (isThere) return pointerTo({ space: 'map-value', map });
    }
    return { ...pointerTo({ space: 'map-value', map }), orNull, id: here.freshId() };
  }
}
