/**
 * From the syntax tree to the typed tree.
 *
 *     macros  ->  maps of the script  ->  types, until they stop growing  ->  one last walk that reports and is kept
 */
import type { RunSettings, Target } from '../../program/index.ts';
import { int64, isAggregate, type StackMode, type Type, voidType } from '../../types/index.ts';
import type { MacroTable } from '../cpreproc/index.ts';
import {
  type Diagnostic,
  type Fn,
  hasErrors,
  type MapDeclaration,
  type MapTypeDeclaration,
  type Probe,
  type Script,
} from '../language/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import type {
  CompileSettings,
  TypedBody,
  TypedFn,
  TypedLocal,
  TypedMap,
  TypedProbe,
  TypedProgram,
  TypedStatement,
} from '../typed/index.ts';
import {
  type Body,
  DiagnosticSink,
  type FnSignature,
  inScope,
  makeCheckDiagnostic,
  type ProgramContext,
  report,
  type Variable,
} from './body.ts';
import { checkCondition } from './conditionals.ts';
import { MAX_MAP_ENTRIES } from './config.ts';
import { declaredArray, indexArrayMaps } from './elements.ts';
import { Inference, type MapState } from './inference.ts';
import { isUnknown } from './literals.ts';
import { expandMacros, shownName } from './macros.ts';
import { collectMapShapes, type MapShape, mapsMentioned } from './map-shapes.ts';
import { NamedParams } from './named-params.ts';
import { alwaysReturns, checkBody, reportNoResult } from './statements.ts';
import { resolveType } from './type-names.ts';
import type { TypeTable } from './type-table.ts';
import { declareVariable } from './variables.ts';
import { inOrderOfPasses } from './warning-order.ts';

export interface CheckInput {
  /** With all that it imports. */
  readonly script: Script;
  readonly probes: readonly ResolvedProbe[];
  readonly target: Target;
  /** From `makeTypeTable`; the attach points were resolved with it. */
  readonly types: TypeTable;
  /** The `#define`s of the C section. */
  readonly macros: MacroTable;
  /** The arguments of the script that are no named ones, in order. */
  readonly positional: readonly string[];
  readonly settings: RunSettings;
  readonly options: CompileSettings;
  readonly license: string;
  readonly stackMode: StackMode;
  /** All config values by name, for the builtin `config`. */
  readonly config: Readonly<Record<string, bigint | boolean | string>>;
  readonly isUnsafe: boolean;
}

export interface CheckResult {
  /** Absent when there is an error among the diagnostics. */
  readonly program?: TypedProgram;
  readonly diagnostics: readonly Diagnostic[];
}

/** Types only grow, and there are few of them; more rounds than this mean that compile-time branches contradict each other. */
const MAX_ROUNDS = 200;

export function checkScript(input: CheckInput): CheckResult {
  const expanded = expandMacros(input.script);
  if (hasErrors(expanded.diagnostics)) return { diagnostics: expanded.diagnostics };
  const inference = new Inference();
  const sink = new DiagnosticSink();
  for (const diagnostic of expanded.diagnostics) sink.add(diagnostic);
  const declarations = input.script.items.filter((item) => item.kind === 'map-declaration');
  const arrays = input.script.items.filter((item) => item.kind === 'map-type-declaration');
  const arrayNames = new Set(arrays.map(({ map }) => map.name));
  const scriptProbes = expanded.probes.map((probe) => indexArrayMaps(probe, arrayNames));
  const scriptFns = expanded.fns.map((fn) => indexArrayMaps(fn, arrayNames));
  const shapes = collectMapShapes(declarations, scriptFns, scriptProbes);
  const maps = declareMaps(inference, shapes, declarations, sink);
  declareArrays(input, inference, arrays, sink);
  markPruned(inference, scriptProbes, input.probes);
  const program = makeContext(input, inference, sink, declareFns(input, inference, scriptFns, sink));
  const bodies = {
    probes: input.probes.map((probe) => ({ probe, id: {}, block: scriptProbes[probe.block] })),
    fns: program.fns,
  };
  settle(program, bodies);
  program.isFinal = true;
  const fns = bodies.fns.map((fn) => checkFn(program, fn));
  const probes = bodies.probes.flatMap(({ probe, id, block }, index) =>
    block ? [checkProbe(program, probe, id, block, index)] : [],
  );
  checkMapKinds(program, maps);
  checkClockMap(sink, input.options.clockMap, maps);
  if (program.untyped && !hasErrors(sink.diagnostics)) {
    sink.add(makeCheckDiagnostic('type-unresolved', program.untyped, []));
  }
  const diagnostics = inOrderOfPasses(sink.diagnostics);
  if (hasErrors(diagnostics)) return { diagnostics };
  return {
    diagnostics,
    program: {
      maps: inference.maps.map((map) => typedMap(map, input.options.maxMapKeys)),
      probes,
      fns,
      namedParams: program.namedParams.all,
      structs: input.types,
      settings: input.settings,
      license: input.license,
      options: input.options,
    },
  };
}

