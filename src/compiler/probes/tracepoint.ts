/** tracepoint: events with a tracefs format; args are bytes of the ctx record. */
import type { Target, TracepointField, TracepointFormat } from '../../program/index.ts';
import { type AddressSpace, int8, pointerTo, type Type } from '../../types/index.ts';
import { suggest } from '../language/index.ts';
import { baseProbe, type Point, type Provider, type ResolveContext } from './context.ts';
import type { Attachment, ProbeArg, ProbeArgs, ResolvedProbe } from './resolved.ts';
import { hasWildcard, inOrderOfNames, matcher } from './wildcard.ts';

/** Fields before this offset are common to all events; progs cannot read them. */
export const FIRST_OWN_OFFSET = 8;

/** Names that tie a block to one event: its fields, or its name. */
const perEventNames = ['args', 'probe', 'ctx'];

/** Whether the record holds, for this field, where its data lies. */
export function locationOf(field: TracepointField): 'data_loc' | 'rel_loc' | undefined {
  if (field.type.startsWith('__data_loc')) return 'data_loc';
  if (field.type.startsWith('__rel_loc')) return 'rel_loc';
  return undefined;
}

/** The type of a dynamic array's element text: `__data_loc char[]` -> `char`. */
function elementText(type: string): string {
  return type
    .replace(/^__(data|rel)_loc\s+/, '')
    .replace(/\[\]$/, '')
    .trim();
}

function isCharArray(text: string): number | undefined {
  const match = /^(?:const )?(?:unsigned |signed )?char\s*\[(\d+)\]$/.exec(text);
  return match ? Number(match[1]) : undefined;
}

function fieldType(field: TracepointField, space: AddressSpace, context: ResolveContext): Type | undefined {
  const chars = isCharArray(field.type);
  if (chars !== undefined || (/^char\s*\[.*\]$/.test(field.type) && field.size > 0))
    return { kind: 'string', size: field.size };
  const typed = context.types.ofText(field.type, space);
  // The format file knows size and sign even where a spelling (a module's typedef, a bit mask array) is not known.
  if (typed && (typed.kind !== 'int' || typed.size === field.size)) {
    return typed.kind === 'int' ? { ...typed, signed: field.signed } : typed;
  }
  if (field.size === 1 || field.size === 2 || field.size === 4 || field.size === 8)
    return { kind: 'int', size: field.size, signed: field.signed };
  return typed;
}

function argsOf(
  category: string,
  event: string,
  format: TracepointFormat,
  context: ResolveContext,
): ProbeArgs {
  const space: AddressSpace = category === 'syscalls' ? 'user' : 'kernel';
  const own = format.fields.filter((field) => field.offset >= FIRST_OWN_OFFSET);
  const known = new Map<string, ProbeArg | undefined>();
  const make = (field: TracepointField): ProbeArg | undefined => {
    const location = locationOf(field);
    if (location) {
      const element = context.types.ofText(elementText(field.type), 'kernel') ?? int8;
      return {
        name: field.name,
        type: pointerTo(element, 'kernel'),
        source: { kind: 'ctx-location', offset: field.offset, relative: location === 'rel_loc' },
      };
    }
    const type = fieldType(field, space, context);
    return type && { name: field.name, type, source: { kind: 'ctx-bytes', offset: field.offset } };
  };
  return {
    typeName: `struct tracepoint:${category}:${event}_args`,
    names: own.map((field) => field.name),
    field(name) {
      if (!known.has(name)) {
        const field = own.find((candidate) => candidate.name === name);
        known.set(name, field && make(field));
      }
      return known.get(name);
    },
  };
}

/** The events a point names, as `category:event`. */
export function matchEvents(category: string, event: string, target: Target): readonly string[] {
  if (!hasWildcard(category) && !hasWildcard(event)) return [`${category}:${event}`];
  const isCategory = matcher(category);
  const isEvent = matcher(event);
  const found = target.tracepoints().filter((name) => {
    const colon = name.indexOf(':');
    return isCategory(name.slice(0, colon)) && isEvent(name.slice(colon + 1));
  });
  return inOrderOfNames(found, (name) => name);
}

export const tracepoint: Provider = (point, context) => {
  const [category, event] = partsOf(point);
  if (event === undefined) {
    context.report('probe-arity', point.span, 'tracepoint probe type requires 2 arguments, found 1');
    return [];
  }
  const shared = !perEventNames.some((name) => point.uses.has(name));
  const attachments: Attachment[] = [];
  const probes: ResolvedProbe[] = [];
  const make = (name: string, ownAttachments: readonly Attachment[], args?: ProbeArgs): ResolvedProbe => ({
    ...baseProbe(point, name, 'tracepoint'),
    progType: 'BPF_PROG_TYPE_TRACEPOINT',
    // A tracepoint prog that returns 0 takes the event away from perf's own users.
    defaultReturn: 1n,
    space: 'kernel',
    pidFilter: context.options.filtersByPid === true,
    attachments: ownAttachments,
    ...(args ? { args } : {}),
  });
  for (const found of matchEvents(category, event, context.target)) {
    const colon = found.indexOf(':');
    const [cat, ev] = [found.slice(0, colon), found.slice(colon + 1)];
    const format = context.target.tracepointFormat(cat, ev);
    if (!format) continue;
    const name = `tracepoint:${found}`;
    const attachment: Attachment = { kind: 'tracepoint', name, category: cat, event: ev, id: format.id };
    if (shared) attachments.push(attachment);
    else probes.push(make(name, [attachment], argsOf(cat, ev, format, context)));
  }
  const firstShared = attachments[0];
  if (firstShared) probes.push(make(firstShared.name, attachments));
  if (probes.length === 0) {
    const wanted = `${category}:${event}`;
    context.missing(point, `tracepoint ${wanted}`, () =>
      hasWildcard(wanted) ? undefined : similarTracepoint(wanted, context),
    );
  }
  return probes;
};

/** "Did you mean …?" with a whole attach point, so that it can be pasted. */
function similarTracepoint(wanted: string, context: ResolveContext): string | undefined {
  const names = context.target.tracepoints().map((name) => `tracepoint:${name}`);
  return suggest(`tracepoint:${wanted}`, names);
}

/** A single part with a wildcard means any category. */
function partsOf(point: Point): [string, string | undefined] {
  const [first = '', second] = point.parts;
  if (second === undefined && hasWildcard(first)) return ['*', first];
  return [first, second];
}
