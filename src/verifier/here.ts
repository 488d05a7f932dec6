import type { BpfMapSpec, Prog, Program, Reloc } from '../program/index.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { Layout } from './layout.ts';
import { DoubtError, type RefusalKind, RefusedError } from './refusal.ts';
import { type Bounds, fullBounds, type Scalar, scalarOf } from './scalar.ts';
import type { Frame, State } from './state.ts';
import type { Pointer, Value } from './values.ts';

/** The parts of a Program that a verdict hangs on. */
export type VerifiedProgram = Pick<Program, 'bpfMaps' | 'progs' | 'license'> &
  Partial<Pick<Program, 'constants'>>;

/** A prog that is being followed, and what it is followed for. */
export interface Subject {
  readonly program: VerifiedProgram;
  readonly prog: Prog;
  readonly kernel: KernelProfile;
  readonly layout: Layout;
  readonly relocs: ReadonlyMap<number, Reloc>;
}

/** The instruction that is looked at on one way through a prog. */
export class Here {
  readonly subject: Subject;
  state: State;
  insn: number;
  /** Bytes of stack that each function uses, as far as was seen. */
  readonly depths: number[] = [];
  /** Functions verified by themselves that some way calls. */
  readonly calledGlobals = new Set<number>();
  #nextId = 1;

  constructor(subject: Subject, state: State) {
    this.subject = subject;
    this.state = state;
    this.insn = state.insn;
  }

  moveTo(state: State): void {
    this.state = state;
    this.insn = state.insn;
  }

  noteDepth(pointer: Pointer, depth: number): void {
    if (pointer.to.space !== 'stack') return;
    const func = this.state.frames[pointer.to.frame]?.func ?? 0;
    this.depths[func] = Math.max(this.depths[func] ?? 0, depth);
  }

  get frame(): Frame {
    return this.state.frames[this.state.frames.length - 1]!;
  }

  get abilities(): KernelProfile['abilities'] {
    return this.subject.kernel.abilities;
  }

  map(index: number): BpfMapSpec | undefined {
    return this.subject.program.bpfMaps[index];
  }

  /** A number nobody has used yet. */
  freshId(): number {
    return this.#nextId++;
  }

  /** An unknown number within bounds. */
  unknown(bounds: Bounds = fullBounds, isVague = false): Scalar {
    return scalarOf(bounds, { id: this.freshId(), isVague });
  }

  refuse(kind: RefusalKind, text: string): never {
    throw new RefusedError({ insn: this.insn, kind, text });
  }

  /** Refuses on account of what is known of some values; a way on which a kernel may know more is left instead. */
  refuseIfSure(kind: RefusalKind, text: string, ...values: readonly (Value | undefined)[]): never {
    for (const value of values) {
      const number = value?.kind === 'pointer' ? value.variable : value;
      if (number?.kind === 'scalar' && number.isVague) this.doubt();
      if (number?.kind === 'opaque') this.doubt();
    }
    return this.refuse(kind, text);
  }

  /** Leaves this way. */
  doubt(): never {
    throw new DoubtError(`nothing more is sure behind instruction ${this.insn}`);
  }

  /** What a register holds. */
  read(reg: number): Value {
    const value = this.frame.regs[reg]!;
    if (value.kind === 'none')
      return this.refuse('uninitialised', `R${reg} is read, which holds nothing here`);
    return value;
  }

  write(reg: number, value: Value): void {
    if (reg === 10) this.refuse('instruction', 'the frame pointer R10 is written, which is read-only');
    this.frame.regs[reg] = value;
  }
}
