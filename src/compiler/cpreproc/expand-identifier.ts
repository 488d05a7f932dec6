/**
 * C macros in scripts: a bare identifier that a `#define` names stands for the macro's text, read as an expression of
 * the language. The spellings that C has and the language lacks are rewritten on the way: `10UL`, `'\a'`, adjacent
 * strings, `(unsigned long)`.
 */
import { createSource } from '../language/index.ts';
import { basicType, isBasicWord } from './basic-type.ts';
import { CProblem } from './c-diagnostics.ts';
import type { MacroTable } from './c-macro.ts';
import { expandMacros } from './c-macro.ts';
import type { CToken } from './c-token.ts';
import { lexC } from './c-token.ts';
import { readCCharacter, readCNumber } from './constant-expression.ts';

export type IdentifierExpansion =
  /** Text for `parseExpression` of the language; empty for a macro without a body. */
  | { readonly kind: 'text'; readonly text: string }
  /** No macro of this name, or a function-like one used without arguments, or with the wrong number. */
  | { readonly kind: 'no-macro' }
  /** The macro uses itself; `name` is the one that comes up again. */
  | { readonly kind: 'recursion'; readonly name: string };

/**
 * Expands a use of a macro completely.
 *
 * @param args for a function-like macro: the text of each argument as the script has it
 */
export function expandIdentifier(
  macros: MacroTable,
  name: string,
  args?: readonly string[],
): IdentifierExpansion {
  const macro = macros.get(name);
  if (macro === undefined || (macro.params === undefined) !== (args === undefined))
    return { kind: 'no-macro' };
  const use = args === undefined ? name : `${name}(${args.join(',')})`;
  const { tokens, diagnostics } = expandMacros(lexC(createSource(name, use)), macros);
  if (diagnostics.length > 0) return { kind: 'no-macro' };
  const again = tokens.find(({ kind, text, hidden }) => kind === 'identifier' && hidden?.has(text));
  if (again !== undefined) return { kind: 'recursion', name: again.text };
  return { kind: 'text', text: toLanguage(tokens) };
}

/** What a macro is defined as, for messages: its own text, each run of blanks as one. */
export function textOfMacro(macros: MacroTable, name: string): string {
  const tokens = macros.get(name)?.body ?? [];
  return tokens.map(({ text, hasSpace }, index) => (hasSpace && index > 0 ? ` ${text}` : text)).join('');
}

function toLanguage(tokens: readonly CToken[]): string {
  const parts: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.kind === 'identifier' && isBasicWord(token.text)) {
      const words = wordsAt(tokens, at);
      parts.push(languageType(words));
      at += words.length - 1;
      continue;
    }
    const text = spell(token);
    const last = parts.at(-1);
    if (token.kind === 'string' && last?.endsWith('"'))
      parts[parts.length - 1] = last.slice(0, -1) + text.slice(1);
    else parts.push(text);
  }
  return parts.join(' ');
}

function spell({ kind, text }: CToken): string {
  try {
    if (kind === 'char') return String(readCCharacter(text));
    if (kind === 'number' && !/^(0[xX])?[0-9a-fA-F]+$/.test(text)) return String(readCNumber(text).value);
  } catch (problem) {
    // No integer (a float, say): the language says what it thinks of the spelling.
    if (!(problem instanceof CProblem)) throw problem;
  }
  if (kind !== 'string') return text;
  // Escapes the language lacks, as octal ones of three digits, which swallow no digit behind them.
  return text.replace(/^[^"]+/, '').replace(/\\([abefv?'])/g, (_, letter: string) => {
    const code = /[?']/.test(letter) ? letter.charCodeAt(0) : Number(readCCharacter(`'\\${letter}'`));
    return `\\${code.toString(8).padStart(3, '0')}`;
  });
}

function wordsAt(tokens: readonly CToken[], start: number): readonly string[] {
  const words: string[] = [];
  for (let at = start; isBasicWord(tokens[at]?.text ?? ''); at++) words.push(tokens[at]?.text ?? '');
  return words;
}

/** `unsigned long` as the language calls it; C names without a counterpart stay as they are. */
function languageType(words: readonly string[]): string {
  const type = basicType(words);
  switch (type?.kind) {
    case 'c-int':
      return type.bytes > 8 ? words.join(' ') : `${type.isSigned ? '' : 'u'}int${type.bytes * 8}`;
    case 'c-bool':
      return 'bool';
    case 'c-void':
      return 'void';
    default:
      return words.join(' ');
  }
}
