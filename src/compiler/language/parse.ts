/** A whole script. Source: bpftrace 0.27. */
import type {
  AttachPoint,
  CChunk,
  Comment,
  Config,
  ConfigSetting,
  Expr,
  Fn,
  FnParam,
  Import,
  Item,
  Macro,
  MacroParam,
  MapDeclaration,
  MapTypeDeclaration,
  Probe,
  Script,
  Shebang,
} from './ast.ts';
import { attachPointEnd } from './attach-point.ts';
import { Cursor, type Grammar, SyntaxFailure } from './cursor.ts';
import type { Diagnostic } from './diagnostic.ts';
import { parseBlock, parseImport, parseVariable } from './parse-block.ts';
import { parseCChunk } from './parse-c-section.ts';
import { parseExpression as parseExpressionAt, parseHead, parseMapName } from './parse-expression.ts';
import { parseIntLiteral, parseStringLiteral } from './parse-literal.ts';
import { parseTypeAnnotation } from './parse-type.ts';
import type { Source } from './source.ts';
import { createSource } from './source.ts';
import type { Span } from './span.ts';
import { checkTreeDepth } from './tree-depth.ts';
import { isReservedBuiltin } from './words.ts';

const grammar: Grammar = { parseExpression: parseExpressionAt, parseBlock };

