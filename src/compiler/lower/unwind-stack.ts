/**
 * Unwinding of user stacks without frame pointers (dw_ustack). The process's stack holds return addresses at places that only its tables know:
 *
 *     pc ──▶ range of the mapping ──▶ row of the code ──▶ rule: CFA = sp + 48, caller's pc at CFA - 8, its bp at CFA - 16
 *                                                               │
 *     pc, sp, bp, bx of the caller  ◀───────────────────────────┘   and so on
 *
 * One step is a function of the prog that takes the number of a walk's state and gives the caller's pc (0: there is none, all ones: lost), and
 * so are the two searches: each is verified once, by itself, and the loop over frames is a few instructions per round for the verifier.
 *
 * Code that no row speaks of (made at run time, or written without such tables) is taken to keep frame pointers, if the one there is leads up the
 * stack.
 */
import { U64_MAX } from '../../base/index.ts';
import {
  archFacts,
  INNERMOST_ONLY,
  type ProbeKind,
  RANGE_SEARCH_STEPS,
  ROW_SEARCH_STEPS,
  SIGNAL_FRAME,
  UNCHANGED,
  unwindKinds,
  unwindProcess,
  unwindRange,
  unwindRow,
  unwindRule,
  unwindState,
} from '../../program/index.ts';
import { currentPid, type Lower, type Place } from '../builtins/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import { branch, repeat } from './control.ts';
import { refuse } from './failure.ts';
import type { FuncContext } from './func-context.ts';
import type { ProgContext } from './program-context.ts';
import { reportRuntimeError } from './runtime-errors.ts';
import { subprogram } from './subprograms.ts';

const state = unwindState.offsets;
const rule = unwindRule.offsets;
const range = unwindRange.offsets;
/** Registers by DWARF's numbers; behind the 16 of them is the frame's address. Source: System V psABI for AMD64, figure 3.36. */
const [BX, BP, SP, FRAME] = [3, 6, 7, 16];
/** What the walk gives where it cannot go on. */
const LOST = U64_MAX;

/** The ctx is the registers of the process. */
const hasUserRegisters: ReadonlySet<ProbeKind> = new Set(['uprobe', 'uretprobe', 'usdt']);
/** The ctx is the registers of whatever was interrupted. */
const hasAnyRegisters: ReadonlySet<ProbeKind> = new Set([
  'profile',
  'interval',
  'software',
  'hardware',
  'watchpoint',
]);

/** Writes a u64 count and the frames to `to`; what is left of `limit` frames is zero. */
export function unwindStack(f: FuncContext, lower: Lower, to: Place, limit: number): void {
  const { b } = f;
  b.zero(to.base, 8 + limit * 8, { off: to.off, align: to.align });
  if (limit === 0) return;
  const { processes, states } = f.prog.program.mapTable.unwinding;
  const pid = b.temporary(8);
  b.store(4, pid, currentPid(lower, 'curr_ns'));
  const process = b.call('map_lookup_elem', [b.mapFd(processes), pid]);
  const isKnown = b.compare('ne', process, b.const(0));
  branch(f, isKnown, walk, () => reportRuntimeError(f, 'no-unwind-tables'), 'otherwise');

  function walk(): void {
    const number = f.prog.program.mapTable.newUnwindState();
    const key = b.temporary(8);
    b.store(4, key, b.const(number));
    const place = b.call('map_lookup_elem', [b.mapFd(states), key]);
    branch(f, b.compare('ne', place, b.const(0)), () => {
      startWalk(f, place, process);
      walkFrames(f, to, limit, number, b.load(8, place, state.pc));
      const misses = b.load(8, place, state.misses);
      branch(f, b.compare('ne', misses, b.const(0)), () => {
        b.atomicAdd(8, process, misses, unwindProcess.offsets.misses);
      });
    });
  }
}

/** The loop over frames. Each round stores the frame that is known, and finds the next. */
function walkFrames(f: FuncContext, to: Place, limit: number, number: number, pc: ValueId): void {
  const { b } = f;
  const step = stepFunction(f.prog);
  const next = b.declareVariable(pc);
  const frames = b.addConst(to.base, to.off + 8);
  repeat(f, limit, ({ index, leaveWhen }) => {
    const frame = b.readVariable(next);
    leaveWhen(b.compare('eq', frame, b.const(0)));
    b.store(8, b.binary('add', frames, b.binary('shl', index, b.const(3))), frame);
    b.store(8, to.base, b.addConst(index, 1), to.off);
    leaveWhen(b.compare('eq', frame, b.const(LOST)));
    b.writeVariable(next, b.callFunc(step, [b.const(number)]));
  });
}

