/**
 * Loops whose body is a function that a kernel helper calls. The body reaches what belongs to the functions around it through cells on
 * the stack, whose address the helper passes on:
 *
 *     cell 0      the prog's ctx
 *     cell 1      set to 1 by a body that leaves the probe
 *     cell 2      what the probe then returns
 *     cell 3…     addresses of the captured locals, then values the loop itself needs
 *
 * A callback returns 0 to go on and 1 to stop.
 */
import { invariant } from '../../base/index.ts';
import { isAggregate, layoutOf, sizeOf } from '../../types/index.ts';
import { copyPlace, type Place, placeAfter } from '../builtins/index.ts';
import { FuncBuilder, type ValueId } from '../ir/index.ts';
import { readAggregateAt } from './aggregate-reads.ts';
import { lowerStatements } from './blocks.ts';
import { branch } from './control.ts';
import { refuse } from './failure.ts';
import { at, type FuncContext, type Home, releaseLoops } from './func-context.ts';
import { zeroGaps } from './gaps.ts';
import { addressOfLocal, localOf, placeOfLocal, writeLocal } from './locals.ts';
import type { Loop } from './loop-form.ts';
import { lowerScalar } from './lower-expr.ts';
import { scriptMap } from './map-access.ts';
import { freshFuncName } from './program-context.ts';
import { roundsOfRange } from './range-rounds.ts';
import { checkHelper } from './runtime-errors.ts';
import { storeValue } from './values.ts';

type RangeLoop = Extract<Loop, { readonly kind: 'for-range' }>;
type MapLoop = Extract<Loop, { readonly kind: 'for-map' }>;

const CTX_CELL = 0;
const LEFT_CELL = 8;
const RESULT_CELL = 16;
const FIRST_FREE_CELL = 24;

/** Largest number of rounds; more make bpf_loop fail. */
const MAX_LOOP_COUNT = 0xffff_ffffn;

/** `for $i : a..b` through bpf_loop. */
export function lowerRangeCallback(f: FuncContext, loop: RangeLoop): void {
  const { b } = f;
  const from = lowerScalar(f, loop.from);
  const count = roundsOfRange(f, loop, from, MAX_LOOP_COUNT);
  callbackLoop(f, loop, {
    stem: 'loop',
    params: 2,
    cellsParam: 1,
    values: [from],
    lowerHead: (inner, [start]) => {
      writeLocal(inner, loop.local, inner.b.binary('add', start!, inner.b.param(0)));
    },
    run: (callback, cells) => {
      checkHelper(f, 'loop', b.call('loop', [count, callback, cells, b.const(0)]), 'default');
    },
  });
}

/** `for $kv : @map` through bpf_for_each_map_elem. */
export function lowerMapCallback(f: FuncContext, loop: MapLoop): void {
  const { b } = f;
  const { storage } = scriptMap(f, loop.map);
  invariant(storage.kind === 'hash', 'a map that is iterated is a hash');
  callbackLoop(f, loop, {
    stem: 'each',
    params: 4,
    cellsParam: 3,
    values: [],
    lowerHead: (inner) => fillPair(inner, loop),
    run: (callback, cells) => {
      const result = b.call('for_each_map_elem', [b.mapFd(storage.map), callback, cells, b.const(0)]);
      checkHelper(f, 'for_each_map_elem', result, 'default');
    },
  });
}

/** Writes the tuple (key, value) of an element: parameters 1 and 2 are their addresses. */
function fillPair(f: FuncContext, loop: MapLoop): void {
  const { b } = f;
  const { structs } = f.prog.program;
  const { type } = localOf(f, loop.local);
  const { storage, value: valueType } = scriptMap(f, loop.map);
  invariant(type.kind === 'tuple', 'the variable of a map loop is a tuple');
  const [keyType, shownType] = type.elements;
  const pair = placeOfLocal(f, loop.local);
  const { offsets } = layoutOf(type, structs);
  const key = placeAfter(pair, offsets[0]!);
  const value = placeAfter(pair, offsets[1]!);
  zeroGaps(f, type, pair);
  copyPlace(b, key, elementAt(b.param(1)), sizeOf(keyType!, structs));
  if (isAggregate(valueType)) {
    const total = readAggregateAt(f, storage.map, elementAt(b.param(1)), valueType, loop.at);
    storeValue(b, value, shownType!, total, structs);
  } else copyPlace(b, value, elementAt(b.param(2)), sizeOf(valueType, structs));
}