/** What could be read, and everything that is wrong. With an error among the diagnostics the script is incomplete. */
export interface ParsedScript {
  readonly script: Script;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a script. Never throws for any text. */
export function parseScript(source: Source): ParsedScript {
  const p = new Cursor(source, grammar);
  const shebang = parseShebang(p);
  const parts: Parts = { cSection: [], imports: [], items: [], isPastHead: false };
  while (!p.atEnd && !p.hasGivenUp) parsePart(p, parts);
  p.reportUnterminatedComment();
  checkTreeDepth(p, parts.items);
  const { config, cSection, imports, items } = parts;
  const script: Script = {
    kind: 'script',
    span: p.span(0, source.text.length),
    source,
    ...(shebang && { shebang }),
    cSection,
    ...(config && { config }),
    imports,
    items,
    comments: p.lexer.comments.filter((comment) => !isInside(comment, cSection)),
  };
  return { script, diagnostics: p.diagnostics };
}

/**
 * Reads text that stands for an expression but is not in the script: what a C macro expands to. Every node and message
 * gets the place `use`, where the script uses it. `expr` is absent when there is a diagnostic, or no text at all.
 */
export function parseExpression(
  text: string,
  use: Span,
): { readonly expr?: Expr; readonly diagnostics: readonly Diagnostic[] } {
  const p = new Cursor(createSource(use.source.name, text), grammar, use);
  try {
    const expr = p.atEnd ? undefined : parseExpressionAt(p);
    if (!p.atEnd) p.report('syntax-unexpected-input', p.tokenSpan());
    if (expr !== undefined) checkTreeDepth(p, [expr]);
    return { ...(expr && p.diagnostics.length === 0 && { expr }), diagnostics: p.diagnostics };
  } catch (failure) {
    if (failure instanceof SyntaxFailure) return { diagnostics: p.diagnostics };
    throw failure;
  }
}

/** Looking for the `{` of a definition passes comments that belong to its text. */
function isInside(comment: Comment, chunks: readonly CChunk[]): boolean {
  const { start } = comment.span;
  const last = chunks.at(-1);
  if (last === undefined || start >= last.span.end) return false;
  return chunks.some((chunk) => start >= chunk.span.start && start < chunk.span.end);
}

/** A script as far as it was read. */
interface Parts {
  readonly cSection: CChunk[];
  readonly imports: Import[];
  readonly items: Item[];
  config?: Config;
  /** Probes, macros or the like have started: nothing else may follow. */
  isPastHead: boolean;
}

function parseShebang(p: Cursor): Shebang | undefined {
  const { start } = p.token;
  if (!p.source.text.startsWith('#!', start)) return undefined;
  const lineEnd = p.source.text.indexOf('\n', start);
  const text = p.source.text.slice(start, lineEnd < 0 ? undefined : lineEnd).trimEnd();
  p.jumpTo(start + text.length);
  return { kind: 'shebang', span: p.span(start), text };
}

/** Reads the next top-level piece into `parts`, in whatever order they stand; a wrong order is an error. */
function parsePart(p: Cursor, parts: Parts): void {
  const { start } = p.token;
  try {
    const chunk = parseCChunk(p);
    if (chunk !== undefined) {
      if (parts.isPastHead || parts.config !== undefined || parts.imports.length > 0) {
        p.report('syntax-c-order', chunk.span);
      }
      parts.cSection.push(chunk);
    } else if (p.atWord('config') && p.peekSecond().text === '=') {
      const wordSpan = p.tokenSpan();
      const config = parseConfig(p);
      if (parts.isPastHead) p.report('syntax-config-order', wordSpan);
      else if (parts.config !== undefined) p.report('syntax-config-duplicate', wordSpan);
      else parts.config = config;
    } else if (p.atWord('import')) {
      const wordSpan = p.tokenSpan();
      const imported = parseImport(p);
      if (parts.isPastHead) p.report('syntax-import-order', wordSpan);
      else parts.imports.push(imported);
    } else {
      parts.isPastHead = true;
      parts.items.push(parseItem(p));
    }
  } catch (failure) {
    if (!(failure instanceof SyntaxFailure)) throw failure;
    p.depth = 0;
    if (!failure.atBoundary) p.skipItem(start);
  }
}

function parseItem(p: Cursor): Item {
  if (p.atWord('macro')) return parseMacro(p);
  if (p.atWord('fn')) return parseFn(p);
  if (p.atWord('let')) return parseMapDeclaration(p);
  return parseProbe(p);
}

/** `config = { key = value; … }` */
function parseConfig(p: Cursor): Config {
  const { start } = p.expectWord('config');
  p.expect('=');
  p.expect('{');
  const settings: ConfigSetting[] = [];
  while (!p.at('}') && !p.atEnd) {
    try {
      settings.push(parseSetting(p));
    } catch (failure) {
      if (!(failure instanceof SyntaxFailure)) throw failure;
      if (!failure.atBoundary) p.skipStatement();
    }
  }
  p.expect('}');
  const span = p.span(start);
  p.accept(';');
  return { kind: 'config', span, settings };
}

function parseSetting(p: Cursor): ConfigSetting {
  const key = p.expectName('config key');
  p.expect('=');
  const value = parseSettingValue(p);
  const span = p.span(key.span.start);
  if (!p.at('}')) p.expect(';');
  return { kind: 'config-setting', span, key, value };
}

function parseSettingValue(p: Cursor): ConfigSetting['value'] {
  const { kind, text, start } = p.token;
  if (kind === 'string') return parseStringLiteral(p);
  if (kind === 'int') return parseIntLiteral(p);
  if (text !== 'true' && text !== 'false') return p.expectName('string, int, boolean, or ident');
  p.advance();
  return { kind: 'bool', span: p.span(start), value: text === 'true' };
}

/** `let @name = type(max_entries);`, `let @name : type;` */
function parseMapDeclaration(p: Cursor): MapDeclaration | MapTypeDeclaration {
  const { start } = p.token;
  if (p.peekSecond().kind !== 'map') {
    p.report('syntax-root-let', p.tokenSpan());
    throw new SyntaxFailure();
  }
  p.advance();
  const map = parseMapName(p);
  if (p.accept(':')) {
    const valueType = parseTypeAnnotation(p);
    p.accept(';');
    return { kind: 'map-type-declaration', span: p.span(start), map, type: valueType };
  }
  p.expect('=');
  const type = p.expectName('map type name');
  p.expect('(');
  if (!p.atKind('int')) p.failExpected('positive integer for map declaration max entries');
  const maxEntries = parseIntLiteral(p);
  p.expect(')');
  p.accept(';');
  return { kind: 'map-declaration', span: p.span(start), map, type, maxEntries };
}

/** `macro name($v, @m, word) { … }` */
function parseMacro(p: Cursor): Macro {
  const { start } = p.expectWord('macro');
  const head = parseHead(p, () => {
    const name = p.expectName('macro name');
    const headSpan = p.span(start);
    p.expect('(');
    const params: MacroParam[] = [];
    if (!p.at(')')) {
      do params.push(parseMacroParam(p));
      while (p.accept(','));
    }
    p.expect(')');
    return { headSpan, name, params };
  });
  const body = parseBlock(p, 'value');
  if (head === undefined) throw new SyntaxFailure(true);
  return { kind: 'macro', span: p.span(start), ...head, body };
}

function parseMacroParam(p: Cursor): MacroParam {
  if (p.atKind('variable')) return parseVariable(p, 'variable');
  if (p.atKind('map')) return parseMapName(p);
  const { text, span } = p.expectName('macro argument ($var, @map, or identifier)');
  if (isReservedBuiltin(text)) p.report('syntax-reserved-param', span, text);
  return { kind: 'identifier', span, name: text };
}

/** `fn name($a : type) : type { … }` */
function parseFn(p: Cursor): Fn {
  const { start } = p.expectWord('fn');
  const head = parseHead(p, () => {
    const name = p.expectName('function name');
    const headSpan = p.span(start);
    p.expect('(');
    const params: FnParam[] = [];
    if (!p.at(')')) {
      do params.push(parseFnParam(p));
      while (p.accept(','));
    }
    p.expect(')');
    p.expect(':');
    const returnType = parseTypeAnnotation(p);
    return { headSpan, name, params, returnType };
  });
  const body = parseBlock(p, 'statements');
  if (head === undefined) throw new SyntaxFailure(true);
  return { kind: 'fn', span: p.span(start), ...head, body };
}

function parseFnParam(p: Cursor): FnParam {
  const variable = parseVariable(p, 'variable in function argument');
  p.expect(':');
  const type = parseTypeAnnotation(p);
  return { kind: 'fn-param', span: p.span(variable.span.start), variable, type };
}

/** `attach point, … /predicate/ { … }` */
function parseProbe(p: Cursor): Probe {
  const { start } = p.token;
  const head = parseHead(p, () => parseProbeHead(p, start));
  const body = parseBlock(p, 'statements');
  if (head === undefined) throw new SyntaxFailure(true);
  return { kind: 'probe', span: p.span(start), ...head, body };
}

function parseProbeHead(p: Cursor, start: number): Omit<Probe, 'kind' | 'span' | 'body'> {
  const attachPoints = [parseAttachPoint(p)];
  while (p.accept(',') && !p.at('/') && !p.at('{')) attachPoints.push(parseAttachPoint(p));
  const headSpan = p.span(start, attachPoints.at(-1)?.span.end);
  if (!p.at('/')) return { attachPoints, headSpan };
  const slash = p.advance();
  const predicate = parseExpressionAt(p);
  if (!p.accept('/')) p.failExpected("'/' to close predicate");
  return { attachPoints, headSpan, predicate, predicateSpan: p.span(slash.start) };
}

/** The raw text of one attach point: it has a lexis of its own. */
function parseAttachPoint(p: Cursor): AttachPoint {
  const { start } = p.token;
  const { end, unterminated } = attachPointEnd(p.source.text, start);
  if (end === start) p.failExpected('attach point');
  p.jumpTo(end);
  const text = p.source.text.slice(start, end);
  if (unterminated) {
    p.report('syntax-unterminated-string', p.span(start + text.indexOf('"'), end));
    throw new SyntaxFailure();
  }
  const name = /^([A-Za-z0-9_]+)=[^:]/.exec(text)?.[1];
  return { kind: 'attach-point', span: p.span(start), text, ...(name !== undefined && { name }) };
}
