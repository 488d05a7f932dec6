/**
 * Macros: every call becomes a block, the macro's body with its parameters put in.
 *
 *     macro add($x, n) { $t = n; $x += $t; $x }          print(add($a, 2))
 *                                                   ->   print({ $t@1 = 2; $a += $t@1; $a })
 *
 * A macro's own variables get a suffix, so that they are never those of the caller. Every node of the body says in its span where it was
 * expanded from. Calls nest; one that comes back to itself is an error.
 */
import { findBuiltin } from '../builtins/index.ts';
import type {
  Block,
  Call,
  Diagnostic,
  Expr,
  Fn,
  Identifier,
  Macro,
  MacroParam,
  Name,
  Node,
  Probe,
  Script,
  Span,
  TaggedType,
  TypeofType,
} from '../language/index.ts';
import { type Explanation, makeCheckDiagnostic } from './body.ts';
import type { checkCatalogue } from './catalogue.ts';
import { isTypeExpr } from './type-names.ts';

/** What a macro call can produce, so that a few lines cannot fill the memory. */
const MAX_NODES = 2_000_000;

type Arg = Expr | TypeofType;

const paramWords: Readonly<Record<MacroParam['kind'], string>> = {
  variable: 'Variable',
  map: 'Map',
  identifier: 'Ident',
};

