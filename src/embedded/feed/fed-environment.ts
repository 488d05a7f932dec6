import {
  type AddressSpace,
  type Clock,
  type Environment,
  type Task,
  UnansweredError,
} from '../../vm/index.ts';
import { type Happening, READ_TEXT, type Told } from './happening.ts';
import type { MachineFacts } from './machine-facts.ts';
import { MemoryImage } from './memory-image.ts';

/** Has answers where what happened says nothing; called with what happened. */
export type Otherwise = (happening: Happening) => Environment;

/**
 * Answers progs from what happened: first what was told in answer to the very same question, in the order of asking; then what follows from
 * the event itself (its time, its task, memory that was read in part); then `otherwise`.
 */
export class FedEnvironment implements Environment {
  readonly #facts: MachineFacts;
  readonly #otherwise: Otherwise;
  #now: { readonly happening: Happening; readonly answers: Answers } | undefined;

  constructor(facts: MachineFacts, otherwise: Otherwise) {
    this.#facts = facts;
    this.#otherwise = otherwise;
  }

  /** From here on progs run for this. */
  begin(happening: Happening): void {
    if (this.#now?.happening !== happening) this.#now = { happening, answers: new Answers(happening.told) };
  }

  now(clock: Clock): bigint {
    return this.#ask('now', [clock], ({ timeNs }, otherwise) => {
      const offset = this.#facts.clockOffsets[clock];
      return offset === undefined ? otherwise.now(clock) : timeNs + offset;
    });
  }
  random(): number {
    return this.#ask('random', [], (_, otherwise) => otherwise.random());
  }
  task(): Task {
    return this.#current.happening.task;
  }
  read(space: AddressSpace, address: bigint, into: Uint8Array, isText = false): number {
    const { happening, answers } = this.#current;
    const asked = [space, address, into.length];
    const told = answers.next('read', asked) ?? (isText ? answers.next(READ_TEXT, asked) : undefined);
    if (told !== undefined) {
      if (!(told.given instanceof Uint8Array)) return Number(told.given);
      into.set(told.given);
      return told.given.length;
    }
    const { length, stop } = answers.image.read(space, address, into);
    if (stop !== 'unknown' || (isText && into.subarray(0, length).includes(0))) return length;
    return this.#otherwise(happening).read(space, address, into, isText);
  }
  /** A stack that was cut says how many frames it was asked for: it serves those who want as many, then those who want no more. */
  stack(space: AddressSpace, limit: number): readonly bigint[] {
    const { happening, answers } = this.#current;
    const told =
      answers.next('stack', [space, limit]) ??
      answers.next('stack', [space]) ??
      happening.told.find(
        ({ call, asked }) => call === 'stack' && asked[0] === space && Number(asked[1]) >= limit,
      );
    // The form of answers is that of the calls they were noted for.
    return told === undefined ? this.#otherwise(happening).stack(space, limit) : (told.given as bigint[]);
  }
  write(address: bigint, bytes: Uint8Array): boolean {
    return this.#ask('write', [address, bytes], (_, otherwise) => otherwise.write?.(address, bytes) ?? false);
  }
  functionIp(): bigint {
    return this.#ask('functionIp', [], (_, otherwise) => otherwise.functionIp?.() ?? 0n);
  }
  attachCookie(): bigint {
    return this.#ask('attachCookie', [], (_, otherwise) => otherwise.attachCookie?.() ?? 0n);
  }
  sessionIsReturn(): boolean {
    return this.#ask('sessionIsReturn', [], (_, otherwise) => otherwise.sessionIsReturn?.() ?? false);
  }
  namespaceIds(dev: bigint, ino: bigint): { readonly pid: number; readonly tid: number } | undefined {
    return this.#ask('namespaceIds', [dev, ino], (_, otherwise) => otherwise.namespaceIds?.(dev, ino));
  }
  perCpuAddress(base: bigint, cpu: number): bigint {
    return this.#ask('perCpuAddress', [base, cpu], (_, other) => other.perCpuAddress?.(base, cpu) ?? base);
  }
  taskRegisters(task: bigint): bigint {
    return this.#ask('taskRegisters', [task], (_, otherwise) => otherwise.taskRegisters?.(task) ?? 0n);
  }
  socketCookie(address: bigint): bigint {
    return this.#ask('socketCookie', [address], (_, otherwise) => otherwise.socketCookie?.(address) ?? 0n);
  }
  numaNode(cpu: number): number {
    return this.#ask('numaNode', [cpu], (_, otherwise) => otherwise.numaNode?.(cpu) ?? 0);
  }
  signal(signal: number, scope: 'process' | 'thread'): number {
    return this.#ask('signal', [signal, scope], (_, other) => other.signal?.(signal, scope) ?? EPERM);
  }
  overrideReturn(value: bigint): number {
    return this.#ask('overrideReturn', [value], (_, otherwise) => otherwise.overrideReturn?.(value) ?? EPERM);
  }
  path(address: bigint): string | undefined {
    return this.#ask('path', [address], (_, otherwise) => otherwise.path?.(address));
  }

  get #current(): { readonly happening: Happening; readonly answers: Answers } {
    // Progs run for events only, and whoever runs one says for which.
    if (this.#now === undefined) throw new UnansweredError('runs although nothing has happened');
    return this.#now;
  }

  #ask<T>(
    call: string,
    asked: readonly unknown[],
    untold: (happening: Happening, otherwise: Environment) => T,
  ): T {
    const { happening, answers } = this.#current;
    const told = answers.next(call, asked);
    // The form of answers is that of the calls they were noted for.
    return told === undefined ? untold(happening, this.#otherwise(happening)) : (told.given as T);
  }
}

const EPERM = -1;

/** What was told during one event, by question. */
class Answers {
  readonly #told: readonly Told[];
  readonly #byQuestion = new Map<string, { readonly told: Told[]; next: number }>();
  #image: MemoryImage | undefined;

  constructor(told: readonly Told[]) {
    this.#told = told;
    for (const each of told) {
      const question = questionOf(each.call, each.asked);
      const known = this.#byQuestion.get(question);
      if (known === undefined) this.#byQuestion.set(question, { told: [each], next: 0 });
      else known.told.push(each);
    }
  }

  get image(): MemoryImage {
    this.#image ??= new MemoryImage(this.#told);
    return this.#image;
  }

  /** The next answer to a question; when it is asked more often than it was, the last one stays. */
  next(call: string, asked: readonly unknown[]): Told | undefined {
    const known = this.#byQuestion.get(questionOf(call, asked));
    return known?.told[Math.min(known.next++, known.told.length - 1)];
  }
}

function questionOf(call: string, asked: readonly unknown[]): string {
  return `${call} ${asked.join(' ')}`;
}
