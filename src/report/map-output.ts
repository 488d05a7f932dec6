/** Maps as text and as JSON lines. */

import { unreachable } from '../base/index.ts';
import type { ScriptMap } from '../program/index.ts';
import type { Type } from '../types/index.ts';
import { jsonObject, valueJson } from './json.ts';
import type { MapSnapshot } from './map-snapshot.ts';
import { type TextContext, valueText } from './text.ts';
import type { Value } from './value.ts';

/** What `print(@m)` shows; empty when there is nothing to show. */
export function mapText(map: ScriptMap, snapshot: MapSnapshot, context: TextContext): string {
  if (snapshot.kind === 'keyed') {
    return snapshot.rows
      .map(({ key, value }) => namedText(`${map.name}[${keyText(key, context)}]`, value, context))
      .join('');
  }
  return snapshot.value ? namedText(map.name, snapshot.value, context) : '';
}

/** Values that take lines of their own stand below the name, an empty line after them. */
function namedText(name: string, value: Value, context: TextContext): string {
  const below = value.kind === 'histogram' || value.kind === 'series';
  return `${name}:${below ? '\n' : ' '}${valueText(value, context)}\n`;
}

/** A key between brackets: a tuple's own parentheses are left out. */
function keyText(key: Value, context: TextContext): string {
  const text = valueText(key, context);
  return key.kind === 'tuple' ? text.slice(1, -1) : text;
}

/** One line without its end; undefined when there is nothing to show. */
export function mapJson(map: ScriptMap, snapshot: MapSnapshot, context: TextContext): string | undefined {
  const body = contentsJson(snapshot, context);
  if (body === undefined) return undefined;
  return jsonObject([
    ['type', `"${messageType(map.value)}"`],
    ['data', jsonObject([[map.name, body]])],
  ]);
}

function contentsJson(snapshot: MapSnapshot, context: TextContext): string | undefined {
  switch (snapshot.kind) {
    case 'scalar':
      return snapshot.value && valueJson(snapshot.value, context);
    case 'keyed': {
      if (snapshot.rows.length === 0) return undefined;
      return jsonObject(
        snapshot.rows.map(({ key, value }) => [memberName(key, context), valueJson(value, context)]),
      );
    }
    default:
      return unreachable(snapshot);
  }
}

/** A key as the name of a member: without the blanks that only lay it out, but with those of its strings. */
function memberName(key: Value, context: TextContext): string {
  const text = compactText(key, context);
  return key.kind === 'tuple' ? text.slice(1, -1) : text;
}

function compactText(value: Value, context: TextContext): string {
  switch (value.kind) {
    case 'tuple':
      return `(${value.elements.map((element) => compactText(element, context)).join(',')})`;
    case 'record':
      return `{${value.fields.map((field) => `.${field.name}=${compactText(field.value, context)}`).join(',')}}`;
    case 'kstack':
    case 'ustack':
      return valueText(value, context).replaceAll(' ', '');
    default:
      return valueText(value, context);
  }
}

function messageType(type: Type): string {
  switch (type.kind) {
    case 'hist':
    case 'lhist':
      return 'hist';
    case 'avg':
    case 'stats':
      return 'stats';
    case 'tseries':
      return 'tseries';
    default:
      return 'map';
  }
}
