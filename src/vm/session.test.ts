/** A kprobe and the kretprobe of its function in one prog, run at the entry and at the return. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeKernel } from '../../tests/support/fake-kernel.ts';
import { type CompileInput, compile } from '../compiler/index.ts';
import { createSource } from '../compiler/language/index.ts';
import type { Feature, Program, Target } from '../program/index.ts';
import { createMachine, createQuietEnvironment } from './index.ts';

const kernel = fakeKernel();

function compileFor(
  text: string,
  without: readonly Feature[] = [],
  more: Partial<CompileInput['options']> = {},
): Program {
  const target: Target = Object.create(kernel, {
    has: { value: (feature: Feature) => !without.includes(feature) && kernel.has(feature) },
  });
  const { program, diagnostics } = compile({
    source: createSource('test.bt', text),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe: true, mode: 'run', runtimeWarnings: 'default', includeFiles: [], ...more },
  });
  assert.ok(program, JSON.stringify(diagnostics));
  return program;
}

const both =
  'kretprobe:vfs_read /retval > 4/ { @out[retval] = func; return 1; } kprobe:vfs_read { @in[arg2] = func; return 1; }';

test('the prog of a session is told which half to run, and always lets the return run', () => {
  const program = compileFor(both);
  assert.equal(program.progs.length, 1);
  assert.equal(program.progs[0]?.expectedAttachType, 'BPF_TRACE_KPROBE_SESSION');
  assert.deepEqual(
    program.probes.map((probe) => [probe.name, 'via' in probe && probe.via]),
    [['kprobe:vfs_read', 'session']],
  );
  let isReturn = false;
  const environment = {
    ...createQuietEnvironment({ seed: 3, timeNs: 1n, task: { pid: 77, tid: 78, comm: 'quiet' } }),
    sessionIsReturn: () => isReturn,
    functionIp: () => 0xffff_ffff_8100_0000n,
  };
  const result = createMachine(program, { environment, cpus: 1, ringBytes: 4096 });
  assert.ok(result.ok, result.ok ? '' : result.rejection.log);
  const { machine } = result;
  const keysOf = (name: string): number[] => {
    const index = program.bpfMaps.findIndex((spec) => spec.name.endsWith(name));
    return machine.maps.entries(index).map(({ key }) => key[0] ?? 0);
  };
  const run = (rdx: number, rax: number): void => {
    const ctx = new Uint8Array(168);
    ctx[96] = rdx;
    ctx[80] = rax;
    const outcome = machine.run(0, { cpu: 0, ctx });
    assert.ok(outcome.ok, outcome.ok ? '' : machine.describe(outcome.fault));
    assert.equal(outcome.retval, 0);
  };
  run(100, 7);
  isReturn = true;
  run(101, 8);
  run(102, 2);
  assert.deepEqual([keysOf('in'), keysOf('out')], [[100], [8]]);
});

test('a recording keeps the events of the entry and of the return apart', () => {
  const { probes } = compileFor(both, [], { notesEvents: true });
  assert.deepEqual(
    probes.map(({ name }) => name),
    ['kretprobe:vfs_read', 'kprobe:vfs_read'],
  );
});

test('only what surely belongs together becomes a session', () => {
  const progs = (text: string, without: readonly Feature[] = []): readonly string[] =>
    compileFor(text, without).probes.map((probe) => `${probe.name} ${'via' in probe ? probe.via : ''}`);
  const apart = ['kretprobe:vfs_read perf', 'kprobe:vfs_read perf'];
  assert.deepEqual(progs(both, ['kprobe-session']), apart);
  assert.deepEqual(progs(both, ['kprobe-multi']), apart);
  const cases: readonly (readonly [string, number])[] = [
    ['kprobe:vfs_* { @ = 1 } kretprobe:vfs_* { @ = 2 }', 1],
    ['kprobe:vfs_read { @ = 1 } kretprobe:tcp_connect { @ = 2 }', 2],
    ['kprobe:vfs_read { @ = 1 } kretprobe:vfs_read { @ = 2 } kretprobe:vfs_read { @ = 3 }', 3],
    ['kprobe:vfs_read,kprobe:tcp_connect { @ = 1 } kretprobe:vfs_read { @ = 2 }', 3],
    ['kprobe:vfs_read+4 { @ = 1 } kretprobe:vfs_read { @ = 2 }', 2],
    ['kprobe:vfs_read { @ = reg("bx") } kretprobe:vfs_read { @ = 2 }', 2],
  ];
  for (const [text, count] of cases) assert.equal(progs(text).length, count, text);
});
