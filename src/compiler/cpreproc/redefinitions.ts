import { type Diagnostic, makeDiagnostic, type Source, type Span, withContext } from '../language/index.ts';
import type { CDecl, CType } from './c-declaration.ts';
import { cDiagnostics } from './c-diagnostics.ts';

/** A name that stands twice where it can only stand once; `at` is the second. */
export interface Repeated {
  readonly what: string;
  readonly at: Span;
  readonly first: Span;
}

/**
 * Two definitions with one tag, and what the parser found repeated: enumerators, members and typedefs with one name. The second is at fault.
 * Headers may repeat each other.
 */
export function redefinitions(
  declarations: readonly CDecl[],
  repeated: readonly Repeated[],
  isOwn: (source: Source) => boolean,
): readonly Diagnostic[] {
  const firsts = new Map<string, Span>();
  const tags = declarations.flatMap((decl): Repeated[] => {
    if (decl.kind === 'c-typedef' || decl.tag === undefined || !isOwn(decl.span.source)) return [];
    const first = firsts.get(decl.tag);
    firsts.set(decl.tag, first ?? decl.span);
    const what = `${decl.kind.slice(2)} ${decl.tag}`;
    return first === undefined ? [] : [{ what, at: decl.span, first }];
  });
  const names = repeated.filter(({ at }) => isOwn(at.source));
  return [...tags, ...names].map(redefinition);
}

function redefinition({ what, at, first }: Repeated): Diagnostic {
  const diagnostic = makeDiagnostic(cDiagnostics, 'c-redefinition', at, what);
  return withContext(diagnostic, first, 'This is the original definition.');
}

/** Whether two types are the same as written; names of typedefs are not looked into, and each definition in place is a type of its own. */
export function sameCType(left: CType, right: CType): boolean {
  const withoutPlaces = (type: CType): string =>
    JSON.stringify(type, (key: string, value: unknown) => (key === 'span' ? undefined : value));
  const text = withoutPlaces(left);
  return !text.includes('"c-inline"') && text === withoutPlaces(right);
}
