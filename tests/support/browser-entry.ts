/**
 * What a page would be built from: compiler, machine, timers, report and replay, around a world and a machine that are made up. Nothing here or
 * below may need Node.js; tests/browser bundles it.
 */

import { compile } from '../../src/compiler/index.ts';
import { createSource, renderDiagnostics } from '../../src/compiler/language/index.ts';
import {
  EmbeddedBackend,
  embeddedTarget,
  KernelModel,
  kernelModelBtf,
  processTracepoints,
  Timers,
  taskAddress,
} from '../../src/embedded/index.ts';
import { createReport } from '../../src/report/index.ts';
import { attachOrder, encodeConstants, loadVerdicts } from '../../src/tracer/index.ts';
import { fakeTarget } from './fake-target.ts';
import { silentLookups } from './report-run.ts';
import { virtualFacts, virtualWorld } from './virtual-world.ts';

export { RecordingError, Replayer, readRecording } from '../../src/recording/index.ts';

const CPUS = 2;

/** Runs a script for one second of made-up time: what it printed, and its maps; or what is wrong with it. */
export async function runInPage(text: string, engine: 'interpreter' | 'wasm'): Promise<string> {
  const world = virtualWorld({ address: taskAddress(100) });
  const target = embeddedTarget(fakeTarget({ possibleCpus: CPUS }), {
    tracepoints: processTracepoints('x86_64'),
    functions: [],
    btf: kernelModelBtf,
  });
  const { program, diagnostics } = compile({
    source: createSource('page.bt', text),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  if (program === undefined) return renderDiagnostics(diagnostics);
  const { ownTask } = world;
  const { pid, tid, comm } = ownTask();
  const model = new KernelModel((asked) =>
    asked === tid ? { tid, pid, comm, parentPid: 1, terminal: 0 } : undefined,
  );
  const backend = new EmbeddedBackend({
    world,
    engine,
    cpus: CPUS,
    sources: [new Timers({ world, arch: target.arch, onlineCpus: target.onlineCpus })],
    kernelMemory: (address, into) => model.read(address, into),
  });
  const loading = backend.load(program, { constants: encodeConstants(program, new Map(), virtualFacts) });
  if (!loading.ok) return loading.rejection.log;
  using loaded = loading.loaded;
  const report = createReport({
    program,
    maps: loaded.maps,
    lookups: silentLookups,
    format: 'text',
    possibleCpus: CPUS,
    warnings: true,
    color: false,
  });
  const { foretellRefusals } = await loadVerdicts();
  const parts: string[] = foretellRefusals(program).map(String);
  const runAll = (kind: 'begin' | 'end'): void => {
    for (const probe of program.probes) if (probe.kind === kind) loaded.run(probe.prog);
  };
  runAll('begin');
  for (const index of attachOrder(program)) loaded.attach(index);
  world.pass(1000);
  runAll('end');
  loaded.drain((record) => {
    const outcome = report.handle(record);
    if (outcome.kind === 'text') parts.push(outcome.text);
    return true;
  });
  return parts.concat(report.printAllMaps().map((map) => map.text)).join('');
}
