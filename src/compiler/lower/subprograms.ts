import { FuncBuilder } from '../ir/index.ts';
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
