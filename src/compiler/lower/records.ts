import type { RecordSpec } from '../../program/index.ts';
import type { Place } from '../builtins/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import { currentRow } from './cpu-row.ts';
import { refuse } from './failure.ts';
import type { FuncContext } from './func-context.ts';
import { functionsAreCheap } from './function-cost.ts';
import type { ProgContext, ProgramContext } from './program-context.ts';
import { markRunEnd } from './run-end.ts';
import { sharedSubprogram } from './subprograms.ts';

/** A ring buffer record starts with its u64 index in Program.records. */
export const RECORD_HEADER_BYTES = 8;

/**
 * Sends a record: space is reserved, `fill` writes the slots, and it is submitted. Where the ring buffer is full, nothing of `fill`
 * runs and the loss is counted.
 *
 * `fill` must come to its end on every path: a record that is reserved has to be submitted.
 */
export function sendRecord(f: FuncContext, spec: RecordSpec, fill?: (record: Place) => void): void {
  const { program } = f.prog;
  if (!program.target.has('ring-buffer')) {
    refuse(
      f.prog.probe.span,
      `${f.prog.probe.name} sends events, and this kernel has no BPF ring buffer to send them through (Linux 5.8)`,
    );
  }
  const index = f.b.const(program.records.indexOf(spec));
  // Without slots it is one call, which the verifier need not look into.
  if (spec.sizeBytes === RECORD_HEADER_BYTES) reportIndex(f, index);
  else {
    sendWith(f.b, f.prog, program, spec.sizeBytes, index, (record) => {
      fill?.(record);
      if (spec.kind === 'exit') markRunEnd(f);
    });
  }
}

function sendWith(
  b: FuncBuilder,
  prog: ProgContext,
  program: ProgramContext,
  sizeBytes: number,
  index: ValueId,
  fill: (record: Place) => void,
): void {
  const full = b.newBlock();
  const reserved = b.newBlock();
  const done = b.newBlock();
  const ring = b.mapFd(program.mapTable.ringBuffer);
  const record = b.call('ringbuf_reserve', [ring, b.const(sizeBytes), b.const(0)]);
  b.branch(b.compare('eq', record, b.const(0)), full, reserved, { cold: 'ifTrue' });
  b.enter(full);
  countLost(b, prog);
  b.jump(done);
  b.enter(reserved);
  b.store(8, record, index);
  fill({ base: record, off: 0, align: 8 });
  b.call('ringbuf_submit', [record, b.const(0)]);
  b.jump(done);
  b.enter(done);
}

/** Counts a lost record in this CPU's row. */
function countLost(b: FuncBuilder, prog: ProgContext): void {
  const count = (to: FuncBuilder): void => {
    const row = currentRow(to, prog.program, 0);
    to.atomicAdd(8, row.base, to.const(1), row.off);
  };
  if (!functionsAreCheap(prog.program.target)) {
    count(b);
    return;
  }
  const name = sharedSubprogram(prog, 'count_lost', 0, (lost) => {
    count(lost);
    lost.return(lost.const(0));
  });
  b.callFunc(name, []);
}

/** Sends a record of a number: its u64 index, then the number. */
export function reportNumber(f: FuncContext, index: ValueId, number: ValueId): void {
  if (functionsAreCheap(f.prog.program.target)) {
    f.b.callFunc(reportNumberSubprogram(f.prog), [index, number]);
    return;
  }
  sendWith(f.b, f.prog, f.prog.program, RECORD_HEADER_BYTES + 8, index, (record) => {
    f.b.store(8, record.base, number, record.off + RECORD_HEADER_BYTES);
  });
}

/** Sends a record that is its index alone. */
export function reportIndex(f: FuncContext, index: ValueId): void {
  if (functionsAreCheap(f.prog.program.target)) f.b.callFunc(reportSubprogram(f.prog), [index]);
  else outputIndex(f, index);
}

/** The same in place and without a branch: where the ring buffer is full, the sign of the result is what is added to the losses. */
function outputIndex(f: FuncContext, index: ValueId): void {
  const { b } = f;
  const { mapTable } = f.prog.program;
  const record = b.temporary(RECORD_HEADER_BYTES);
  b.store(8, record, index);
  const ring = b.mapFd(mapTable.ringBuffer);
  const result = b.call('ringbuf_output', [ring, record, b.const(RECORD_HEADER_BYTES), b.const(0)]);
  b.atomicAdd(8, b.mapValue(mapTable.globals, 0), b.binary('lshr', result, b.const(63)));
}

/** The subprogram that sends a record without slots; its parameter is the record's index. */
function reportSubprogram(prog: ProgContext): string {
  return sharedSubprogram(prog, 'report', 1, (b) => {
    sendWith(b, prog, prog.program, RECORD_HEADER_BYTES, b.param(0), () => {});
    b.return(b.const(0));
  });
}

/** The subprogram that sends a record with one u64 slot; its parameters are the record's index and the slot. */
export function reportNumberSubprogram(prog: ProgContext): string {
  return sharedSubprogram(prog, 'report_number', 2, (b) => {
    sendWith(b, prog, prog.program, RECORD_HEADER_BYTES + 8, b.param(0), (record) => {
      b.store(8, record.base, b.param(1), record.off + RECORD_HEADER_BYTES);
    });
    b.return(b.const(0));
  });
}