export interface ExpandedScript {
  readonly probes: readonly Probe[];
  readonly fns: readonly Fn[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Separates a macro variable's name from the number of its expansion; no name contains it. */
const SUFFIX = '@';

/** A variable's name as the script has it. */
export function shownName(name: string): string {
  const at = name.indexOf(SUFFIX);
  return at > 0 ? name.slice(0, at) : name;
}

export function expandMacros(script: Script): ExpandedScript {
  const expander = new Expander(script);
  const probes = script.items
    .filter((item) => item.kind === 'probe')
    .map((probe) => expander.rewrite(probe, undefined));
  const fns = script.items.filter((item) => item.kind === 'fn').map((fn) => expander.rewrite(fn, undefined));
  return { probes, fns, diagnostics: expander.diagnostics };
}

/** One expansion in progress: what stands for the parameters, and how its own variables are called. */
interface Expansion {
  readonly macro: Macro;
  readonly args: ReadonlyMap<string, Arg>;
  readonly suffix: string;
  readonly from: Span;
  /** The macro calls around it, outermost first. */
  readonly chain: readonly string[];
}

class Expander {
  readonly diagnostics: Diagnostic[] = [];
  readonly #macros = new Map<string, Macro[]>();
  #expansions = 0;
  #nodes = 0;

  constructor(script: Script) {
    for (const item of script.items) if (item.kind === 'macro') this.#define(item);
  }

  #report<K extends keyof ReturnType<typeof checkCatalogue>>(
    code: K,
    at: Span,
    args: Parameters<ReturnType<typeof checkCatalogue>[K]['message']>,
    explanation?: Explanation,
  ): void {
    this.diagnostics.push(makeCheckDiagnostic(code, at, args, explanation));
  }

  #define(macro: Macro): void {
    const known = this.#macros.get(macro.name.text) ?? [];
    const same = known.find((other) => signature(other) === signature(macro));
    if (same) {
      this.#report('macro-redefined', macro.headSpan, [macro.name.text], {
        contexts: [{ span: same.headSpan, message: 'This is the original definition.' }],
      });
    }
    this.#macros.set(macro.name.text, [...known, macro]);
    const names = new Set<string>();
    for (const param of macro.params) {
      if (names.has(param.name))
        this.#report('macro-param-twice', param.span, [paramWords[param.kind], param.name]);
      names.add(param.name);
    }
  }

  /** A copy with all macro calls expanded; inside an expansion also with its parameters put in. */
  rewrite<T extends Node>(node: T, inside: Expansion | undefined): T {
    if (++this.#nodes > MAX_NODES) {
      if (this.#nodes === MAX_NODES + 1) this.#report('macro-size', spanIn(node.span, inside), [MAX_NODES]);
      return node;
    }
    const replaced = this.#replacement(node, inside);
    if (replaced) return replaced as T; // an expression stands where one stood
    return this.#copy(node, inside);
  }

  /** What takes a node's place; undefined: a copy of itself. */
  #replacement(node: Node, inside: Expansion | undefined): Node | undefined {
    switch (node.kind) {
      case 'call':
        return this.#expandCall(node, inside);
      case 'identifier':
        return inside?.args.has(node.name) ? this.#argument(node, inside) : this.#expandWord(node, inside);
      case 'named-type':
        return inside && this.#typeArgument(node.name, inside);
      case 'tagged-type':
        return inside && this.#taggedType(node, inside);
      case 'variable':
      case 'map':
        return inside && this.#ownName(node, inside);
      case 'map-access': {
        // The map of an access stays a bare name.
        const map = this.rewrite(node.map, inside);
        const key = this.rewrite(node.key, inside);
        return { ...node, span: spanIn(node.span, inside), map, key };
      }
      case 'let':
        if (inside?.args.has(node.variable.name)) {
          this.#report('macro-shadows', spanIn(node.headSpan, inside), [node.variable.name]);
        }
        return undefined;
      case 'offsetof':
        return inside && this.#offsetof(node, inside);
      default:
        return undefined;
    }
  }

  #copy<T extends Node>(node: T, inside: Expansion | undefined): T {
    const copy: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(node)) copy[name] = this.#copyValue(value, inside);
    return copy as T; // the same properties, each a copy
  }

  #copyValue(value: unknown, inside: Expansion | undefined): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#copyValue(item, inside));
    if (typeof value !== 'object' || value === null) return value;
    if (isSpan(value)) return spanIn(value, inside);
    return 'kind' in value ? this.rewrite(value as Node, inside) : value; // objects of the tree with a kind are nodes
  }

  /** A parameter that stands for an expression. */
  #argument(identifier: Identifier, inside: Expansion): Node | undefined {
    return inside.args.get(identifier.name);
  }

  #typeArgument(name: string, inside: Expansion): Node | undefined {
    const arg = inside.args.get(name);
    if (!arg) return undefined;
    if (isTypeExpr(arg)) return arg;
    return arg.kind === 'identifier' ? { kind: 'named-type', span: arg.span, name: arg.name } : undefined;
  }

  /** `struct t` with a parameter `t` that stands for the name of a type. */
  #taggedType(node: TaggedType, inside: Expansion): TaggedType | undefined {
    const arg = inside.args.get(node.name);
    const named = arg?.kind === 'typeof-type' ? arg.of : arg;
    const isName = named?.kind === 'named-type' || named?.kind === 'identifier';
    return isName ? { ...node, span: spanIn(node.span, inside), name: named.name } : undefined;
  }

  /** A parameter that stands for a variable or map of the caller; the macro's own variables are renamed. */
  #ownName(node: Extract<Node, { kind: 'variable' | 'map' }>, inside: Expansion): Node {
    const span = spanIn(node.span, inside);
    const arg = inside.args.get(node.name);
    if (arg && (arg.kind === 'variable' || arg.kind === 'map')) return { ...arg, span };
    if (node.kind === 'variable') return { ...node, span, name: `${node.name}${inside.suffix}` };
    this.#report('macro-map', span, [node.name]);
    return { ...node, span };
  }

  /** The members of `offsetof` may be parameters. */
  #offsetof(node: Extract<Node, { kind: 'offsetof' }>, inside: Expansion): Node {
    const copy = this.#copy(node, inside);
    return { ...copy, path: copy.path.flatMap((name) => memberPath(inside.args.get(name.text)) ?? [name]) };
  }

  /** A macro without parameters may be called without parentheses. */
  #expandWord(identifier: Identifier, inside: Expansion | undefined): Block | undefined {
    const macro = this.#macros.get(identifier.name)?.find((candidate) => candidate.params.length === 0);
    return macro && this.#expand(macro, [], spanIn(identifier.span, inside), inside);
  }

  #expandCall(call: Call, inside: Expansion | undefined): Node | undefined {
    const macros = this.#macros.get(call.callee.text);
    if (!macros) return undefined;
    const span = spanIn(call.span, inside);
    const args = call.args.map((arg) => this.rewrite(arg, inside));
    const macro = bestMatch(macros, args);
    if (macro) return this.#expand(macro, args, span, inside);
    // A builtin of the same name may take what no macro does.
    if (findBuiltin(call.callee.text)) return undefined;
    this.#reportMismatch(call.callee.text, macros, args, span);
    return { kind: 'tuple', span, elements: [] };
  }

  #expand(macro: Macro, args: readonly Arg[], from: Span, inside: Expansion | undefined): Block {
    const chain = [...(inside?.chain ?? []), macro.name.text];
    if (inside?.chain.includes(macro.name.text)) {
      this.#report('macro-recursive', from, [chain.join(' > ')]);
      return { kind: 'block', span: from, statements: [] };
    }
    const expansion: Expansion = {
      macro,
      args: new Map(macro.params.map((param, index) => [param.name, args[index] as Arg])), // bestMatch compared the counts
      suffix: `${SUFFIX}${++this.#expansions}`,
      from,
      chain,
    };
    this.#checkJumps(macro.body, expansion, false);
    return this.#copy(macro.body, expansion);
  }

  /** A macro cannot jump in the code that calls it. */
  #checkJumps(node: Node, inside: Expansion, isInLoop: boolean): void {
    if (node.kind === 'return' || ((node.kind === 'break' || node.kind === 'continue') && !isInLoop)) {
      this.#report('jump-place', spanIn(node.span, inside), [node.kind, 'macro']);
      return;
    }
    const isLoop = node.kind === 'for' || node.kind === 'while';
    for (const value of Object.values(node)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (typeof item === 'object' && item !== null && 'kind' in item) {
          this.#checkJumps(item as Node, inside, isInLoop || isLoop); // objects of the tree with a kind are nodes
        }
      }
    }
  }

  #reportMismatch(name: string, macros: readonly Macro[], args: readonly Arg[], span: Span): void {
    const closest = macros.find((macro) => macro.params.length === args.length) ?? macros.at(-1);
    if (!closest) return;
    const contexts: { span: Span; message: string }[] = [];
    if (closest.params.length !== args.length) {
      const message = `The closest definition of ${name}() has a different number of arguments. Expected: ${closest.params.length} but got ${args.length}`;
      contexts.push({ span: closest.headSpan, message });
    } else {
      for (const [index, param] of closest.params.entries()) {
        const arg = args[index];
        if (!arg || takes(param, arg)) continue;
        const message = `Mismatched arg. ${name}() expects a ${param.kind} for arg ${param.name} but got ${kindOf(arg)}.`;
        contexts.push({ span: arg.span, message });
        contexts.push({ span: param.span, message: 'This is the argument in the closest definition.' });
        break;
      }
    }
    this.#report('macro-mismatch', span, [name], { contexts });
  }
}

