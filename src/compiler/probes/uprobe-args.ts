/** `args` of a uprobe: the parameters of the function, from the binary's debug information. */
import { type Dwarf, DwarfError, type DwarfFunction, type DwarfParam } from '../../dwarf/index.ts';
import { archFacts, type UserLocation } from '../../program/index.ts';
import type { ArgSource } from '../typed/index.ts';
import { type ParamSource, paramSources } from './calling-convention.ts';
import type { ResolveContext } from './context.ts';
import type { ProbeArgs, ResolvedProbe } from './resolved.ts';

/** What compilers append to the name of a function whose parameters they changed. */
const changedParams = /\.(?:isra|constprop|part|cold)\b/;

/** The parameters of the function at a place, or why there are none. */
export function uprobeArgs(
  context: ResolveContext,
  location: UserLocation,
  probeName: string,
): Pick<ResolvedProbe, 'args' | 'argsProblem'> {
  const { symbol = '', path } = location;
  const dwarf = context.target.debugInfo(path);
  if (!dwarf)
    return {
      argsProblem: `args of a uprobe need debug information, and none is found for '${path}': use arg0, arg1, …`,
    };
  try {
    return argsOf(context, dwarf, location, probeName);
  } catch (error) {
    if (!(error instanceof DwarfError)) throw error;
    return {
      argsProblem: `the debug information of '${path}' cannot be read for ${symbol}: ${error.message}`,
    };
  }
}

function argsOf(
  context: ResolveContext,
  dwarf: Dwarf,
  { path, symbol = '', address }: UserLocation,
  probeName: string,
): Pick<ResolvedProbe, 'args' | 'argsProblem'> {
  const fn = dwarf.functionAt(Number(address));
  if (!fn)
    return { argsProblem: `the debug information of '${path}' does not have ${symbol}: use arg0, arg1, …` };
  const arch = archFacts(context.target.arch);
  // The calling convention speaks of where a function begins.
  const isConventional = fn.address === Number(address) && !changedParams.test(symbol);
  const conventional: readonly ParamSource[] = !isConventional
    ? []
    : paramSources(
        dwarf,
        fn.params.map(({ type }) => type),
        arch,
      );
  const sources = new Map(
    fn.params.map((param, index) => [param.name, sourceOf(param, conventional[index], arch.dwarfRegisters)]),
  );
  const args: ProbeArgs = {
    typeName: `struct ${probeName}_args`,
    names: namesOf(fn),
    field: (name) => {
      const param = fn.params.find((each) => each.name === name);
      const source = sources.get(name);
      if (!param || !source || source.kind === 'unreadable') return undefined;
      return { name, type: context.types.ofDwarf(dwarf, param.type, 'user'), source };
    },
    problem: (name) => {
      const source = sources.get(name);
      return source?.kind === 'unreadable' ? `${name} ${source.reason}` : undefined;
    },
  };
  return { args };
}

function namesOf(fn: DwarfFunction): readonly string[] {
  return fn.params.map(({ name }) => name).filter((name) => name !== '');
}

/** The register that the debug information names, and without one the calling convention's place. */
function sourceOf(
  { place }: DwarfParam,
  conventional: ParamSource | undefined,
  registers: readonly string[],
): ParamSource {
  if (place.kind === 'constant') return { kind: 'constant', value: place.value } satisfies ArgSource;
  const name = place.kind === 'register' ? registers[place.register] : undefined;
  // A struct in two registers is named by the first of them; what the convention says of those holds.
  if (name !== undefined && conventional?.kind !== 'unreadable' && conventional?.kind !== 'user-stack')
    return { kind: 'register', name };
  return (
    conventional ?? {
      kind: 'unreadable',
      reason: 'is in no register that the debug information names here',
    }
  );
}
