/**
 * Macros of the C preprocessor and their expansion. Source: C11, section 6.10.3; which names are hidden in what comes
 * out of a macro follows Dave Prosser's algorithm: a function-like macro hides what both its name and its closing
 * parenthesis hide.
 */
import type { Diagnostic, Span } from '../language/index.ts';
import { createSource, makeDiagnostic } from '../language/index.ts';
import { cDiagnostics } from './c-diagnostics.ts';
import type { CToken } from './c-token.ts';
import { lexC } from './c-token.ts';

export interface CMacro {
  readonly name: string;
  /** Where the `#define` is; absent for predefined ones. */
  readonly span?: Span;
  /** Absent for object-like macros. */
  readonly params?: readonly string[];
  /** The parameter that takes all further arguments: `__VA_ARGS__`, or the name before `...`. */
  readonly rest?: string;
  readonly body: readonly CToken[];
}

export type MacroTable = ReadonlyMap<string, CMacro>;

export interface Expansion {
  readonly tokens: readonly CToken[];
  readonly diagnostics: readonly Diagnostic[];
}

/** More tokens than any honest macro gives; fewer than memory has room for. */
const maxExpansion = 200_000;

/** How deep macro calls may stand in the arguments of others. */
const maxNesting = 200;

/** Replaces all macros in a list of tokens. */
export function expandMacros(tokens: readonly CToken[], macros: MacroTable): Expansion {
  const diagnostics: Diagnostic[] = [];
  const output = new Expander(macros, diagnostics).expand(tokens);
  return { tokens: output, diagnostics };
}

/** The arguments of one call, and where it ended. */
interface MacroCall {
  readonly args: readonly (readonly CToken[])[];
  readonly close: CToken;
}

class Expander {
  readonly #macros: MacroTable;
  readonly #diagnostics: Diagnostic[];
  #budget = maxExpansion;
  #depth = 0;

  constructor(macros: MacroTable, diagnostics: Diagnostic[]) {
    this.#macros = macros;
    this.#diagnostics = diagnostics;
  }

  expand(tokens: readonly CToken[]): CToken[] {
    const output: CToken[] = [];
    // Reversed, so that taking the next token and putting an expansion back are cheap.
    const input = tokens.slice().reverse();
    for (let token = input.pop(); token !== undefined; token = input.pop()) {
      const expansion = this.#expandAt(token, input);
      if (expansion === undefined) {
        output.push(token);
        continue;
      }
      this.#budget -= expansion.length + 1;
      if (this.#budget < 0) {
        this.#report(makeDiagnostic(cDiagnostics, 'c-expansion-size', token.span, maxExpansion));
        return output;
      }
      for (let at = expansion.length - 1; at >= 0; at--) input.push(...expansion.slice(at, at + 1));
    }
    return output;
  }