/** Blocks without attach points (config `missing_probes`) are not looked at; the maps they alone fill exist all the same. */
function markPruned(
  inference: Inference,
  blocks: readonly Probe[],
  resolved: readonly ResolvedProbe[],
): void {
  const kept = new Set(resolved.map((probe) => probe.block));
  for (const [index, block] of blocks.entries()) {
    if (kept.has(index)) continue;
    for (const name of mapsMentioned(block)) {
      const map = inference.map(name);
      if (map) map.isRead = true;
    }
  }
}

interface Bodies {
  readonly probes: readonly {
    readonly probe: ResolvedProbe;
    readonly id: object;
    readonly block: Probe | undefined;
  }[];
  readonly fns: readonly FnSignature[];
}

/** Walks all bodies until no type grows any more. */
function settle(program: ProgramContext, bodies: Bodies): void {
  const { inference } = program;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const fn of bodies.fns) checkFn(program, fn);
    for (const [index, { probe, id, block }] of bodies.probes.entries()) {
      if (block) checkProbe(program, probe, id, block, index);
    }
    if (inference.takeGrowth() || inference.seedMaps()) continue;
    if (program.guessesIntegers) {
      if (!inference.seedCircles()) return;
    } else if (inference.hasCircles()) program.guessesIntegers = true;
    else return;
  }
}

function makeContext(
  input: CheckInput,
  inference: Inference,
  sink: DiagnosticSink,
  fns: readonly FnSignature[],
): ProgramContext {
  const { options, stackMode, config } = input;
  return {
    target: input.target,
    types: input.types,
    inference,
    settings: { maxStrlen: options.maxStrlen, maxMapKeys: options.maxMapKeys, stackMode, config },
    isUnsafe: input.isUnsafe,
    positional: input.positional,
    namedParams: new NamedParams(),
    fns,
    cMacros: input.macros,
    guessesIntegers: false,
    isFinal: false,
    untyped: undefined,
    sink,
  };
}

function makeBody(
  program: ProgramContext,
  id: object,
  probe: ResolvedProbe | undefined,
  fn: FnSignature | undefined,
): Body {
  return {
    program,
    id,
    probe,
    fn,
    variables: [],
    scopes: [],
    readAtStart: new Map(),
    loops: [],
    metaDepth: 0,
    isPositionalText: false,
    isLongTextAllowed: false,
  };
}

/** `probe /predicate/ { … }` is `probe { if (predicate) { … } }`. */
function checkProbe(
  program: ProgramContext,
  resolved: ResolvedProbe,
  id: object,
  block: Probe,
  index: number,
): TypedProbe {
  const body = makeBody(program, id, resolved, undefined);
  const { predicate } = block;
  const condition =
    predicate &&
    inScope(body, () => checkCondition(body, predicate, { at: block.predicateSpan ?? predicate.span }));
  const inner = checkBody(body, block.body);
  const isGuarded = predicate && condition && !isUnknown(condition);
  const statements: readonly TypedStatement[] = isGuarded
    ? // biome-ignore lint/suspicious/noThenProperty: the tree's own word; nodes are never awaited
      [{ kind: 'if', at: predicate.span, condition, then: inner, else: [] }]
    : inner;
  return { probe: index, at: block.headSpan, ...finishBody(body, statements) };
}

