import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeTarget } from '../../tests/support/fake-target.ts';
import { silentLookups } from '../../tests/support/report-run.ts';
import { type VirtualWorld, virtualFacts, virtualWorld } from '../../tests/support/virtual-world.ts';
import { compile } from '../compiler/index.ts';
import { createSource, renderDiagnostics } from '../compiler/language/index.ts';
import type { Loaded, Program } from '../program/index.ts';
import { createReport } from '../report/index.ts';
import { attachOrder, encodeConstants } from '../tracer/index.ts';
import {
  EmbeddedBackend,
  type EmbeddedBackendOptions,
  type EventSource,
  embeddedTarget,
  type Fire,
  MachineFaultError,
  ProcessTracepoints,
  processTracepoints,
  type Scene,
  type Tap,
  Timers,
} from './index.ts';

const CPUS = 2;

function compileFor(text: string, pid?: number): Program {
  const target = embeddedTarget(fakeTarget({ possibleCpus: CPUS }), {
    tracepoints: processTracepoints('x86_64'),
    functions: [],
  });
  const { program, diagnostics } = compile({
    source: createSource('stdin', text),
    target,
    positional: [],
    environment: {},
    options: {
      isUnsafe: true,
      mode: 'run',
      runtimeWarnings: 'default',
      includeFiles: [],
      ...(pid === undefined ? {} : { pid }),
    },
  });
  if (!program) throw new Error(renderDiagnostics(diagnostics));
  return program;
}

interface Play {
  readonly world?: VirtualWorld;
  readonly sources?: readonly EventSource[];
  readonly options?: Partial<EmbeddedBackendOptions>;
  readonly pid?: number;
}

/** Loads a script and attaches its probes; `text` drains what it printed since the last time. */
function load(script: string, { world = virtualWorld(), sources = [], options = {}, pid }: Play = {}) {
  const program = compileFor(script, pid);
  const timers = new Timers({ world, arch: 'x86_64', onlineCpus: [0, 1] });
  const backend = new EmbeddedBackend({ world, cpus: CPUS, sources: [timers, ...sources], ...options });
  const result = backend.load(program, {
    constants: encodeConstants(program, new Map(), virtualFacts),
    ...(pid === undefined ? {} : { pid }),
  });
  if (!result.ok) throw new Error(result.rejection.log);
  const { loaded } = result;
  for (const probe of program.probes) if (probe.kind === 'begin') loaded.run(probe.prog);
  const outcomes = attachOrder(program).map((index) => loaded.attach(index));
  return { loaded, program, world, outcomes, text: () => textOf(program, loaded) };
}

function textOf(program: Program, loaded: Loaded): string {
  const report = createReport({
    program,
    maps: loaded.maps,
    lookups: silentLookups,
    format: 'text',
    possibleCpus: CPUS,
    warnings: true,
    color: false,
  });
  let text = '';
  loaded.drain((record) => {
    const outcome = report.handle(record);
    if (outcome.kind === 'text') text += outcome.text;
    return true;
  });
  for (const map of report.printAllMaps()) text += map.text;
  return text;
}

describe('timers', () => {
  test('tick when it is time, on the CPUs they are for, in the task of the tracer', () => {
    const run = load(
      'interval:ms:100 { @i[comm, pid, cpu] = count(); } profile:hz:50 { @p[cpu] = count(); } software:cpu-clock:1000000 { @c[cpu] = count(); }',
    );
    run.world.pass(1000);
    assert.equal(
      run.text(),
      ['@c[0]: 1000', '@c[1]: 1000', '', '@i[tracer, 100, 0]: 10', '', '@p[0]: 50', '@p[1]: 50', '']
        .join('\n')
        .replace(/\n\n/g, '\n'),
    );
    run.loaded.detach();
    run.world.pass(1000);
    assert.match(run.text(), /@c\[0\]: 1000/);
  });

  test('ticks shorter than a host timer are made up for, and long gaps are not', () => {
    const world = virtualWorld();
    // A host that calls back whenever it likes.
    const late: (() => void)[] = [];
    const after = (_delayMs: number, callback: () => void) => {
      late.push(callback);
      return () => undefined;
    };
    const run = load('interval:us:100 { @ = count(); }', { world: { ...world, after } });
    world.pass(3);
    late.pop()?.();
    assert.equal(run.text(), '@: 30\n');
    world.pass(60_000);
    late.pop()?.();
    const count = Number(/@: (\d+)/.exec(run.text())?.[1]);
    assert.ok(count > 1000 && count < 1100, `${count}`);
  });

  test('of one process there are none', () => {
    const { outcomes } = load('profile:hz:99 { @ = count(); }', { pid: 55 });
    assert.deepEqual(outcomes, [
      { ok: false, message: 'profile:hz:99: the embedded backend cannot see when process 55 has a CPU' },
    ]);
  });
});