/** The registers of the process as it was when it entered the kernel, or was interrupted. */
function startWalk(f: FuncContext, place: ValueId, process: ValueId): void {
  const { b, prog } = f;
  const { target } = prog.program;
  const { kind } = prog.probe;
  b.store(8, place, b.const(0), state.isCaller);
  b.store(8, place, b.const(0), state.misses);
  b.store(8, place, b.load(4, process, unwindProcess.offsets.firstRange), state.firstRange);
  b.store(8, place, b.load(4, process, unwindProcess.offsets.ranges), state.ranges);
  const facts = archFacts(target.arch);
  const take = (registers: ValueId): void => {
    const from = (name: string): ValueId => b.load(8, registers, facts.registers[name] ?? 0);
    b.store(8, place, from(facts.instructionPointer), state.pc);
    for (const [index, name] of facts.dwarfRegisters.entries())
      b.store(8, place, from(name), state.registers + index * 8);
  };
  const takeFromTask = (): void => {
    if (!target.has('task-pt-regs')) {
      refuse(
        prog.probe.span,
        `dw_ustack in ${prog.probe.kind} probes takes bpf_task_pt_regs() (Linux 5.15): here it can only be used in uprobes and USDT probes`,
      );
    }
    const task = b.call('get_current_task_btf', [], 'stable');
    take(b.call('task_pt_regs', [task], 'stable'));
  };
  if (hasUserRegisters.has(kind)) take(f.ctx());
  else if (hasAnyRegisters.has(kind) && facts.userMode) {
    const { register, mask } = facts.userMode;
    const word = b.load(8, f.ctx(), facts.registers[register] ?? 0);
    const isUser = b.compare('eq', b.binary('and', word, b.const(mask)), b.const(mask));
    branch(f, isUser, () => take(f.ctx()), takeFromTask);
  } else takeFromTask();
}

/** step(number): the caller's pc, 0 where there is none, LOST where it is not to be found. */
function stepFunction(prog: ProgContext): string {
  const { states, ranges, rules } = prog.program.mapTable.unwinding;
  const findRange = searchFunction(prog, ranges, {
    name: 'unwind_find_range',
    steps: RANGE_SEARCH_STEPS,
    size: 8,
    offset: range.start,
  });
  const findRow = searchFunction(prog, prog.program.mapTable.unwinding.rows, {
    name: 'unwind_find_row',
    steps: ROW_SEARCH_STEPS,
    size: 4,
    offset: unwindRow.offsets.start,
    gives: unwindRow.offsets.rule,
  });
  return subprogram(prog, 'unwind_step', 1, (b) => {
    const place = entryOf(b, states, b.param(0));
    const pc = b.load(8, place, state.pc);
    const at = b.binary('sub', pc, b.load(8, place, state.isCaller));
    const first = b.load(8, place, state.firstRange);
    const count = b.load(8, place, state.ranges);
    const mapping = entryOf(b, ranges, b.callFunc(findRange, [first, count, at]));
    const into = b.binary('sub', at, b.load(8, mapping, range.start));
    const byPointer = b.newBlock();
    const missing = b.newBlock();
    const inRange = b.newBlock();
    b.branch(b.compare('ult', into, b.load(8, mapping, range.size)), inRange, missing);
    b.enter(missing);
    b.store(8, place, b.addConst(b.load(8, place, state.misses), 1), state.misses);
    b.jump(byPointer);

    b.enter(inRange);
    const distance = b.binary('sub', at, b.load(8, mapping, range.bias));
    const firstRow = b.load(4, mapping, range.firstRow);
    const rows = b.load(4, mapping, range.rows);
    const how = entryOf(b, rules, b.callFunc(findRow, [firstRow, rows, distance]));
    const kind = b.load(1, how, rule.kind);
    const spoken = b.newBlock();
    b.branch(b.compare('eq', kind, b.const(unwindKinds.none)), byPointer, spoken);
    b.sealBlock(byPointer);
    b.enter(spoken);
    returnWhen(b, b.compare('eq', kind, b.const(unwindKinds.end)), 0n);
    returnWhen(b, b.compare('eq', kind, b.const(unwindKinds.unknown)), LOST);
    followRule(b, { place, how, kind, pc });

    b.moveTo(byPointer);
    followPointer(b, place);
  });
}

