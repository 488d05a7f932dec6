/**
 * What a script's definition of a struct that the kernel has too leaves open.
 *
 * Definitions of a script may use the kernel's types. One that replaces a type of the kernel may not: which of the two worlds a struct inside
 * it belongs to is unclear, and the layout would be right in neither. So all that it holds by value has to be defined with it.
 */
import type { Btf } from '../../btf/index.ts';
import type { CDecl, CStruct, CType } from '../cpreproc/index.ts';
import { type Diagnostic, lineIndexAt, makeDiagnostic } from '../language/index.ts';
import { checkCatalogue } from './catalogue.ts';

export function findIncompleteMembers(declarations: readonly CDecl[], kernel: Btf): readonly Diagnostic[] {
  const structs = declarations.filter(
    (each): each is CStruct => each.kind === 'c-struct' || each.kind === 'c-union',
  );
  const own = new Set(structs.map(nameOf));
  return structs
    .filter(
      ({ kind, tag }) =>
        tag !== undefined && kernel.find(tag, kind === 'c-struct' ? 'struct' : 'union') !== undefined,
    )
    .flatMap((struct) =>
      struct.members.flatMap(({ type, span, name = '' }) => {
        const held = heldStruct(type);
        if (held === undefined || own.has(held)) return [];
        // The C compiler's file has a line of its own before the script's.
        const line = lineIndexAt(span.source, span.start) + 2;
        return [makeDiagnostic(checkCatalogue, 'c-incomplete', span, nameOf(struct), name, held, line)];
      }),
    );
}

function nameOf({ kind, tag }: CStruct): string {
  return `${kind.slice(2)} ${tag}`;
}

/** The struct or union that a member holds, by itself or as an array. */
function heldStruct(type: CType): string | undefined {
  if (type.kind === 'c-array') return heldStruct(type.element);
  return type.kind === 'c-tag' && type.tag !== 'enum' ? `${type.tag} ${type.name}` : undefined;
}