describe('a run', () => {
  test('a wait ends with the records of a timer, or with its time', async () => {
    const run = load('interval:ms:10 { printf("tick\\n"); }');
    const ended = run.loaded.wait(100);
    run.world.pass(10);
    await ended;
    assert.equal(run.text(), 'tick\n');
    const silent = load('interval:s:10 { printf("tick\\n"); }');
    const timeout = silent.loaded.wait(100);
    silent.world.pass(100);
    await timeout;
    assert.equal(silent.text(), '');
  });

  test('a fault ends it with the line of the script', () => {
    const endless = 'begin { $i = 0; while ($i < 100000000) { $i++; @ = $i; } }';
    assert.throws(
      () => load(endless, { options: { insnLimit: 10_000 } }),
      (error) => error instanceof MachineFaultError && /^stdin:1:.*10000 instructions/.test(error.message),
    );
    const run = load(`interval:ms:1 { ${endless.slice(8, -2)} }`, { options: { insnLimit: 10_000 } });
    run.world.pass(5);
    assert.throws(() => run.loaded.drain(() => true), MachineFaultError);
  });

  test('a probe that nothing serves is refused by name', () => {
    const { outcomes } = load('tracepoint:raw_syscalls:sys_enter { @ = count(); }');
    assert.deepEqual(outcomes, [
      { ok: false, message: 'the embedded backend has no source for tracepoint:raw_syscalls:sys_enter' },
    ]);
  });

  test('a tap sees every run, answer and look at a map in their order', () => {
    const log: string[] = [];
    const tap: Tap = {
      environment: (inner) =>
        new Proxy(inner, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name);
            if (typeof value !== 'function') return value;
            return (...words: unknown[]) => {
              log.push(String(name));
              return Reflect.apply(value, target, words);
            };
          },
        }),
      maps: (inner) => ({
        ...inner,
        readArray: (map) => {
          log.push('read map');
          return inner.readArray(map);
        },
      }),
      start: ({ probe, cpu, ctx }) => log.push(`start ${probe} cpu ${cpu} ctx ${ctx.length}`),
      end: ({ probe }, retval) => log.push(`end ${probe} ${retval}`),
      drain: () => log.push('drain'),
    };
    const run = load('begin { @t = nsecs; } interval:ms:5 { @p = pid; }', { options: { tap } });
    run.world.pass(5);
    run.text();
    assert.deepEqual(log.slice(0, 6), [
      'start undefined cpu 0 ctx 96',
      'now',
      'end undefined 0',
      'start 1 cpu 0 ctx 184',
      'task',
      'end 1 0',
    ]);
    assert.deepEqual(log.slice(6, 8), ['drain', 'read map']);
  });
});

describe('tracepoints of processes', () => {
  /** A source whose events a test makes. */
  function scripted(): { readonly source: EventSource; readonly events: ProcessTracepoints } {
    const events = new ProcessTracepoints('x86_64');
    const source: EventSource = {
      name: 'scripted',
      served: [],
      serves: (probe) => events.serves(probe),
      attach({ probe, fire }: { probe: Program['probes'][number]; fire: Fire }) {
        if (!events.serves(probe)) return { ok: false, message: 'no event' };
        events.add(probe, fire);
        return { ok: true, functions: 1 };
      },
      detach: () => events.clear(),
      [Symbol.dispose]: () => undefined,
    };
    return { source, events };
  }

  const text = new TextEncoder().encode('/etc/hosts\0');
  const scene: Scene = {
    task: { pid: 40, tid: 41, uid: 1000, gid: 1001, comm: 'cat', cgroupId: 9n, address: 0n },
    read: (space, address, into) => {
      if (space !== 'user' || address !== 0x1000n) return 0;
      into.set(text);
      return text.length;
    },
  };

  function call(number: number, ...words: bigint[]): Uint8Array {
    return new Uint8Array(
      new BigUint64Array([BigInt(number), ...words, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 7)).buffer,
    );
  }

  test('system calls: number, arguments, strings of the process, result', () => {
    const { source, events } = scripted();
    const run = load(
      `tracepoint:raw_syscalls:sys_enter { @raw[args.id, args.args[1]] = count(); }
       tracepoint:raw_syscalls:sys_exit { @ret[args.id] = args.ret; }
       tracepoint:syscalls:sys_enter_openat { @file[comm, pid, tid, uid] = (str(args.filename), args.dfd, args.flags); }
       tracepoint:syscalls:sys_exit_openat { @fd = args.ret; }`,
      { sources: [source] },
    );
    events.enterSyscall(257, call(257, -100n & 0xffff_ffffn, 0x1000n, 2n), scene);
    events.exitSyscall(257, -2n, scene);
    events.enterSyscall(0, call(0, 3n), scene);
    assert.equal(
      run.text(),
      [
        '@fd: -2',
        '@file[cat, 40, 41, 1000]: (/etc/hosts, 4294967196, 2)',
        '@raw[0, 0]: 1',
        '@raw[257, 4096]: 1',
        '@ret[257]: -2',
        '',
      ].join('\n'),
    );
  });

  test('the life of tasks and their signals', () => {
    const { source, events } = scripted();
    const run = load(
      `tracepoint:sched:sched_process_exec { printf("exec %s %d %d\\n", str(args.filename), args.pid, args.old_pid); }
       tracepoint:sched:sched_process_fork { printf("fork %s %d %s %d\\n", str(args.parent_comm), args.parent_pid, str(args.child_comm), args.child_pid); }
       tracepoint:sched:sched_process_exit { printf("exit %s %d %d %d\\n", args.comm, args.pid, args.prio, args.group_dead); }
       tracepoint:signal:signal_deliver { printf("signal %d %d %d\\n", args.sig, args.errno, args.code); }`,
      { sources: [source] },
    );
    assert.equal(events.wants('sched:sched_process_exec'), true);
    assert.equal(events.wantsSyscalls, false);
    events.exec('/bin/cat', 41, scene);
    events.fork(42, scene);
    events.signal(15, 0, -6, scene);
    events.exit(120, true, scene);
    assert.equal(run.text(), 'exec /bin/cat 40 41\nfork cat 41 cat 42\nsignal 15 0 -6\nexit cat 41 120 1\n');
  });

  test('an argument that the machine cannot know is an error that names it', () => {
    assert.throws(
      () => compileFor('tracepoint:signal:signal_deliver { print(args.sa_handler); }'),
      /does not contain a field named 'sa_handler'/,
    );
  });
});
