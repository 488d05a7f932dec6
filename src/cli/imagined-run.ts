import type { Backend, Host, MapAccess, Program } from '../program/index.ts';
import { createReport } from '../report/index.ts';
import {
  encodeConstants,
  factsOfNobody,
  type RunControl,
  type RunMessages,
  trace,
  usualRunOptions,
} from '../tracer/index.ts';

/** A run that is nowhere: its kernel takes everything and sends each of the program's records once, all zeros. What it prints is dropped. */
export async function runImagined(program: Program, host: Host): Promise<void> {
  const silentHost: Host = Object.assign(Object.create(host), { stdout: nothing, stderr: nothing });
  const maps: MapAccess = {
    entries: () => [],
    readArray: (map) => new Uint8Array(program.bpfMaps[map]?.valueSize ?? 0),
    writeArray: nothing,
    update: nothing,
    delete: nothing,
  };
  const control: RunControl = {
    isEnding: false,
    isInterrupted: false,
    takeSignals: () => [],
    changed: () => new Promise(() => undefined),
    started: nothing,
    flush: nothing,
  };
  const messages: RunMessages = { error: nothing, warning: nothing, hint: nothing, plain: nothing };
  await trace({
    program,
    backend: backendWith(program, maps),
    load: { constants: encodeConstants(program, new Map(), factsOfNobody) },
    host: silentHost,
    makeReport: ({ maps }) =>
      createReport({
        program,
        maps,
        lookups: silentHost,
        format: 'text',
        possibleCpus: 2,
        warnings: true,
        color: false,
      }),
    control,
    messages,
    options: usualRunOptions,
  });
}

function backendWith(program: Program, maps: MapAccess): Backend {
  let pending = program.records.map(({ sizeBytes }, index) => {
    const record = new Uint8Array(sizeBytes);
    record[0] = index; // a record begins with its number; the sample has few
    return record;
  });
  return {
    name: 'kernel',
    load: () => ({
      ok: true,
      loaded: {
        maps,
        attach: () => ({ ok: true, functions: 1 }),
        detach: nothing,
        run: () => ({ retval: 0, durationNs: 0n }),
        drain: (onRecord) => {
          const records = pending;
          pending = [];
          const stop = records.findIndex((record) => onRecord(record) === false);
          return stop < 0 ? records.length : stop + 1;
        },
        lost: () => 0n,
        wait: () => Promise.resolve(),
        [Symbol.dispose]: nothing,
      },
    }),
  };
}

function nothing(): void {}
