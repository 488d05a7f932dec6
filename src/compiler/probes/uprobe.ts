/** uprobe and uretprobe by symbol, offset, address or line. */
import { type UserLocation, type UserSymbol, userPlaceName } from '../../program/index.ts';
import { pointerTo, type Type } from '../../types/index.ts';
import { baseProbe, inRegisters, type Point, type Provider, type ResolveContext } from './context.ts';
import { cppMatcher } from './cpp-names.ts';
import { mayStandAt } from './instruction-boundary.ts';
import { noBinaryText } from './no-binary.ts';
import type { ResolvedProbe } from './resolved.ts';
import { addressOfLine, inlinedHint, isSourceLine, parseSourceLine } from './source-place.ts';
import { uprobeArgs } from './uprobe-args.ts';
import { hasUprobeLinks } from './uprobe-links.ts';
import { parseUprobePlace, type UprobePlace } from './uprobe-place.ts';
import { hasWildcard, inOrderOfNames, matcher } from './wildcard.ts';

const userRegs: Type = pointerTo({ kind: 'struct', name: 'struct pt_regs' }, 'kernel');

/** Symbols of one file that the point names, aliases of one address once. */
function matchSymbols(
  symbols: readonly UserSymbol[],
  isMatch: (name: string) => boolean,
): readonly UserSymbol[] {
  const seen = new Set<bigint>();
  return symbols.filter((symbol) => {
    if (!isMatch(symbol.name) || seen.has(symbol.fileOffset)) return false;
    seen.add(symbol.fileOffset);
    return true;
  });
}

