import { present } from '../../base/index.ts';
import type { RecordSpec, RuntimeErrorKind, SourceTrail } from '../../program/index.ts';
import { int64 } from '../../types/index.ts';
import type { ReportLevel } from '../builtins/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import { branch } from './control.ts';
import type { FuncContext } from './func-context.ts';
import { RECORD_HEADER_BYTES, reportIndex, reportNumber } from './records.ts';

/** Whether failures of a level are reported; a target that cannot send records reports none. */
function isReported(f: FuncContext, level: ReportLevel): boolean {
  const { options, target } = f.prog.program;
  if (options.runtimeWarnings === 'none' || !target.has('ring-buffer')) return false;
  return level === 'default' || options.runtimeWarnings === 'all';
}

/**
 * Helpers in whose place the verifier puts what answers with an int, of which a negative one fills the lower half of the register only: the map's own
 * function until Linux 6.4 (do_misc_fixups() in kernel/bpf/verifier.c), and the loop itself on every kernel that knows its callback (inline_bpf_loop()).
 */
const intResults: ReadonlySet<string> = new Set(['map_update_elem', 'for_each_map_elem', 'loop']);

/** What a helper returned, negative where it failed. */
export function helperResult(b: FuncBuilder, helper: string, returned: ValueId): ValueId {
  return intResults.has(helper) ? b.unary('sext32', returned) : returned;
}

/** Reports what a helper returned where it is negative. */
export function checkHelper(f: FuncContext, helper: string, returned: ValueId, level: ReportLevel): void {
  if (isReported(f, level)) reportNegative(f, helper, helperResult(f.b, helper, returned), level);
}

/** The same for a result that `helperResult` gave. */
export function reportNegative(f: FuncContext, helper: string, result: ValueId, level: ReportLevel): void {
  if (!isReported(f, level)) return;
  const { b } = f;
  branch(f, b.compare('slt', result, b.const(0)), () => reportHelper(f, helper, result), undefined, 'then');
}

/** Reports a map look-up that found nothing, where such reports are wanted. */
export function reportMiss(f: FuncContext): void {
  if (isReported(f, 'reads')) reportHelper(f, 'map_lookup_elem', f.b.const(0));
}

/** Whether a look-up that finds nothing is to be reported. */
export function reportsMisses(f: FuncContext): boolean {
  return isReported(f, 'reads');
}

function reportHelper(f: FuncContext, helper: string, result: ValueId): void {
  const record = failureRecord(f, helper);
  if (record === undefined) return;
  reportNumber(f, f.b.const(record), result);
}

/** The record that reports a helper's failure at this place of the script; undefined where failures are not reported. */
export function failureRecord(f: FuncContext, helper: string): number | undefined {
  if (!isReported(f, 'default')) return undefined;
  const spec: RecordSpec = {
    kind: 'helper-error',
    helper,
    retcode: { offset: RECORD_HEADER_BYTES, type: int64 },
    trail: trailHere(f),
    sizeBytes: RECORD_HEADER_BYTES + 8,
  };
  return f.prog.program.records.indexOf(spec);
}

export function reportRuntimeError(f: FuncContext, error: RuntimeErrorKind): void {
  if (!isReported(f, 'default')) return;
  const spec: RecordSpec = {
    kind: 'runtime-error',
    error,
    trail: trailHere(f),
    sizeBytes: RECORD_HEADER_BYTES,
  };
  reportIndex(f, f.b.const(f.prog.program.records.indexOf(spec)));
}

function trailHere(f: FuncContext): SourceTrail {
  const line = present(f.b.line, 'what can fail stands somewhere in the script');
  return present(f.prog.program.lines.trails[line], 'a line in use is in the line table');
}
