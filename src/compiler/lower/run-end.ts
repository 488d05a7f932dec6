/**
 * exit() ends the run when the tracer reads its record, some milliseconds later. A clock goes on in between, so exit() also sets a byte that
 * probes which come by the clock look at first:
 *
 *     interval:ms:1 { @++; exit(); }      // @ is 1, however late the tracer comes
 *
 * Probes on what programs do go on until the end, so that what happened at the same time is counted as a whole. The byte is set only when
 * there was room for the record: a lost one ends nothing.
 */
import type { ProbeKind } from '../../program/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import { type TypedBody, type TypedProgram, walkStatements } from '../typed/index.ts';
import { leaving } from './captures.ts';
import { branch } from './control.ts';
import type { FuncContext } from './func-context.ts';
import type { MapTable } from './map-table.ts';

/** Kinds that come by the clock. */
const clocked: ReadonlySet<ProbeKind> = new Set(['interval', 'profile']);

/** Where the byte is; undefined where no probe would look at it. */
export function placeRunEnd(
  typed: TypedProgram,
  probes: readonly ResolvedProbe[],
  mapTable: MapTable,
): number | undefined {
  const looks = typed.probes.some(({ probe }) => clocked.has(probes[probe]?.kind ?? 'begin'));
  return looks && canExit(typed) ? mapTable.allocateSlot(1, 1) : undefined;
}

function canExit({ probes, fns }: TypedProgram): boolean {
  let found = false;
  const bodies: readonly TypedBody[] = [...probes, ...fns];
  for (const { statements } of bodies) {
    walkStatements(statements, {
      expr: (expr) => {
        if (expr.kind === 'call' && leaving.has(expr.builtin)) found = true;
      },
    });
  }
  return found;
}

/** What a clock's probe does first: nothing any more when the run has ended. */
export function leaveAfterRunEnd(f: FuncContext): void {
  const { b, prog } = f;
  const { ended, mapTable } = prog.program;
  if (ended === undefined || !clocked.has(prog.probe.kind)) return;
  const flag = b.load(1, b.mapValue(mapTable.globals, ended));
  branch(
    f,
    b.compare('ne', flag, b.const(0)),
    () => b.return(b.const(prog.probe.defaultReturn)),
    undefined,
    'then',
  );
}

/** What exit() does once its record has a place. */
export function markRunEnd({ b, prog }: Pick<FuncContext, 'b' | 'prog'>): void {
  const { ended, mapTable } = prog.program;
  if (ended !== undefined) b.store(1, b.mapValue(mapTable.globals, ended), b.const(1));
}
