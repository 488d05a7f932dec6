/** The maps of a script: what their declarations say, and whether what was inferred agrees. */
import { int64, isAggregate } from '../../types/index.ts';
import type { MapDeclaration, MapTypeDeclaration } from '../language/index.ts';
import type { TypedMap } from '../typed/index.ts';
import { type DiagnosticSink, makeBody, makeCheckDiagnostic, type ProgramContext } from './body.ts';
import { type CheckInput, makeContext } from './check-input.ts';
import { MAX_MAP_ENTRIES } from './config.ts';
import { declaredArray } from './elements.ts';
import type { Inference, MapState } from './inference.ts';
import type { MapShape } from './map-shapes.ts';

const bpfKinds: Readonly<Record<string, 'plain' | 'perCpu'>> = {
  hash: 'plain',
  lruhash: 'plain',
  percpuhash: 'perCpu',
  percpulruhash: 'perCpu',
};

/** Makes the maps that are used, and looks at the declarations. */
export function declareMaps(
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

/** Maps that say nothing of their size have that of the config, which has to leave room for something then. */
export function checkUsualSize(
  { options, maxMapKeysAt }: Pick<CheckInput, 'options' | 'maxMapKeysAt'>,
  maps: readonly MapState[],
  sink: DiagnosticSink,
): void {
  const map = maps.find(({ scalar, declared }) => !scalar && !declared);
  if (options.maxMapKeys > 0 || map === undefined) return;
  sink.add(
    makeCheckDiagnostic('map-without-entries', maxMapKeysAt, [map.name], { hint: 'max_map_keys is 0' }),
  );
}

/** Aggregating functions keep one value per CPU, everything else one; a declaration must agree. */
export function checkMapKinds(program: ProgramContext, maps: readonly MapState[]): void {
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
export function checkClockMap(
  sink: DiagnosticSink,
  name: string | undefined,
  maps: readonly MapState[],
): void {
  if (name === undefined) return;
  const map = maps.find((candidate) => candidate.name === name);
  if (map?.scalar && map.value?.kind === 'int' && !map.value.signed) return;
  sink.add(makeCheckDiagnostic('clock-map', map?.at, [name]));
}

/** What inference found of a map; a value that nothing says anything of is an int64. */
export function typedMap(map: MapState, maxMapKeys: number): TypedMap {
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

/** Maps with a type: it is all that their values can be. */
export function declareArrays(
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
