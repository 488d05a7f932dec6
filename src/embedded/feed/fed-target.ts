import type { Btf } from '../../btf/index.ts';
import type { Target, TracepointFormat } from '../../program/index.ts';
import { embeddedTarget } from '../target/index.ts';
import type { MachineFacts } from './machine-facts.ts';

/** What scripts may use besides the events: files for `import` and `#include`. */
export type ScriptFiles = Pick<
  Target,
  'readFile' | 'lookAt' | 'includeDirs' | 'kernelHeaders' | 'cgroupId' | 'demangle'
>;

/** The machine of the facts, as scripts are compiled for it. */
export function fedTarget(facts: MachineFacts, files: ScriptFiles, btf?: Btf): Target {
  const { binaries } = facts;
  const named = (path: string) => binaries.find((binary) => binary.path === path);
  const host = {
    arch: facts.arch,
    possibleCpus: facts.possibleCpus,
    onlineCpus: facts.onlineCpus,
    bootToWallNs: facts.bootToWallNs,
    resolveBinary: (text: string) => binaries.filter((binary) => isNamed(binary.shown, text)),
    foreignBinary: () => undefined,
    userSymbols: (path: string) => named(path)?.symbols,
    usdtProbes: (path: string) => named(path)?.usdt,
    symbolNamed: (path: string, name: string) => named(path)?.symbols.find((symbol) => symbol.name === name),
    debugInfo: () => undefined,
    fileOffset: (path: string, address: bigint) =>
      named(path)?.symbols.find((symbol) => symbol.address === address)?.fileOffset,
    codeAt: () => undefined,
    includeDirs: files.includeDirs,
    kernelHeaders: files.kernelHeaders,
    demangle: (name: string) => files.demangle(name),
    cgroupId: (path: string) => files.cgroupId(path),
    readFile: (path: string) => files.readFile(path),
    lookAt: (path: string) => files.lookAt(path),
  };
  const tracepoints: ReadonlyMap<string, TracepointFormat> = new Map(Object.entries(facts.tracepoints));
  const functions = facts.functions.map((name) => ({ name }));
  const target = embeddedTarget(host, {
    tracepoints,
    functions,
    ...(btf === undefined ? {} : { btf: () => btf }),
  });
  // What was not asked there has no answer here.
  return { ...target, has: (feature) => facts.features[feature] ?? target.has(feature) };
}

/** `libc` names /usr/lib/libc.so.6, `bash` /bin/bash, a path itself. */
function isNamed(path: string, text: string): boolean {
  if (path === text) return true;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    !text.includes('/') &&
    (name === text || name.startsWith(`${text}.so`) || name.startsWith(`lib${text}.so`))
  );
}