function checkFn(program: ProgramContext, signature: FnSignature): TypedFn {
  const { fn, params, result } = signature;
  const body = makeBody(program, fn, undefined, signature);
  return inScope(body, () => {
    const locals = fn.params.map((param, index) => {
      const type = params[index]?.type ?? voidType;
      return declareVariable(body, {
        name: param.variable.name,
        declaration: param,
        at: param.span,
        fixed: type,
        origin: 'parameter',
        isAssigned: true,
      }).index;
    });
    const statements = checkBody(body, fn.body);
    if (result.kind !== 'void' && !alwaysReturns(statements)) reportNoResult(body, signature, fn.headSpan);
    return { name: fn.name.text, params: locals, result, at: fn.headSpan, ...finishBody(body, statements) };
  });
}

function finishBody(body: Body, statements: readonly TypedStatement[]): TypedBody {
  for (const variable of body.variables) {
    if (variable.origin === 'let' && !variable.isAssigned) {
      report(body, 'variable-never-assigned', variable.at, [shownName(variable.name)]);
    }
  }
  const readFirst = [...body.readAtStart.values()].map(
    ({ local, value }): TypedStatement => ({ kind: 'set-local', at: value.at, local, value }),
  );
  return {
    locals: body.variables.map((variable) => typedLocal(body, variable)),
    statements: [...readFirst, ...statements],
  };
}

function typedLocal(body: Body, variable: Variable): TypedLocal {
  const type = variable.fixed ?? body.program.inference.variable(body.id, variable.declaration);
  return { name: shownName(variable.name), type: type ?? { kind: 'int', size: 8, signed: true } };
}

/** Maps with a type: it is all that their values can be. */
function declareArrays(
  input: CheckInput,
  inference: Inference,
  declarations: readonly MapTypeDeclaration[],
  sink: DiagnosticSink,
): void {
  const program = makeContext(input, inference, sink, []);
  program.isFinal = true;
  const seen = new Set<string>();
  for (const declaration of declarations) {
    const { map: name, span } = declaration;
    const map = inference.map(name);
    const type = declaredArray(makeBody(program, declaration, undefined, undefined), declaration);
    if (seen.has(name.name) || map?.declared)
      sink.add(makeCheckDiagnostic('map-redeclared', span, [name.name]));
    seen.add(name.name);
    if (!map) {
      sink.add(makeCheckDiagnostic('map-unused', span, [name.name]));
      continue;
    }
    inference.growValue(map, type ?? int64);
    map.isWritten = true;
  }
}

const bpfKinds: Readonly<Record<string, 'plain' | 'perCpu'>> = {
  hash: 'plain',
  lruhash: 'plain',
  percpuhash: 'perCpu',
  percpulruhash: 'perCpu',
};

function declareMaps(
  inference: Inference,
  shapes: readonly MapShape[],
  declarations: readonly MapDeclaration[],
  sink: DiagnosticSink,
): MapState[] {
  for (const declaration of declarations) {
    const { map, type, span, maxEntries } = declaration;
    if (maxEntries.value > MAX_MAP_ENTRIES)
      sink.add(makeCheckDiagnostic('map-entries', maxEntries.span, [map.name, MAX_MAP_ENTRIES]));
    if (maxEntries.value === 0n)
      sink.add(makeCheckDiagnostic('map-without-entries', maxEntries.span, [map.name]));
    if (!Object.hasOwn(bpfKinds, type.text)) sink.add(makeCheckDiagnostic('map-kind', span, [type.text]));
    const first = shapes.find((shape) => shape.name === map.name)?.declaration;
    if (first !== declaration) sink.add(makeCheckDiagnostic('map-redeclared', span, [map.name]));
  }
  return shapes.flatMap((shape) => {
    const { declaration } = shape;
    if (!shape.isUsed) {
      if (declaration) sink.add(makeCheckDiagnostic('map-unused', declaration.span, [shape.name]));
      return [];
    }
    const declared = declaration && {
      kind: declaration.type.text,
      maxEntries: Number(declaration.maxEntries.value),
    };
    return [
      inference.addMap({
        name: shape.name,
        at: shape.firstUse ?? shape.at,
        scalar: shape.scalar ?? true,
        declared,
      }),
    ];
  });
}