interface RuleStep {
  readonly place: ValueId;
  readonly how: ValueId;
  readonly kind: ValueId;
  readonly pc: ValueId;
}

function followRule(b: FuncBuilder, { place, how, kind, pc }: RuleStep): void {
  const flags = b.load(1, how, rule.flags);
  const isInnermostOnly = b.binary('and', flags, b.const(INNERMOST_ONLY));
  // 2 and 1: both.
  returnWhen(
    b,
    b.compare('ugt', b.binary('add', isInnermostOnly, b.load(8, place, state.isCaller)), b.const(2)),
    LOST,
  );
  const sum = addressAt(b, place, how, rule.frameBase, rule.frameOffset);
  const extra = b.load(4, how, rule.frameExtra, true);
  const frame = b.declareVariable(sum);
  const ready = b.newBlock();
  whenKind(unwindKinds.loaded, () => b.binary('add', readWord(b, place, sum), extra));
  whenKind(unwindKinds.linkage, () => {
    const hasPushed = b.compare('uge', b.binary('and', pc, b.const(15)), extra);
    return b.binary('add', sum, b.binary('shl', hasPushed, b.const(3)));
  });
  b.jump(ready);
  b.enter(ready);
  const address = b.readVariable(frame);
  // A frame lies above the one it called, but for those of signals, whose handlers may have a stack of their own.
  const isSignal = b.binary('and', flags, b.const(SIGNAL_FRAME));
  const above = b.compare('ugt', address, b.load(8, place, state.registers + SP * 8));
  returnWhen(b, b.compare('eq', b.binary('or', above, isSignal), b.const(0)), LOST);
  b.store(8, place, address, state.registers + FRAME * 8);
  const caller = readWord(b, place, addressAt(b, place, how, rule.returnBase, rule.returnOffset));
  // Both before either is stored: they may be saved relative to each other.
  const bp = savedRegister(b, place, how, BP, rule.bpBase, rule.bpOffset);
  const bx = savedRegister(b, place, how, BX, rule.bxBase, rule.bxOffset);
  b.store(8, place, bp, state.registers + BP * 8);
  b.store(8, place, bx, state.registers + BX * 8);
  b.store(8, place, address, state.registers + SP * 8);
  b.store(8, place, b.compare('eq', isSignal, b.const(0)), state.isCaller);
  b.store(8, place, caller, state.pc);
  b.return(caller);

  function whenKind(wanted: number, value: () => ValueId): void {
    const then = b.newBlock();
    const otherwise = b.newBlock();
    b.branch(b.compare('eq', kind, b.const(wanted)), then, otherwise);
    b.enter(then);
    b.writeVariable(frame, value());
    b.jump(ready);
    b.enter(otherwise);
  }
}

/** What a rule says of a register: read from the stack, or unchanged. */
function savedRegister(
  b: FuncBuilder,
  place: ValueId,
  how: ValueId,
  register: number,
  baseAt: number,
  offsetAt: number,
): ValueId {
  const saved = b.newBlock();
  const join = b.newBlock();
  const value = b.declareVariable(b.load(8, place, state.registers + register * 8));
  b.branch(b.compare('eq', b.load(1, how, baseAt), b.const(UNCHANGED)), join, saved);
  b.enter(saved);
  b.writeVariable(value, readWord(b, place, addressAt(b, place, how, baseAt, offsetAt)));
  b.jump(join);
  b.enter(join);
  return b.readVariable(value);
}

/** A frame with a frame pointer: the caller's is where it points to, and the return address behind that. */
function followPointer(b: FuncBuilder, place: ValueId): void {
  const bp = b.load(8, place, state.registers + BP * 8);
  returnWhen(b, b.compare('eq', bp, b.const(0)), 0n);
  returnWhen(b, b.compare('ult', bp, b.load(8, place, state.registers + SP * 8)), LOST);
  const caller = readWord(b, place, b.addConst(bp, 8));
  const saved = readWord(b, place, bp);
  b.store(8, place, saved, state.registers + BP * 8);
  b.store(8, place, b.addConst(bp, 16), state.registers + SP * 8);
  b.store(8, place, b.const(1), state.isCaller);
  b.store(8, place, caller, state.pc);
  b.return(caller);
}

