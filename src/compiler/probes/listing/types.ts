/** Types of the kernel as a list: `-l 'struct task_*'`, with -v their definitions. */
import { type Btf, type BtfId, type BtfKind, definitionText } from '../../../btf/index.ts';
import type { Target } from '../../../program/index.ts';
import { hasWildcard, matcher } from '../wildcard.ts';

const kindsByWord = {
  struct: ['struct'],
  union: ['union'],
  enum: ['enum', 'enum64'],
} as const satisfies Record<string, readonly BtfKind[]>;

export interface TypePattern {
  readonly word: keyof typeof kindsByWord;
  /** With `*` anywhere. */
  readonly name: string;
}

/** Reads `struct NAME`, `union NAME` or `enum NAME`; undefined for anything else. */
export function parseTypePattern(text: string): TypePattern | undefined {
  const match = /^(struct|union|enum) (.*)$/.exec(text);
  // The expression allows those words only.
  return match ? { word: match[1] as TypePattern['word'], name: match[2] ?? '' } : undefined;
}

/** The names of all types that match, sorted: `struct list_head`. */
export function listTypeNames(pattern: TypePattern, target: Target): readonly string[] {
  const names = new Set<string>();
  for (const { btf } of sources(target)) {
    for (const id of idsLike(pattern, btf)) names.add(`${pattern.word} ${btf.nameOf(id)}`);
  }
  return [...names].sort();
}

/**
 * The definitions of all types that match, sorted, each behind the name of the module that has it: `vmlinux: struct list_head {…};`. One
 * that the kernel has is not repeated for the modules that have it too; different ones of one name are all listed.
 */
export function listTypeDefinitions(pattern: TypePattern, target: Target): readonly string[] {
  const modulesByText = new Map<string, Set<string>>();
  for (const { module, btf } of sources(target)) {
    for (const id of idsLike(pattern, btf)) {
      const text = definitionText(btf, id) ?? '';
      const modules = modulesByText.get(text) ?? new Set();
      modulesByText.set(text, modules.add(module));
    }
  }
  return [...modulesByText.keys()].sort().flatMap((text) => {
    const modules = modulesByText.get(text) ?? new Set();
    return (modules.has('vmlinux') ? ['vmlinux'] : [...modules]).map((module) => `${module}: ${text}`);
  });
}

function sources(target: Target): readonly { readonly module: string; readonly btf: Btf }[] {
  const own = target.btf();
  const modules = target.btfModules().flatMap((module) => {
    const btf = target.moduleBtf(module);
    return btf ? [{ module, btf }] : [];
  });
  return own ? [{ module: 'vmlinux', btf: own }, ...modules] : modules;
}

/** Of one BTF's own types; those of the BTF it is split from are left to that one. */
function idsLike({ word, name }: TypePattern, btf: Btf): readonly BtfId[] {
  const kinds: readonly BtfKind[] = kindsByWord[word];
  if (!hasWildcard(name)) return btf.findAll(name, ...kinds).filter((id) => id >= btf.firstId);
  const isMatch = matcher(name);
  return kinds
    .flatMap((kind) => [...btf.idsOfKind(kind)])
    .filter((id) => {
      const own = btf.nameOf(id);
      return own !== '' && isMatch(own);
    });
}
