/** What a uprobe's attach point names: a binary, and a symbol, a place behind it, an address or a C++ name. */
import type { Point, ResolveContext } from './context.ts';

export interface UprobePlace {
  readonly binary: string;
  /** A name or a pattern, as symbols have it, or as C++ writes it. */
  readonly symbol: string;
  readonly isCpp: boolean;
  readonly offset: bigint;
  readonly address?: bigint;
}

/** Undefined when something was wrong with it, which was then reported. */
export function parseUprobePlace(point: Point, context: ResolveContext): UprobePlace | undefined {
  const { pid } = context.options;
  const { parts } = point;
  const isWithoutBinary =
    parts.length === 1 || (parts.length === 2 && parts[0] === 'cpp' && pid !== undefined);
  if (isWithoutBinary && pid === undefined) {
    context.report('uprobe-one-part', point.span, point.kind);
    return undefined;
  }
  const [binary = '', ...rest] = isWithoutBinary ? [`/proc/${pid}/exe`, ...parts] : parts;
  const [language, text = ''] = rest.length > 1 ? rest : [undefined, rest[0]];
  if (language !== undefined && language !== 'cpp') {
    context.report('uprobe-language', point.span, language);
    return undefined;
  }
  return language === undefined
    ? parseSymbol(point, context, binary, text)
    : parseCpp(point, context, binary, text);
}

function parseSymbol(
  point: Point,
  context: ResolveContext,
  binary: string,
  text: string,
): UprobePlace | undefined {
  const [name = '', offsetText, more] = text.split('+');
  if (more !== undefined) {
    context.report('kernel-offset-twice', point.span);
    return undefined;
  }
  const offset = parseOffset(point, context, offsetText);
  if (offset === undefined) return undefined;
  const address = /^[0-9]/.test(name) ? context.integer(name) : undefined;
  return { binary, symbol: name, isCpp: false, offset, ...(address !== undefined ? { address } : {}) };
}

/** Operators have a `+` in their names: only a number behind the last one is an offset. */
function parseCpp(
  point: Point,
  context: ResolveContext,
  binary: string,
  text: string,
): UprobePlace | undefined {
  const [, name = text, offsetText] = /^(.*[^+])\+([0-9][^+]*)$/.exec(text) ?? [];
  const offset = parseOffset(point, context, offsetText);
  return offset === undefined ? undefined : { binary, symbol: name, isCpp: true, offset };
}

function parseOffset(point: Point, context: ResolveContext, text: string | undefined): bigint | undefined {
  if (text === undefined) return 0n;
  if (point.kind === 'uretprobe') {
    context.report('uretprobe-offset', point.span);
    return undefined;
  }
  const offset = context.integer(text);
  if (offset === undefined) context.report('bad-offset', point.span, text, 'uprobe:/bin/bash:readline+4');
  return offset;
}