  /** What the macro at `token` gives, its arguments taken from `input`; undefined when none is to be expanded. */
  #expandAt(token: CToken, input: CToken[]): readonly CToken[] | undefined {
    if (token.kind !== 'identifier' || token.hidden?.has(token.text)) return undefined;
    const macro = this.#macros.get(token.text);
    if (macro === undefined) return undefined;
    if (macro.params === undefined) {
      return this.#substitute(macro, [], token, withName(token.hidden, macro.name));
    }
    if (input.at(-1)?.text !== '(') return undefined;
    const call = readCall(input);
    if (call === undefined) {
      this.#report(makeDiagnostic(cDiagnostics, 'c-macro-unclosed', token.span, macro.name));
      return undefined;
    }
    const args = this.#bindArguments(macro, macro.params, call.args, token);
    if (args === undefined) return [];
    return this.#substitute(
      macro,
      args,
      token,
      withName(intersect(token.hidden, call.close.hidden), macro.name),
    );
  }

  /** One list of tokens per parameter, the rest parameter last. */
  #bindArguments(
    macro: CMacro,
    params: readonly string[],
    given: MacroCall['args'],
    use: CToken,
  ): MacroCall['args'] | undefined {
    const isEmpty = given.length === 1 && given[0]?.length === 0;
    const args = isEmpty && params.length === 0 ? [] : given;
    if (macro.rest !== undefined && args.length >= params.length) {
      const others = args
        .slice(params.length)
        .flatMap((arg, index) => (index === 0 ? arg : [comma(use), ...arg]));
      return [...args.slice(0, params.length), others];
    }
    if (args.length === params.length) return args;
    const wanted = macro.rest === undefined ? String(params.length) : `at least ${params.length}`;
    const count = isEmpty ? 0 : args.length;
    this.#report(makeDiagnostic(cDiagnostics, 'c-macro-call', use.span, macro.name, wanted, count));
    return undefined;
  }

  #substitute(
    macro: CMacro,
    args: MacroCall['args'],
    use: CToken,
    hidden: ReadonlySet<string>,
  ): readonly CToken[] {
    const names = [...(macro.params ?? []), ...(macro.rest === undefined ? [] : [macro.rest])];
    const argOf = (token: CToken | undefined): readonly CToken[] | undefined => {
      return token?.kind === 'identifier' ? args[names.indexOf(token.text)] : undefined;
    };
    const output: CToken[] = [];
    const { body } = macro;
    for (let at = 0; at < body.length; at++) {
      const token = body[at];
      const next = body[at + 1];
      if (token === undefined) break;
      if (token.text === '##' && output.length + at > 0 && next !== undefined) {
        const right = argOf(next) ?? [next];
        // GNU: `, ## rest` drops the comma when there is nothing to follow it.
        const dropsComma = next.text === macro.rest && output.at(-1)?.text === ',';
        if (dropsComma && right.length === 0) output.pop();
        else if (dropsComma) output.push(...right);
        else paste(output, right);
        at++;
        continue;
      }
      const stringified = token.text === '#' && macro.params !== undefined ? argOf(next) : undefined;
      if (stringified !== undefined) {
        output.push(stringify(stringified, token));
        at++;
        continue;
      }
      const arg = argOf(token);
      if (arg === undefined) output.push(token);
      else if (next?.text === '##') output.push(...(arg.length > 0 ? arg : [placeMarker(token)]));
      else output.push(...this.#expandArgument(arg, use));
    }
    return output
      .filter((token) => token.text !== '')
      .map((token) => ({ ...token, span: use.span, startsLine: false, hidden: union(token.hidden, hidden) }));
  }

  #expandArgument(arg: readonly CToken[], use: CToken): readonly CToken[] {
    if (this.#depth === maxNesting) {
      this.#report(makeDiagnostic(cDiagnostics, 'c-macro-nesting', use.span, maxNesting));
      return [];
    }
    this.#depth++;
    const output = this.expand(arg);
    this.#depth--;
    return output;
  }

  #report(diagnostic: Diagnostic): void {
    this.#diagnostics.push(diagnostic);
  }
}

/** Takes `( … )` from the end of a reversed list; nothing is taken when it does not close. */
function readCall(input: CToken[]): MacroCall | undefined {
  const args: CToken[][] = [[]];
  let open = 0;
  for (let at = input.length - 1; at >= 0; at--) {
    const token = input[at];
    if (token === undefined) break;
    if (token.text === '(' && open++ === 0) continue;
    if (token.text === ')' && --open === 0) {
      input.length = at;
      return { args, close: token };
    }
    if (token.text === ',' && open === 1) args.push([]);
    else args.at(-1)?.push(token);
  }
  return undefined;
}

/** Joins the last token of `output` with the first of `right`. Where that makes no single token, both stay. */
function paste(output: CToken[], right: readonly CToken[]): void {
  const left = output.pop();
  const [first, ...others] = right;
  if (left === undefined || first === undefined) {
    output.push(...(left ? [left] : []), ...right);
    return;
  }
  const joined = lexC(createSource('', left.text + first.text));
  const [only] = joined;
  if (joined.length === 1 && only !== undefined) output.push({ ...left, kind: only.kind, text: only.text });
  else output.push(left, first);
  output.push(...others);
}

function stringify(tokens: readonly CToken[], at: CToken): CToken {
  const text = tokens
    .map(({ kind, text: spelling, hasSpace }, index) => {
      const quoted = kind === 'string' || kind === 'char' ? spelling.replace(/["\\]/g, '\\$&') : spelling;
      return (hasSpace && index > 0 ? ' ' : '') + quoted;
    })
    .join('');
  return { ...at, kind: 'string', text: `"${text}"` };
}

/** Stands for an empty argument beside `##`; it has no text and is dropped afterwards. */
function placeMarker(at: CToken): CToken {
  return { ...at, kind: 'other', text: '' };
}

function comma(at: CToken): CToken {
  return { ...at, kind: 'punct', text: ',', hasSpace: false };
}

function withName(names: ReadonlySet<string> | undefined, name: string): ReadonlySet<string> {
  return new Set([...(names ?? []), name]);
}

function union(left: ReadonlySet<string> | undefined, right: ReadonlySet<string>): ReadonlySet<string> {
  return left === undefined ? right : new Set([...left, ...right]);
}

function intersect(
  left: ReadonlySet<string> | undefined,
  right: ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  return new Set([...(left ?? [])].filter((name) => right?.has(name)));
}