export const uprobe: Provider = (point, context) => {
  const { kind } = point;
  if (kind !== 'uprobe' && kind !== 'uretprobe') return [];
  const line = isSourceLine(point.parts) ? parseSourceLine(point, context) : undefined;
  if (isSourceLine(point.parts) && !line) return [];
  const wanted: UprobePlace | undefined = line
    ? { binary: line.binary, symbol: '', isCpp: false, offset: 0n }
    : parseUprobePlace(point, context);
  if (!wanted) return [];
  const files = context.target.resolveBinary(wanted.binary, context.options.pid);
  if (files.length === 0) {
    context.unavailable(point, noBinaryText('uprobe', wanted.binary, context.target, context.options.pid));
    return [];
  }
  const explicitMany = hasWildcard(wanted.binary);
  if (explicitMany && wanted.address !== undefined) {
    context.report('uprobe-wildcard-address', point.span);
    return [];
  }
  if (files.length > 1 && !explicitMany) {
    context.report('uprobe-many-binaries', point.span, point.kind, files[0]?.shown ?? '', files.length);
  }
  // One name of C++ may be that of several functions.
  const isPattern = wanted.isCpp || hasWildcard(wanted.symbol);
  const isMatch = wanted.isCpp
    ? cppMatcher(wanted.symbol, (name) => context.target.demangle(name))
    : matcher(wanted.symbol);
  const language = wanted.isCpp ? 'cpp:' : '';
  const probes: ResolvedProbe[] = [];
  let unreadable = 0;
  for (const file of explicitMany ? files : files.slice(0, 1)) {
    const address = line ? addressOfLine(point, context, line, file.path) : wanted.address;
    if (line && address === undefined) return [];
    if (address !== undefined) {
      const fileOffset = context.target.fileOffset(file.path, address);
      if (fileOffset === undefined) {
        context.report('uprobe-address', point.span, `0x${address.toString(16)}`, file.shown);
        return [];
      }
      const inFunction = (symbol: UserSymbol): boolean =>
        address >= symbol.address && address < symbol.address + symbol.size;
      const place = {
        path: file.path,
        shown: `${file.shown}:${address}`,
        address,
        start: context.target.userSymbols(file.path)?.find(inFunction)?.address,
      };
      // Lines of the source begin with an instruction.
      if (!line && !mayStandAt(point, context, place)) return [];
      probes.push(
        make(
          point,
          context,
          `${point.kind}:${file.shown}:${address}`,
          [{ path: file.path, fileOffset, address }],
          'perf',
        ),
      );
      continue;
    }
    const symbols = context.target.userSymbols(file.path);
    if (!symbols) {
      unreadable += 1;
      continue;
    }
    const matching = matchSymbols(symbols, isMatch);
    const found = isPattern ? inOrderOfNames(matching, ({ name }) => name) : matching;
    const first = found[0];
    if (!first) continue;
    if (!isPattern && wanted.offset !== 0n && first.size > 0n && wanted.offset >= first.size) {
      context.report('uprobe-offset-bounds', point.span, first.name, first.size);
      return [];
    }
    if (!isPattern && first.size === 0n && !context.options.unsafe) {
      context.report('uprobe-size-zero', undefined, first.name);
      return [];
    }
    if (!isPattern && wanted.offset !== 0n) {
      const place = {
        path: file.path,
        shown: `${file.shown}:${first.name}+${wanted.offset}`,
        address: first.address + wanted.offset,
        start: first.address,
      };
      if (!mayStandAt(point, context, place)) return [];
    }
    const locations = (isPattern ? found : [first]).map((symbol) => ({
      path: file.path,
      fileOffset: symbol.fileOffset + wanted.offset,
      symbol: symbol.name,
      ...(wanted.offset ? { offset: wanted.offset } : {}),
      address: symbol.address + wanted.offset,
    }));
    const { offset, isCpp } = wanted;
    const nameOf = (symbol: string): string =>
      userPlaceName(kind, { binary: file.shown, symbol, isCpp, offset });
    // Where a prog stands decides what `probe`, `args` and uaddr() give.
    if (placeBound.some((name) => point.uses.has(name))) {
      for (const location of locations)
        probes.push(make(point, context, nameOf(location.symbol), [location], 'perf'));
    } else {
      const name = isPattern ? wanted.symbol : first.name;
      const multi = locations.length > 1 && hasUprobeLinks(context);
      probes.push(make(point, context, nameOf(name), locations, multi ? 'multi' : 'perf'));
    }
  }
  if (probes.length === 0) {
    if (unreadable > 0) context.unavailable(point, `'${files[0]?.shown}' cannot be read as an ELF file`);
    else {
      const [file] = files;
      context.missing(point, `${point.kind} ${file?.shown}:${language}${wanted.symbol}`, () =>
        file ? inlinedHint(context, file.path, file.shown, wanted.symbol) : undefined,
      );
    }
  }
  return probes;
};

/** What is another thing at each place a block is attached to. */
const placeBound = ['probe', 'args', 'uaddr'] as const;

function make(
  point: Point,
  context: ResolveContext,
  name: string,
  locations: readonly UserLocation[],
  via: 'perf' | 'multi',
): ResolvedProbe {
  const isReturn = point.kind === 'uretprobe';
  const [location] = locations;
  if (location) {
    context.types.addProgram({
      dwarf: () => context.target.debugInfo(location.path),
      near: Number(location.address),
    });
  }
  const argsHere = (): Pick<ResolvedProbe, 'args' | 'argsProblem'> =>
    location && !isReturn && point.uses.has('args') ? uprobeArgs(context, location, name) : {};
  return {
    ...baseProbe(point, name, point.kind),
    progType: 'BPF_PROG_TYPE_KPROBE',
    ...(via === 'multi' ? { expectedAttachType: 'BPF_TRACE_UPROBE_MULTI' } : {}),
    ctx: userRegs,
    hasRegisters: true,
    space: 'user',
    func: isReturn ? 'user-helper' : 'user-ip',
    ...argsHere(),
    attachments: [{ kind: isReturn ? 'uretprobe' : 'uprobe', name, locations, via }],
    ...inRegisters(context.target.arch, isReturn),
  };
}
