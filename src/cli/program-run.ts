import type { NotedProgram } from '../compiler/index.ts';
import type { Program } from '../program/index.ts';
import type { CommandContext } from './command-context.ts';
import type { Options } from './options.ts';
import type { RunMachine } from './run-machine.ts';
import type { LoadedScript } from './script-source.ts';
import type { TracedProcess } from './traced-process.ts';

/** A compiled script and all that its run is made of. */
export interface ProgramRun {
  readonly options: Options;
  readonly script: LoadedScript;
  readonly context: CommandContext;
  readonly machine: RunMachine;
  readonly traced: TracedProcess;
  readonly program: Program;
  /** With --record on the kernel: progs that tell of their events. */
  readonly noted: NotedProgram | undefined;
  readonly format: 'text' | 'json';
}