/** A register's value, named by a byte of the rule, plus an offset of the rule. */
function addressAt(b: FuncBuilder, place: ValueId, how: ValueId, baseAt: number, offsetAt: number): ValueId {
  // The mask changes no number of a register; it is there for the verifier.
  const register = b.binary('and', b.load(1, how, baseAt), b.const(31));
  const value = b.load(8, b.binary('add', place, b.binary('shl', register, b.const(3))), state.registers);
  return b.binary('add', value, b.load(4, how, offsetAt, true));
}

/** A word of the process's memory; leaves the function where it cannot be read. */
function readWord(b: FuncBuilder, place: ValueId, address: ValueId): ValueId {
  const result = b.call('probe_read_user', [b.addConst(place, state.word), b.const(8), address]);
  returnWhen(b, b.compare('ne', result, b.const(0)), LOST);
  return b.load(8, place, state.word);
}

interface Search {
  readonly name: string;
  /** Of what is searched for: size and place in an entry. */
  readonly size: 4 | 8;
  readonly offset: number;
  readonly steps: number;
  /** The place of the u32 in the entry that is wanted; absent: the entry's index is. */
  readonly gives?: number;
}

/** No table has so many entries. */
const NO_ENTRY = 0xffff_ffffn;

/**
 * search(first, count, wanted): of `count` entries from `first` on, the last that is not above what is wanted; the first where all are.
 *
 * Which half to go on in is computed, not branched to, so the verifier has one way through a round; and all rounds but those that are needed
 * are left out.
 */
function searchFunction(
  prog: ProgContext,
  map: number,
  { name, size, offset, steps, gives }: Search,
): string {
  return subprogram(prog, name, 3, (b) => {
    const wanted = b.param(2);
    const from = b.declareVariable(b.param(0));
    const left = b.declareVariable(b.param(1));
    const round = b.declareVariable(b.const(0));
    const head = b.newBlock();
    const body = b.newBlock();
    const found = b.newBlock();
    const inside = b.newBlock();
    b.jump(head);
    b.moveTo(head);
    b.branch(b.compare('ult', b.readVariable(round), b.const(steps)), body, found);
    b.enter(body);
    const half = b.binary('lshr', b.readVariable(left), b.const(1));
    b.branch(b.compare('eq', half, b.const(0)), found, inside);
    b.enter(inside);
    const middle = b.binary('add', b.readVariable(from), half);
    const value = b.load(size, entryOf(b, map, middle, NO_ENTRY), offset);
    // All ones where the middle is above what is wanted; numbers are far below 2^63.
    const isAbove = b.binary('ashr', b.binary('sub', wanted, value), b.const(63));
    const kept = b.binary('and', half, b.binary('xor', isAbove, b.const(-1)));
    b.writeVariable(from, b.binary('add', b.readVariable(from), kept));
    b.writeVariable(left, b.binary('sub', b.readVariable(left), half));
    b.writeVariable(round, b.addConst(b.readVariable(round), 1));
    b.jump(head);
    b.sealBlock(head);
    b.enter(found);
    const index = b.readVariable(from);
    b.return(gives === undefined ? index : b.load(4, entryOf(b, map, index, NO_ENTRY), gives));
  });
}

/** An entry of an array; leaves the function where there is none. */
function entryOf(b: FuncBuilder, map: number, index: ValueId, otherwise = LOST): ValueId {
  const key = b.temporary(8);
  b.store(4, key, index);
  const entry = b.call('map_lookup_elem', [b.mapFd(map), key]);
  returnWhen(b, b.compare('eq', entry, b.const(0)), otherwise);
  return entry;
}

function returnWhen(b: FuncBuilder, condition: ValueId, value: bigint): void {
  const leave = b.newBlock();
  const stay = b.newBlock();
  b.branch(condition, leave, stay, { cold: 'ifTrue' });
  b.enter(leave);
  b.return(b.const(value));
  b.enter(stay);
}