function elementAt(address: ValueId): Place {
  return { base: address, off: 0, align: 8 };
}

interface CallbackPlan {
  readonly stem: string;
  readonly params: number;
  /** Which parameter of the callback is the address of the cells. */
  readonly cellsParam: number;
  /** Numbers the body needs; `lowerHead` gets them back. */
  readonly values: readonly ValueId[];
  /** What comes before the body in every round. */
  readonly lowerHead: (inner: FuncContext, values: readonly ValueId[]) => void;
  readonly run: (callback: ValueId, cells: ValueId) => void;
}

function callbackLoop(f: FuncContext, loop: Loop, plan: CallbackPlan): void {
  const { b } = f;
  const captured = f.body.captures.capturedBy(loop);
  const leaves = f.body.captures.leavesFrom(loop);
  const valuesAt = FIRST_FREE_CELL + captured.length * 8;
  const cellsSlot = b.newSlot(valuesAt + plan.values.length * 8, 8, 'stack');
  const cells = b.slot(cellsSlot);
  b.store(8, cells, f.ctx(), CTX_CELL);
  b.store(8, cells, b.const(0), LEFT_CELL);
  b.store(8, cells, b.const(0), RESULT_CELL);
  captured.forEach((local, index) => {
    b.store(8, cells, addressOfLocal(f, local), FIRST_FREE_CELL + index * 8);
  });
  plan.values.forEach((value, index) => {
    b.store(8, cells, value, valuesAt + index * 8);
  });
  const name = lowerCallback(f, loop, plan, valuesAt);
  plan.run(b.funcAddr(name), cells);
  if (!leaves) return;
  branch(f, b.load(8, cells, LEFT_CELL), () => {
    const result = b.load(8, cells, RESULT_CELL);
    releaseLoops(f, 0);
    f.leaveProbe(result);
  });
}

/** Builds the body's function; its name. */
function lowerCallback(f: FuncContext, loop: Loop, plan: CallbackPlan, valuesAt: number): string {
  const { prog } = f;
  const name = freshFuncName(prog, plan.stem);
  const b = new FuncBuilder({ name, role: 'callback', params: plan.params });
  const cells = b.param(plan.cellsParam);
  const homes = new Map<number, Home>();
  f.body.captures.capturedBy(loop).forEach((local, index) => {
    const off = FIRST_FREE_CELL + index * 8;
    homes.set(local, {
      kind: 'memory',
      place: () => ({ base: b.load(8, cells, off), off: 0, align: 8 }),
    });
  });
  const stop = (): void => b.return(b.const(1));
  const leaveProbe = (result: ValueId): void => {
    b.store(8, cells, b.const(1), LEFT_CELL);
    b.store(8, cells, result, RESULT_CELL);
    stop();
  };
  const inner: FuncContext = {
    b,
    byKind: f.byKind,
    prog,
    ctx: () => b.load(8, cells, CTX_CELL),
    leaveProbe,
    loops: [{ onBreak: stop, onContinue: () => b.return(b.const(0)) }],
    body: {
      ...f.body,
      homes,
      owner: loop,
      loopDepth: 0,
      onReturn: (value) => {
        if (prog.inlining.length > 0) {
          refuse(loop.at, 'a function cannot return from inside this loop; set a variable and break instead');
        }
        const result = value === undefined ? b.const(prog.probe.defaultReturn) : lowerScalar(inner, value);
        releaseLoops(inner, 0);
        leaveProbe(result);
      },
    },
  };
  at(inner, loop.at, () => {
    plan.lowerHead(
      inner,
      plan.values.map((_, index) => b.load(8, cells, valuesAt + index * 8)),
    );
    lowerStatements(inner, loop.body);
    if (!b.isEnded) b.return(b.const(0));
  });
  prog.funcs.push(b.finish());
  return name;
}
