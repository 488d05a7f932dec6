import type { Tap } from '../embedded/index.ts';
import type { Backend } from '../program/index.ts';
import { type EmbeddedMachine, LiveMachine, loadEmbedded } from '../runtime/index.ts';
import { disabledFeatures } from './disabled-features.ts';
import type { Options } from './options.ts';
import { rootOf, type TracedProcess } from './traced-process.ts';

/** Where scripts run, and for what they are compiled. */
export type RunMachine = LiveMachine | EmbeddedMachine;

export async function openMachine(options: Options, traced: TracedProcess): Promise<RunMachine> {
  const places = {
    environment: process.env,
    includeDirs: options.includeDirs,
    debugInfoDirs: options.debugInfoDirs,
    unsafe: options.unsafe,
    ...(traced.kind === 'child' ? { held: traced.child } : {}),
  };
  if (options.backend === 'embedded') {
    const root = rootOf(traced);
    const { EmbeddedMachine } = await loadEmbedded();
    return new EmbeddedMachine({ ...places, ...(root === undefined ? {} : { traced: root }) });
  }
  return new LiveMachine({
    ...places,
    disabledFeatures: new Set([
      ...disabledFeatures(options.disabledFeatures),
      ...(options.emitElf === undefined ? [] : featuresOutsideObjects),
    ]),
    ...(options.traceableFunctions === undefined ? {} : { traceableFunctions: options.traceableFunctions }),
  });
}

/** What makes a prog call functions of the kernel by name, or need maps that a tracer fills: an object file has no words for either. */
const featuresOutsideObjects = ['open-coded-iterators', 'map-sum-elem-count', 'mappable-arrays'] as const;

export function backendOf(machine: RunMachine, tap?: Tap): Backend {
  return machine.kind === 'embedded' ? machine.backend(tap) : machine.backend(true);
}
