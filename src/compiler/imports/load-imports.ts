/**
 * `import "path";`: the files it names become part of the script.
 *
 *     a.bt imports b.bt, b.bt imports c.bt          ->   items of c, items of b, items of a
 *
 * What a file imports stands before what it says itself, so that `begin` blocks run in that order. A file is read once, whoever imports it; a
 * circle of imports ends where it began.
 */
import type { Btf } from '../../btf/index.ts';
import type { Arch, FileAnswer, Target } from '../../program/index.ts';
import {
  type CChunk,
  childrenOf,
  createSource,
  type Diagnostic,
  type Import,
  type Item,
  makeDiagnostic,
  type Node,
  parseScript,
  type Script,
  type Source,
  type Span,
  suggest,
  textOfByteString,
  withHint,
} from '../language/index.ts';
import { type CObject, type KernelNames, ObjectError, readObject } from '../object/index.ts';
import { importCatalogue } from './catalogue.ts';
import { findInLibrary, libraryNames } from './library.ts';
import { fileOf, folderOf, pathIn, plainPath } from './path.ts';

export interface LoadedImports {
  /** The script with everything that it imports. */
  readonly script: Script;
  /** Imported C headers, to be read before the C section. */
  readonly headers: readonly Source[];
  /** Imported functions that are written in C. */
  readonly objects: readonly CObject[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads all that a script imports, at its top and inside its blocks. */
export function loadImports(script: Script, target: Target): LoadedImports {
  if (!mentionsImport(script)) return { script, headers: [], objects: [], diagnostics: [] };
  const loader = new Loader(script, target);
  loader.load(script);
  return {
    script: { ...script, cSection: loader.cSection, items: loader.items },
    headers: loader.headers,
    objects: loader.objects,
    diagnostics: loader.diagnostics,
  };
}

function mentionsImport(script: Script): boolean {
  return script.source.text.includes('import');
}

/** The kinds of files, by how their names end. */
const fileKinds = { '.bt': 'script', '.h': 'header', '.bpf.c': 'c-source', '.bpf.o': 'object' } as const;

function kindOf(path: string): (typeof fileKinds)[keyof typeof fileKinds] | undefined {
  const ending = (Object.keys(fileKinds) as (keyof typeof fileKinds)[]).find((text) => path.endsWith(text));
  return ending && fileKinds[ending];
}

class Loader {
  readonly cSection: CChunk[] = [];
  readonly items: Item[] = [];
  readonly headers: Source[] = [];
  readonly objects: CObject[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #target: Target;
  readonly #main: string;
  /** Functions of objects, and the files that define them. */
  readonly #definedIn = new Map<string, string>();
  /** What was read or is being read. */
  readonly #known = new Set<string>();

  constructor(script: Script, target: Target) {
    this.#target = target;
    this.#main = script.source.name;
    this.#known.add(plainPath(this.#main));
  }

  /** Adds a script behind all that it imports. */
  load(script: Script): void {
    for (const imported of script.imports) this.#import(imported, script);
    for (const imported of statementImports(script)) this.#importInBlock(imported, script);
    this.cSection.push(...script.cSection);
    this.items.push(...script.items);
  }

  #report<K extends keyof ReturnType<typeof importCatalogue>>(
    code: K,
    at: Span,
    ...args: Parameters<ReturnType<typeof importCatalogue>[K]['message']>
  ): void {
    this.diagnostics.push(makeDiagnostic(importCatalogue, code, at, ...args));
  }

  /** Inside a block only what brings types and functions can be imported. */
  #importInBlock(imported: Import, script: Script): void {
    const name = nameOf(imported);
    const isFolder = this.#candidates(name, script).some(
      (path) => this.#target.lookAt(path)?.kind === 'folder',
    );
    if (kindOf(name) === 'script' || isFolder) this.#report('import-place', imported.span);
    else this.#import(imported, script);
  }