/** `a.b.c` as names; undefined for anything else. */
function memberPath(arg: Arg | undefined): Name[] | undefined {
  if (arg?.kind === 'identifier') return [{ kind: 'name', span: arg.span, text: arg.name }];
  if (arg?.kind !== 'field') return undefined;
  const object = memberPath(arg.object);
  return object && [...object, arg.name];
}

/** Two macros of one name may differ in the number and kinds of their parameters. */
function signature(macro: Macro): string {
  return macro.params.map((param) => param.kind).join();
}

function takes(param: MacroParam, arg: Arg): boolean {
  return param.kind === 'identifier' || param.kind === arg.kind;
}

function kindOf(arg: Arg): string {
  if (isTypeExpr(arg)) return 'a type';
  return arg.kind === 'variable' || arg.kind === 'map' ? `a ${arg.kind}` : 'an expression';
}

/** The macro whose parameters fit; of several the one with the most parameters of the very kind. */
function bestMatch(macros: readonly Macro[], args: readonly Arg[]): Macro | undefined {
  const exactness = (macro: Macro): number =>
    macro.params.filter((param, index) => param.kind === args[index]?.kind).length;
  const fitting = macros.filter(
    (macro) =>
      macro.params.length === args.length &&
      macro.params.every((param, index) => takes(param, args[index] as Arg)), // as many args as params
  );
  return fitting.toSorted((a, b) => exactness(b) - exactness(a))[0];
}

function isSpan(value: object): value is Span {
  return 'start' in value && 'end' in value && 'source' in value;
}

/** A place in a macro's body, as part of one expansion. */
function spanIn(span: Span, inside: Expansion | undefined): Span {
  return inside ? { ...span, expandedFrom: inside.from } : span;
}
