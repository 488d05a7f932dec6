import type { LoadOptions, Program } from '../program/index.ts';
import { HeldChild, type LiveMachine } from '../runtime/index.ts';
import { parsePid } from './target-pid.ts';
import type { TracedProcess } from './traced-process.ts';

/** What a run does for a script that unwinds user stacks by tables (dw_ustack). */
export interface Unwinding {
  readonly load: Pick<LoadOptions, 'mapEntries' | 'onMaps'>;
  /** Looks at the mappings of a process that was stopped for that. */
  look(pid: number): void;
  /** To be called now and then. */
  refresh(): void;
}

export type OpenedUnwinding =
  | { readonly ok: true; readonly unwinding: Unwinding }
  | { readonly ok: false; readonly message: string };

/** Makes the tables of the process of -p or -c and those of --dwarf-pid. What is wrong is a message. */
export function openUnwinding(
  program: Program,
  machine: LiveMachine,
  traced: TracedProcess,
  dwarfPids: readonly string[],
  warn: (text: string) => void,
): OpenedUnwinding | undefined {
  const pids: number[] = [];
  for (const text of dwarfPids) {
    const parsed = parsePid(text);
    if (!parsed.ok) return { ok: false, message: parsed.message };
    pids.push(parsed.pid);
  }
  const maps = program.unwind;
  if (!maps) return undefined;
  if (pids.length === 0 && traced.kind === 'none') {
    return {
      ok: false,
      message: 'dw_ustack requires a target process. Use -p, -c, or --dwarf-pid to specify one.',
    };
  }
  const tables = machine.unwindTables(warn);
  if (traced.kind === 'pid') pids.push(traced.watch.pid);
  for (const pid of pids) {
    if (!tables.addProcess(pid))
      return { ok: false, message: `Failed to read the mappings of pid ${pid}: there is no such process` };
  }
  const child = traced.kind === 'child' && traced.child instanceof HeldChild ? traced.child : undefined;
  if (child) for (const file of machine.filesOfProgram(child.path)) tables.expectFile(file);
  return {
    ok: true,
    unwinding: {
      load: { mapEntries: tables.sizes(maps), onMaps: (access) => tables.connect(access, maps) },
      look: (pid) => void tables.addProcess(pid),
      refresh: () => tables.refresh(),
    },
  };
}
