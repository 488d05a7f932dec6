import type { SourceTrail } from '../program/index.ts';
import { Here, type Subject, type VerifiedProgram } from './here.ts';
import type { KernelProfile } from './kernel-profile.ts';
import { layOut } from './layout.ts';
import { DoubtError, type Refusal, RefusedError } from './refusal.ts';
import { checkStackDepth } from './stack-depth.ts';
import { copyState, coversState, hasVague, newFrame, type State } from './state.ts';
import { pointerTo } from './values.ts';
import { follow, type Onward } from './walk.ts';

/** What a kernel would say of a prog. */
export type Verdict =
  /** It refuses it. `trail`: the place of the script. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly trail: SourceTrail | undefined }
  /** Nothing speaks against it. `isComplete`: every way was followed to its end. */
  | { readonly kind: 'not-refused'; readonly isComplete: boolean; readonly followed: number };

export interface VerifyOptions {
  /** Instructions to follow in all before giving up. Default: a little more than kernels do. */
  readonly budget?: number;
}

const DEFAULT_BUDGET = 1_100_000;

/**
 * Says what a kernel's verifier would say of a prog, as far as that is sure: what it is not sure of it does not call refused.
 *
 * All ways through the prog are followed with what is known of registers and stack, as the kernel does; a way ends early where an earlier one
 * covers it.
 */
export function verifyProg(
  program: VerifiedProgram,
  index: number,
  kernel: KernelProfile,
  options: VerifyOptions = {},
): Verdict {
  const prog = program.progs[index];
  if (prog === undefined) throw new RangeError(`prog ${index} of ${program.progs.length}`);
  try {
    const layout = layOut(prog, kernel);
    const relocs = new Map(prog.relocs.map((reloc) => [reloc.insn, reloc]));
    const subject: Subject = { program, prog, kernel, layout, relocs };
    return new Walk(subject, options.budget ?? DEFAULT_BUDGET).run();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { refusal } = error;
    return {
      kind: 'refused',
      refusal,
      trail: prog.lines.findLast((line) => line.insn <= refusal.insn)?.trail,
    };
  }
}

/** Earlier states kept per instruction. */
const KEPT_STATES = 24;

class Walk {
  readonly #subject: Subject;
  readonly #budget: number;
  readonly #here: Here;
  readonly #earlier = new Map<number, { visits: number; readonly states: State[] }>();
  #followed = 0;
  #isComplete = true;
  #isFirstWay = true;

  constructor(subject: Subject, budget: number) {
    this.#subject = subject;
    this.#budget = budget;
    this.#here = new Here(subject, startOf(0));
  }

  run(): Verdict {
    const main = startOf(0);
    main.frames[0]!.regs[1] = pointerTo({ space: 'ctx' });
    this.#followAll(main);
    const done = new Set<number>();
    for (;;) {
      const func = [...this.#here.calledGlobals].find((each) => !done.has(each));
      if (func === undefined) break;
      done.add(func);
      this.#earlier.clear();
      const { start, params } = this.#subject.layout.funcs[func]!;
      const state = startOf(func, start);
      this.#here.moveTo(state);
      for (let reg = 1; reg <= params; reg++) state.frames[0]!.regs[reg] = this.#here.unknown();
      this.#followAll(state);
    }
    checkStackDepth(this.#subject, this.#here.depths);
    return { kind: 'not-refused', isComplete: this.#isComplete, followed: this.#followed };
  }

  #followAll(start: State): void {
    this.#isFirstWay = true;
    const pending = [start];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      if (this.#isWorthwhile(state)) this.#followWay(state, pending);
      this.#isFirstWay = false;
    }
  }

  #followWay(start: State, pending: State[]): void {
    const { steps } = this.#subject.layout;
    const { maxFollowed, maxPendingJumps } = this.#subject.kernel;
    let state = start;
    for (;;) {
      if (++this.#followed > this.#budget) {
        this.#isComplete = false;
        pending.length = 0;
        return;
      }
      const from = state.insn;
      this.#here.moveTo(state);
      // The longest way alone: earlier ways cover only what was followed to its end as well.
      if (++state.steps > maxFollowed && state.rounds === 0)
        this.#here.refuse('complexity', `a way through the prog takes more than ${maxFollowed} instructions`);
      let onward: Onward;
      try {
        onward = follow(this.#here, steps[from]!);
      } catch (error) {
        if (!(error instanceof DoubtError)) throw error;
        this.#isComplete = false;
        return;
      }
      if (onward.later !== undefined) {
        // Before the first way has come to its end, nothing can be left out.
        if (this.#isFirstWay && onward.later.forks > maxPendingJumps && onward.later.rounds === 0)
          this.#here.refuse('complexity', `more than ${maxPendingJumps} branches can go either way`);
        pending.push(onward.later);
      }
      if (onward.now === undefined) return;
      state = onward.now;
      if (!this.#isWorthwhile(state)) return;
    }
  }

  /** False when an earlier way covers this one. */
  #isWorthwhile(state: State): boolean {
    const { layout } = this.#subject;
    const { insn } = state;
    if (layout.isTarget[insn] !== 1) return true;
    const live = layout.live[insn]!;
    let earlier = this.#earlier.get(insn);
    if (earlier === undefined) {
      earlier = { visits: 0, states: [] };
      this.#earlier.set(insn, earlier);
    }
    // In a loop that counts, comparing with everything every time would take most of the time.
    const isThorough = earlier.visits < 1000 || earlier.visits % 16 === 0;
    const oldest = isThorough ? 0 : Math.max(0, earlier.states.length - 2);
    for (let index = earlier.states.length - 1; index >= oldest; index--) {
      const kept = earlier.states[index]!;
      if (!coversState(kept, state, live)) continue;
      this.#checkLoop(state, kept, live);
      return false;
    }
    earlier.visits++;
    const isKept = earlier.visits <= 2 * KEPT_STATES || (earlier.visits & (earlier.visits - 1)) === 0;
    if (isKept) {
      const kept = copyState(state);
      state.ancestors = { kept, before: state.ancestors };
      earlier.states.push(kept);
      if (earlier.states.length > KEPT_STATES) earlier.states.shift();
    }
    return true;
  }

  /** A way that comes to a place it was at before, with nothing changed that is still read, never ends. */
  #checkLoop(state: State, kept: State, live: number): void {
    let ancestor = state.ancestors;
    while (ancestor !== undefined && ancestor.kept !== kept) ancestor = ancestor.before;
    const isRepeated =
      ancestor !== undefined && kept.rounds === state.rounds && coversState(state, kept, live);
    if (!isRepeated || hasVague(state, live) || hasVague(kept, live)) return;
    this.#here.moveTo(state);
    this.#here.refuse('loop', 'the loop comes back with nothing changed and never ends');
  }
}

function startOf(func: number, insn = 0): State {
  const frame = newFrame(func, { kind: 'prog' });
  frame.regs[10] = pointerTo({ space: 'stack', frame: 0 });
  return {
    insn,
    frames: [frame],
    references: new Map(),
    steps: 0,
    forks: 0,
    rounds: 0,
    ancestors: undefined,
  };
}
