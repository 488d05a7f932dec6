import type { ScriptMap, Target } from '../../program/index.ts';
import type { StructTable } from '../../types/index.ts';
import type { Func } from '../ir/index.ts';
import type { Diagnostic } from '../language/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import type { CompileSettings, MapIndex, TypedFn, TypedProgram } from '../typed/index.ts';
import type { ConstantPool } from './constants.ts';
import type { LineTable } from './line-table.ts';
import type { LoopForms } from './loop-form.ts';
import type { MapTable } from './map-table.ts';
import type { RecordTable } from './record-table.ts';

/** What the progs of a script share: the script, the machine, and the tables of the Program that fill up on the way. */
export interface ProgramContext {
  readonly typed: TypedProgram;
  readonly target: Target;
  readonly structs: StructTable;
  readonly options: CompileSettings;
  readonly maps: readonly ScriptMap[];
  readonly mapTable: MapTable;
  readonly records: RecordTable;
  readonly constants: ConstantPool;
  readonly lines: LineTable;
  /** Functions that are the same in every prog, by name, as built for the first one. */
  readonly sharedFuncs: Map<string, Func>;
  readonly loopForms: LoopForms;
  /** Offset in the globals map of a byte that exit() sets and that probes look at; undefined where nothing would look. */
  readonly ended: number | undefined;
  /** The script map that stands for every clock, in tests. */
  readonly clockMap: MapIndex | undefined;
}

/** One prog on its way: the functions it has so far besides the one being built. */
export interface ProgContext {
  readonly program: ProgramContext;
  readonly probe: ResolvedProbe;
  /** Index of the prog's first attachment in Program.probes. */
  readonly probeId: number;
  readonly funcs: Func[];
  /** Subprograms that exist, by name. */
  readonly subprograms: Set<string>;
  /** Maps whose accesses are calls. */
  readonly mapsBehindFunctions: ReadonlySet<MapIndex>;
  /** Why the prog cannot be: all of its statements are gone through for their reasons, and it is thrown away then. */
  readonly refusals: Diagnostic[];
  /** The script functions being put in place, outermost first. */
  readonly inlining: TypedFn[];
}

/** A name for a function of the prog that no other has. */
export function freshFuncName(prog: ProgContext, stem: string): string {
  let number = 1;
  while (prog.subprograms.has(`${stem}${number}`)) number++;
  const name = `${stem}${number}`;
  prog.subprograms.add(name);
  return name;
}
