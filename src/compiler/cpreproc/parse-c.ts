/**
 * Declarations of C, over preprocessed tokens: struct, union and enum definitions and typedefs, with whatever they
 * contain. Everything else (functions, variables, assertions) is passed over.
 *
 * Included files are full of C this does not read (inline functions, inline assembly): a declaration from a file that
 * cannot be read is left out without a word, one from the script itself is an error at its place.
 */
import type { Diagnostic, Source } from '../language/index.ts';
import { makeDiagnostic } from '../language/index.ts';
import { readAttributes } from './attributes.ts';
import { CCursor } from './c-cursor.ts';
import type { CAttributes, CDecl } from './c-declaration.ts';
import { CProblem, cDiagnostics } from './c-diagnostics.ts';
import type { CToken } from './c-token.ts';
import { readDeclarator } from './declarator.ts';
import { redefinitions } from './redefinitions.ts';
import { readSpecifiers } from './specifiers.ts';
import { readTypeOperand } from './type-operand.ts';

export interface ParsedC {
  readonly declarations: readonly CDecl[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads all declarations.
 *
 * @param isOwn whether a source is the script (errors are reported) or an included file (they are not)
 */
export function parseC(tokens: readonly CToken[], isOwn: (source: Source) => boolean): ParsedC {
  const c = new CCursor(tokens, { readSpecifiers, readOperand: readTypeOperand });
  const diagnostics: Diagnostic[] = [];
  while (!c.atEnd) {
    const start = c.at;
    const firstSpan = c.span;
    try {
      readDeclaration(c);
    } catch (problem) {
      if (!(problem instanceof CProblem)) throw problem;
      if (isOwn(firstSpan.source)) {
        diagnostics.push(makeDiagnostic(cDiagnostics, 'c-syntax', c.span, problem.message));
      }
      c.recover(start);
    }
  }
  const { declarations, repeated, wrongBitFields } = c.found;
  return {
    declarations,
    diagnostics: [
      ...diagnostics,
      ...redefinitions(declarations, repeated, isOwn),
      ...wrongBitFields.filter(({ span }) => span !== undefined && isOwn(span.source)),
    ],
  };
}

/** One top-level declaration. */
function readDeclaration(c: CCursor): void {
  const start = c.at;
  if (c.accept(';')) return;
  const isTypedef = hasTypedef(c);
  const attributes: CAttributes = { isPacked: false };
  const base = readSpecifiers(c, attributes);
  if (c.accept(';')) {
    // `enum { A, B };` defines its enumerators, though nothing can name it.
    if (base.kind === 'c-inline' && base.definition.kind === 'c-enum')
      c.found.declarations.push(base.definition);
    return;
  }
  for (;;) {
    const { name, wrap } = readDeclarator(c, attributes);
    readAttributes(c, attributes);
    if (isTypedef && name !== undefined) {
      const { alignment } = attributes;
      const type = wrap(base);
      c.found.addTypedef(name.text, name.span, type);
      c.found.declarations.push({
        kind: 'c-typedef',
        span: c.spanFrom(start),
        name: name.text,
        type,
        ...(alignment && { alignment }),
      });
    }
    if (!isTypedef && skipBody(c)) return;
    if (!c.accept(',')) break;
  }
  c.expect(';');
}

/** Whether `typedef` is among the words before the declarator (it may come behind the type's first words). */
function hasTypedef(c: CCursor): boolean {
  for (let ahead = 0; c.tokens[c.at + ahead]?.kind === 'identifier'; ahead++) {
    if (c.peek(ahead) === 'typedef') return true;
  }
  return false;
}

/** A function's body or a variable's initialiser; true when that ends the declaration. */
function skipBody(c: CCursor): boolean {
  if (c.peek() === '{') {
    c.skipBalanced('{', '}');
    return true;
  }
  if (c.accept('=')) while (!c.atEnd && ![',', ';'].includes(c.peek())) skipPiece(c);
  return false;
}

function skipPiece(c: CCursor): void {
  if (c.peek() === '{') c.skipBalanced('{', '}');
  else if (c.peek() === '(') c.skipBalanced('(', ')');
  else c.at++;
}
