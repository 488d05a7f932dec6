/**
 * What is known so far about the types of maps and variables. All bodies are checked again and again, each time with what the time before has
 * found, until nothing grows any more: types only grow (promotion.ts), so that ends.
 */

import { type AggregateType, int8, int64, isAggregate, type Type } from '../../types/index.ts';
import type { MapName, Span } from '../language/index.ts';
import type { MapIndex } from '../typed/index.ts';
import { annotatedKey } from './annotations.ts';
import { promote } from './promotion.ts';

export interface MapState {
  readonly index: MapIndex;
  /** With the `@`. */
  readonly name: string;
  /** The first mention, or the declaration. */
  readonly at: Span;
  /** Used without keys; decided by the first use. */
  readonly scalar: boolean;
  readonly declared: { readonly kind: string; readonly maxEntries: number } | undefined;
  key: Type | undefined;
  value: Type | undefined;
  /** Something gives it values: an assignment, `++`, an aggregation. */
  isWritten: boolean;
  /** Something changes its values in place, so that it has them even if nothing else gives it any. */
  isCounted: boolean;
  /** Its values are looked at somewhere. */
  isRead: boolean;
}

/** Where a variable is first mentioned: what tells it from others of its name. */
export type Declaration = object;

function isCircular(map: MapState): boolean {
  return !map.value && map.isRead && map.isWritten;
}

export class Inference {
  readonly maps: MapState[] = [];
  readonly #mapsByName = new Map<string, MapState>();
  /** By body, then by declaration. */
  readonly #variables = new Map<object, Map<Declaration, Type>>();
  #hasGrown = false;

  addMap(map: Omit<MapState, 'index' | 'key' | 'value' | 'isWritten' | 'isCounted' | 'isRead'>): MapState {
    const state = {
      ...map,
      index: this.maps.length,
      key: undefined,
      value: undefined,
      isWritten: false,
      isCounted: false,
      isRead: false,
    };
    this.maps.push(state);
    this.#mapsByName.set(map.name, state);
    return state;
  }

  map(map: MapName | string): MapState | undefined {
    return this.#mapsByName.get(typeof map === 'string' ? map : map.name);
  }

  /** Whether anything has grown since the last call. */
  takeGrowth(): boolean {
    const grown = this.#hasGrown;
    this.#hasGrown = false;
    return grown;
  }

  /** Lets the map's keys hold a type too. @returns the key type; undefined when the two do not go together. */
  growKey(map: MapState, type: Type): Type | undefined {
    const promoted = promote(map.key, type);
    if (promoted) map.key = this.#kept(map.key, promoted);
    return promoted && map.key;
  }

  /** The same for its values, for anything but the results of aggregating functions. */
  growValue(map: MapState, type: Type): Type | undefined {
    if (map.value && isAggregate(map.value)) return undefined;
    const promoted = promote(map.value, type);
    if (promoted) map.value = this.#kept(map.value, promoted);
    return promoted && map.value;
  }

  /** Makes the map one of an aggregating function. @returns the type; undefined when the map already holds something else. */
  growAggregate(map: MapState, type: AggregateType): Type | undefined {
    if (map.value && map.value.kind !== type.kind) return undefined;
    const promoted = map.value ? promote(map.value, type) : type;
    if (promoted) map.value = this.#kept(map.value, promoted);
    return map.value;
  }

  variable(body: object, declaration: Declaration): Type | undefined {
    return this.#variables.get(body)?.get(declaration);
  }

  growVariable(body: object, declaration: Declaration, type: Type): Type | undefined {
    const known = this.variable(body, declaration);
    const promoted = promote(known, type);
    if (!promoted) return undefined;
    return this.#setVariable(body, declaration, this.#kept(known, promoted));
  }

  /** Sets what the type follows from alone: a loop's variable, a declaration with a type. */
  setVariable(body: object, declaration: Declaration, type: Type): Type {
    return this.#setVariable(body, declaration, this.#kept(this.variable(body, declaration), type));
  }

  /** Gives maps that only change themselves (`@x++`), or are only read, a value to start from. @returns whether there were any. */
  seedMaps(): boolean {
    return this.#seed((map) => map.isCounted || (map.isRead && !map.isWritten));
  }

  /** Whether what is written to some map follows from nothing but itself or others like it. */
  hasCircles(): boolean {
    return this.maps.some(isCircular);
  }

  /** The same as `seedMaps` for those. */
  seedCircles(): boolean {
    return this.#seed(isCircular);
  }

  #seed(needsValue: (map: MapState) => boolean): boolean {
    for (const map of this.maps) {
      if (map.value || !needsValue(map)) continue;
      map.value = int8;
      if (!map.scalar) map.key ??= int64;
      this.#hasGrown = true;
    }
    return this.takeGrowth();
  }

  #setVariable(body: object, declaration: Declaration, type: Type): Type {
    let variables = this.#variables.get(body);
    if (!variables) {
      variables = new Map();
      this.#variables.set(body, variables);
    }
    variables.set(declaration, type);
    return type;
  }

  /** The old object if nothing changed, so that types stay comparable by identity. */
  #kept(before: Type | undefined, after: Type): Type {
    if (before && annotatedKey(before) === annotatedKey(after)) return before;
    this.#hasGrown = true;
    return after;
  }
}
