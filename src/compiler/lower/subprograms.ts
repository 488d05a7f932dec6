import { calleesOf, FuncBuilder } from '../ir/index.ts';
import type { ProgContext } from './program-context.ts';

/** The function of the prog called `name`, built when it is first asked for. Its line is that of no place in the script. */
export function subprogram(
  prog: ProgContext,
  name: string,
  params: number,
  build: (b: FuncBuilder) => void,
): string {
  if (!prog.subprograms.has(name)) {
    prog.subprograms.add(name);
    const b = new FuncBuilder({ name, role: 'subprog', params });
    build(b);
    prog.funcs.push(b.finish());
  }
  return name;
}

/** As `subprogram`, for what is the same in all progs of a script, as is all that it calls: one function serves them. */
export function sharedSubprogram(
  prog: ProgContext,
  name: string,
  params: number,
  build: (b: FuncBuilder) => void,
): string {
  const { sharedFuncs } = prog.program;
  if (sharedFuncs.has(name)) {
    addShared(prog, name);
  } else if (!prog.subprograms.has(name)) {
    subprogram(prog, name, params, build);
    const built = prog.funcs[prog.funcs.length - 1];
    if (built !== undefined) sharedFuncs.set(name, built);
  }
  return name;
}

/** Makes a function of another prog one of this prog, behind those that it calls. */
function addShared(prog: ProgContext, name: string): void {
  const func = prog.program.sharedFuncs.get(name);
  if (func === undefined || prog.subprograms.has(name)) return;
  prog.subprograms.add(name);
  for (const callee of calleesOf(func)) addShared(prog, callee);
  prog.funcs.push(func);
}
