/** What goes into a compilation and what comes out. */
import type { Program, Target } from '../program/index.ts';
import type { StageTrace } from './assemble.ts';
import type { Diagnostic, Source } from './language/index.ts';
import type { NotedProgram } from './noted-program.ts';
import type { ResolvedProbe } from './probes/index.ts';

export interface CompileInput {
  readonly source: Source;
  readonly target: Target;
  /** `$1 …`, as given. */
  readonly positional: readonly string[];
  /** The BPFTRACE_* variables; they win over the script's config block. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly options: CompileOptions;
  readonly trace?: StageTrace;
}

export interface CompileOptions {
  readonly isUnsafe: boolean;
  /** The process of -p, or the child of -c. */
  readonly pid?: number;
  /** With -p: a probe that cannot be attached to one process checks for it. */
  readonly filtersByPid?: boolean;
  readonly mode: 'run' | 'test' | 'bench';
  readonly probeFilter?: RegExp;
  /** 'none': --no-warnings; 'all': -k. */
  readonly runtimeWarnings: 'none' | 'default' | 'all';
  /** Leave out the tracer's own events (--exclude-self). */
  readonly excludeSelf?: boolean;
  /** The program is to be kept (--aot): what holds for this run only is an error. */
  readonly isKept?: boolean;
  /** The program is to become an object (--emit-elf): whoever loads it attaches it where he likes, and has its maps. */
  readonly isObject?: boolean;
  /** For recordings: a second program is made whose progs tell what they run for and what they are told. */
  readonly notesEvents?: boolean;
  /** Headers read before the script's own C section (--include). */
  readonly includeFiles: readonly string[];
}

export interface CompileResult {
  /** Absent when the diagnostics hold an error. */
  readonly program?: Program;
  /** With `notesEvents`, beside the program. */
  readonly noted?: NotedProgram;
  readonly diagnostics: readonly Diagnostic[];
  /** Attach points of the script, also of those that came to nothing: for -l and for messages. */
  readonly probes: readonly ResolvedProbe[];
}