/** Aggregating functions keep one value per CPU, everything else one; a declaration must agree. */
function checkMapKinds(program: ProgramContext, maps: readonly MapState[]): void {
  for (const { declared, value, at } of maps) {
    const kind = declared && bpfKinds[declared.kind];
    if (!kind || !value) continue;
    const needed = isAggregate(value) ? 'perCpu' : 'plain';
    if (kind === needed) continue;
    const needs = needed === 'perCpu' ? 'percpuhash' : 'hash';
    program.sink.add(makeCheckDiagnostic('map-kind-mismatch', at, [declared.kind, needs]));
  }
}

/** A map that is to stand for the clocks must have one unsigned number. */
function checkClockMap(sink: DiagnosticSink, name: string | undefined, maps: readonly MapState[]): void {
  if (name === undefined) return;
  const map = maps.find((candidate) => candidate.name === name);
  if (map?.scalar && map.value?.kind === 'int' && !map.value.signed) return;
  sink.add(makeCheckDiagnostic('clock-map', map?.at, [name]));
}

function typedMap(map: MapState, maxMapKeys: number): TypedMap {
  const { name, at, declared, scalar } = map;
  return {
    name,
    at,
    key: scalar ? undefined : map.key,
    value: map.value ?? { kind: 'int', size: 8, signed: true },
    ...(declared ? { declared: declared.kind } : {}),
    maxEntries: declared?.maxEntries ?? (scalar ? 1 : maxMapKeys),
  };
}

/** The signatures of all functions; their types can be resolved before any body is looked at. */
function declareFns(
  input: CheckInput,
  inference: Inference,
  fns: readonly Fn[],
  sink: DiagnosticSink,
): FnSignature[] {
  const program = makeContext(input, inference, sink, []);
  const names = new Set<string>();
  return fns.map((fn, index) => {
    if (names.has(fn.name.text)) sink.add(makeCheckDiagnostic('fn-redefined', fn.headSpan, [fn.name.text]));
    names.add(fn.name.text);
    const { params, result } = resolveSignature(program, fn);
    return { fn, index, params, result };
  });
}

/** Types of parameters may be `typeof` other parameters, in any order: they are resolved until nothing new comes. */
function resolveSignature(program: ProgramContext, fn: Fn): Pick<FnSignature, 'params' | 'result'> {
  const known = new Map<string, Type>();
  const round = (isLast: boolean): Type | undefined => {
    program.isFinal = isLast;
    const body = makeBody(program, fn, undefined, undefined);
    return inScope(body, () => {
      for (const [name, fixed] of known) {
        const param = fn.params.find((candidate) => candidate.variable.name === name) ?? fn;
        declareVariable(body, {
          name,
          declaration: param,
          at: param.span,
          fixed,
          origin: 'parameter',
          isAssigned: true,
        });
      }
      for (const param of fn.params) {
        const type = known.get(param.variable.name) ?? resolveType(body, param.type);
        if (type) known.set(param.variable.name, type);
      }
      return resolveType(body, fn.returnType);
    });
  };
  for (let before = -1; before < known.size; ) {
    before = known.size;
    round(false);
  }
  const result = round(true);
  return {
    params: fn.params.map((param) => ({
      name: param.variable.name,
      type: known.get(param.variable.name) ?? voidType,
    })),
    result: result ?? voidType,
  };
}