  /** Beside the file that imports first, then beside the script itself. */
  #candidates(name: string, script: Script): readonly string[] {
    return [...new Set([script.source.name, this.#main].map((from) => pathIn(folderOf(from), name)))];
  }

  #import(imported: Import, script: Script): void {
    const name = nameOf(imported);
    const candidates = this.#candidates(name, script);
    for (const path of candidates) {
      const found = this.#target.lookAt(path);
      if (!found) continue;
      if (this.#isOpenToAll(path)) {
        this.#report('import-skipped', imported.span, path);
        continue;
      }
      if (found.kind === 'file') this.#importFile(path, imported.span);
      else this.#importFolder(path, found.names, imported.span);
      return;
    }
    const files = findInLibrary(name);
    for (const file of files ?? []) this.#addScript(createSource(file.name, file.text));
    if (files) return;
    const missing = makeDiagnostic(importCatalogue, 'import-missing', imported.span);
    const similar = suggest(name, libraryNames);
    this.diagnostics.push(withHint(withHint(missing, `checked: ${candidates.join(',')}`), similar));
  }

  /** Whether anybody may change a file, or put another in its place. */
  #isOpenToAll(path: string): boolean {
    return [path, folderOf(path) || '.'].some((place) => this.#target.lookAt(place)?.worldWritable === true);
  }

  /** The files of a folder that are of a known kind; folders inside it are left alone. */
  #importFolder(folder: string, names: readonly string[], at: Span): void {
    for (const name of names.toSorted()) {
      const path = pathIn(folder, name);
      if (kindOf(name) === undefined || this.#target.lookAt(path)?.kind !== 'file') continue;
      if (this.#isOpenToAll(path)) this.#report('import-writable', at, path);
      else this.#importFile(path, at);
    }
  }

  #importFile(path: string, at: Span): void {
    const kind = kindOf(path);
    if (kind === undefined) {
      this.#report('import-type', at, fileOf(path));
      return;
    }
    const plain = plainPath(path);
    if (this.#known.has(plain)) return;
    this.#known.add(plain);
    if (kind === 'object' || kind === 'c-source') {
      this.#addObject(path, at);
      return;
    }
    const file: FileAnswer = this.#target.readFile(path);
    if (file.kind === 'refused') this.#report('import-unreadable', at, path, file.reason);
    else if (kind === 'script') this.#addScript(createSource(path, file.text));
    else this.headers.push(createSource(path, file.text));
  }

  /** Functions written in C: compiled, or compiled already. */
  #addObject(path: string, at: Span): void {
    const answer = this.#target.readObject(path);
    if (answer.kind === 'refused') {
      this.#report('import-object', at, path, answer.reason);
      return;
    }
    if (answer.warnings !== undefined) {
      const warning = makeDiagnostic(importCatalogue, 'import-warnings', at);
      this.diagnostics.push(withHint(warning, answer.warnings));
    }
    try {
      this.#addFunctions(readObject(answer.bytes, kernelNames(this.#target)), path);
    } catch (error) {
      if (!(error instanceof ObjectError)) throw error;
      this.#report('import-object', at, path, error.message);
    }
  }

  /** @throws ObjectError */
  #addFunctions(object: CObject, path: string): void {
    for (const { name, isStatic } of object.funcs) {
      if (isStatic) continue;
      const other = this.#definedIn.get(name);
      if (other !== undefined) throw new ObjectError(`it defines ${name}(), as ${other} does`);
      this.#definedIn.set(name, path);
    }
    this.objects.push(object);
  }

  #addScript(source: Source): void {
    const { script, diagnostics } = parseScript(source);
    this.diagnostics.push(...diagnostics);
    if (script.config) this.#report('import-config', script.config.span);
    this.load(script);
  }
}

/** In front of the names of system calls that take their arguments from the registers. Source: tools/lib/bpf/libbpf.c, arch_specific_syscall_pfx. */
const syscallPrefixes: Readonly<Record<Arch, string>> = { x86_64: '__x64_', aarch64: '__arm64_' };

function kernelNames(target: Target): KernelNames {
  const btf = target.btf();
  const btfs = (): readonly (Btf | undefined)[] => [
    btf,
    ...target.btfModules().map((module) => target.moduleBtf(module)),
  ];
  return {
    btf,
    hasFunction: (name) => btfs().some((each) => each?.hasFunction(name)),
    address: (name) => target.kernelSymbol(name),
    config: () => target.kernelConfig(),
    hasCookies: () => target.has('attach-cookie'),
    hasSyscallWrappers: () => target.kernelSymbol(`${syscallPrefixes[target.arch]}sys_bpf`) !== undefined,
  };
}

function nameOf(imported: Import): string {
  return textOfByteString(imported.path.value);
}

/** The imports inside blocks. */
function statementImports(script: Script): readonly Import[] {
  if (!mentionsImport(script)) return [];
  const found: Import[] = [];
  const walk = (node: Node): void => {
    if (node.kind === 'import') found.push(node);
    else for (const child of childrenOf(node)) walk(child);
  };
  for (const item of script.items) walk(item);
  return found;
}
