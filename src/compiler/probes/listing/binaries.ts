/** uprobe, uretprobe and usdt: what binaries offer. */

import { cppMatcher } from '../cpp-names.ts';
import { noBinaryText } from '../no-binary.ts';
import { hasWildcard, matcher } from '../wildcard.ts';
import type { ListContext, ListedProbe, Lister, ListQuery } from './listed.ts';
import { targetAndName } from './listed.ts';
import { userFunctionParams } from './params.ts';

export const listUprobes: Lister = (query, context) => {
  const { kind } = query;
  const { target } = context;
  const { binary, name } = binaryAndName(query);
  const [, language, cppName] = /^(cpp)(?::"?(.*?)"?)?$/s.exec(name) ?? [];
  const demangle = (symbol: string): string => target.demangle(symbol);
  const isMatch = language === undefined ? matcher(name) : cppMatcher(cppName || '*', demangle);
  const shownName = (symbol: string): string => {
    if (language === undefined) return symbol;
    const written = demangle(symbol);
    return `${language}:${written === symbol ? symbol : `"${written}"`}`;
  };
  const withParams = context.withParams && kind === 'uprobe';
  return binariesLike(binary, query, context).flatMap((file) => {
    const symbols = (target.userSymbols(file.path) ?? []).filter((symbol) => isMatch(symbol.name));
    if (withParams && symbols.length > 0 && !target.debugInfo(file.path))
      context.warn(`No DWARF found for "${file.shown}", cannot show parameter info`);
    return symbols.map(
      (symbol): ListedProbe => ({
        name: `${kind}:${file.shown}:${shownName(symbol.name)}`,
        params: withParams ? userFunctionParams(file.path, symbol.address, target) : [],
      }),
    );
  });
};

/** `usdt:/path:name` finds the name in every namespace. */
export const listUsdts: Lister = (query, context) => {
  const { binary, name } = binaryAndName(query);
  const isMatch = matcher(name.includes(':') ? name : `*:${name}`);
  return binariesLike(binary, query, context).flatMap((file) =>
    (context.target.usdtProbes(file.path) ?? [])
      .map((probe) => `${probe.provider}:${probe.name}`)
      .filter(isMatch)
      .map((probe): ListedProbe => ({ name: `usdt:${file.shown}:${probe}`, params: [] })),
  );
};

/** A single part with a slash is a binary: symbols have none. Without a binary all that are mapped somewhere are searched. */
function binaryAndName({ parts }: ListQuery): { readonly binary: string; readonly name: string } {
  const { target, name } = targetAndName(parts);
  if (target === undefined) return name.includes('/') ? { binary: name, name: '*' } : { binary: '*', name };
  return { binary: target === '' ? '*' : target, name };
}

function binariesLike(
  binary: string,
  { kind, guessed }: ListQuery,
  { target, pid, warn }: ListContext,
): ReturnType<ListContext['target']['resolveBinary']> {
  const files = target.resolveBinary(binary, pid);
  if (files.length === 0 && !guessed && !hasWildcard(binary)) warn(noBinaryText(kind, binary, target, pid));
  return files;
}
