/**
 * How many keys maps get at most in a run, where all their keys are few for certain:
 *
 *     kprobe:vfs_* { @[func] = count(); }                              the functions that are traced
 *     profile:hz:99 { @[cpu, usermode] = count(); }                    CPUs * 2
 *     … { @n["all"]++; if (args.ret < 0) { @n["failed"]++; } }         2
 *
 * It is the sum over all places that put keys into a map: how many values the key can have there. A hash has all its entries from the start,
 * those of aggregations for each CPU, so that it is worth knowing which need few. One key too few would lose events: everything here errs
 * towards more, and infinity leaves a map its size.
 */
import type { Target } from '../../program/index.ts';
import type { RunsAt } from '../builtins/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import {
  type LocalIndex,
  type MapIndex,
  type TypedBody,
  type TypedExpr,
  type TypedProgram,
  walkStatements,
} from '../typed/index.ts';
import { ValueCounts, wholeOf } from './value-counts.ts';

const ANY = Number.POSITIVE_INFINITY;

/** The most keys of each map that is filled; infinity: any number. */
export function keyCounts(
  typed: TypedProgram,
  probes: readonly ResolvedProbe[],
  target: Target,
): ReadonlyMap<MapIndex, number> {
  const counts = new KeyCounts();
  const addBody = (body: TypedBody, params: readonly LocalIndex[], functions: number): void => {
    const at: RunsAt = { possibleCpus: target.possibleCpus, functions };
    counts.addBody(body, new ValueCounts(body, params, at));
  };
  for (const body of typed.probes) addBody(body, [], functionsOf(body.probe, probes));
  // What a function does it does with the same constants wherever it is called.
  for (const fn of typed.fns) addBody(fn, fn.params, ANY);
  return counts.byMap;
}

class KeyCounts {
  readonly byMap = new Map<MapIndex, number>();
  /** Constant keys that are counted already; blocks on many probes have the same ones in each. */
  readonly #constants = new Set<string>();

  addBody({ statements }: TypedBody, values: ValueCounts): void {
    walkStatements(statements, {
      enter: (statement) => {
        if (statement.kind === 'set-map' || statement.kind === 'aggregate')
          this.#add(statement.map, statement.key, values);
        if (statement.kind === 'set-element') {
          const whole = wholeOf(statement.place);
          if (whole.kind === 'map') this.#add(whole.map, whole.key, values);
        }
      },
      // Of the functions that take a map none puts keys in.
      expr: (expr) => {
        if (expr.kind === 'modify' && expr.target.kind === 'map')
          this.#add(expr.target.map, expr.target.key, values);
        // Whoever has the map itself may do with it what he likes.
        if (expr.kind === 'address-of-map') this.byMap.set(expr.map, ANY);
      },
    });
  }

  #add(map: MapIndex, key: TypedExpr | undefined, values: ValueCounts): void {
    const constant = key && constantText(key);
    if (constant !== undefined) {
      const text = `${map} ${constant}`;
      if (this.#constants.has(text)) return;
      this.#constants.add(text);
    }
    this.byMap.set(map, (this.byMap.get(map) ?? 0) + (key ? values.of(key) : 1));
  }
}

/** A constant key as text, the same for no two keys of a map; undefined for all others. */
function constantText(key: TypedExpr): string | undefined {
  switch (key.kind) {
    case 'int':
      return `${key.value}`;
    case 'string':
      return JSON.stringify(key.value);
    case 'tuple': {
      const elements = key.elements.map(constantText);
      return elements.includes(undefined) ? undefined : `(${elements.join()})`;
    }
    default:
      return undefined;
  }
}

/** How many kernel functions a probe runs for; for probes on anything else it could not be said. */
function functionsOf(index: number, probes: readonly ResolvedProbe[]): number {
  const placed =
    probes[index]?.session?.half === 'exit'
      ? // The attachments of a session are with its entry.
        probes.find(({ session }) => session?.half === 'entry' && session.exit === index)
      : probes[index];
  const attachments = placed?.attachments ?? [];
  const functions = attachments.reduce((sum, attachment) => sum + functionsAt(attachment), 0);
  return functions > 0 ? functions : ANY;
}

function functionsAt(attachment: ResolvedProbe['attachments'][number]): number {
  switch (attachment.kind) {
    case 'kprobe':
    case 'kretprobe':
      return attachment.locations.length;
    case 'fentry':
    case 'fexit':
      return 1;
    default:
      return ANY;
  }
}
