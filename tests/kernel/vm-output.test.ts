import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as bpf from '../../src/bpf/index.ts';
import { openPerfEvent, possibleCpuCount, ResourceStack } from '../../src/kernel/index.ts';
import { Mapping, PERF_SAMPLE_RAW, pageSize, perfTypes } from '../../src/kernel/sys/index.ts';
import { createQuietEnvironment } from '../../src/vm/index.ts';
import { stackAddress } from '../support/raw-code.ts';
import { requireRoot } from '../support/requirements.ts';
import { Pair } from '../support/vm-pair.ts';
import { mapSpec } from '../support/vm-program.ts';

const { R1, R2, R3, R4, R5, R6, R10 } = bpf;
const cpus = possibleCpuCount();
/** Source: uapi/linux/perf_event.h, enum perf_sw_ids. */
const PERF_COUNT_SW_BPF_OUTPUT = 10n;

/** Runs prog 0 with two arguments: R0 in the kernel, and in both engines on every CPU the kernel may have chosen. */
function results(pair: Pair, a: bigint, b: bigint): { readonly kernel: number; readonly machine: number[] } {
  const ctx = new Uint8Array(new BigUint64Array([a, b]).buffer);
  const kernel = pair.progs[0]!.testRun({ ctx }).retval;
  const machine = pair.machines.map(({ machine }) => {
    const run = machine.run(0, { ctx, cpu: 0 });
    assert.ok(run.ok, run.ok ? '' : machine.describe(run.fault));
    return run.retval;
  });
  return { kernel, machine };
}

describe('perf event arrays', () => {
  const array = mapSpec({
    type: 'BPF_MAP_TYPE_PERF_EVENT_ARRAY',
    keySize: 4,
    valueSize: 4,
    maxEntries: cpus,
  });
  // perf_event_output(ctx, array, flags, 16 bytes)
  const output = [
    bpf.alu64('mov', R6, R1),
    bpf.storeImm(8, R10, -8, 1),
    bpf.storeImm(8, R10, -16, 2),
    bpf.ldMapFd(R2, 0),
    bpf.load(8, R3, R6, 0),
    ...stackAddress(R4, -16),
    bpf.alu64Imm('mov', R5, 16),
    bpf.call('perf_event_output'),
    bpf.exit(),
  ];
  const CURRENT = 0xffff_ffffn;

  it('refuse what the kernel refuses: no event, no such entry, unknown flags', (t) => {
    if (!requireRoot(t)) return;
    using pair = new Pair([array], [output], 'BPF_PROG_TYPE_RAW_TRACEPOINT');
    for (const flags of [CURRENT, 0n, BigInt(cpus), 0xffff_fffen, 1n << 32n, 1n << 63n]) {
      const { kernel, machine } = results(pair, flags, 0n);
      assert.notEqual(kernel, 0, `flags ${flags}`);
      assert.deepEqual(machine, [kernel, kernel], `flags ${flags}`);
    }
  });

  it('take records for the CPU they come from', (t) => {
    if (!requireRoot(t)) return;
    using pair = new Pair([array], [output], 'BPF_PROG_TYPE_RAW_TRACEPOINT');
    using events = new ResourceStack();
    for (let cpu = 0; cpu < cpus; cpu++) {
      const event = openPerfEvent(
        {
          type: perfTypes.PERF_TYPE_SOFTWARE,
          config: PERF_COUNT_SW_BPF_OUTPUT,
          sample_type: PERF_SAMPLE_RAW,
          sample_period: 1n,
        },
        { pid: -1, cpu },
        'the test',
      );
      events.use(event);
      events.use(new Mapping(event.raw, 2 * pageSize(), { writable: true }));
      const bytes = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);
      pair.maps[0]!.update(bytes(cpu), bytes(event.raw));
    }
    for (const { machine } of pair.machines) machine.openPerfBuffers(0, 4096);
    // Records of 16 bytes take 32: here is room for many more.
    for (let round = 0; round < 20; round++) {
      const { kernel, machine } = results(pair, CURRENT, 0n);
      assert.deepEqual([kernel, ...machine], [0, 0, 0]);
    }
  });
});

describe('stack traces', () => {
  const stacks = mapSpec({
    type: 'BPF_MAP_TYPE_STACK_TRACE',
    keySize: 4,
    valueSize: 16 * 8,
    maxEntries: 64,
  });
  const environment = { stack: () => [0xffff_ffff_8100_0000n, 0xffff_ffff_8100_0100n] };

  it('refuse the flags and sizes that the kernel refuses', (t) => {
    if (!requireRoot(t)) return;
    const stackId = [
      bpf.alu64('mov', R6, R1),
      bpf.ldMapFd(R2, 0),
      bpf.load(8, R3, R6, 0),
      bpf.call('get_stackid'),
      bpf.exit(),
    ];
    // get_stack(ctx, buffer, 8, flags)
    const stack = [
      bpf.load(8, R4, R1, 0),
      ...stackAddress(R2, -8),
      bpf.storeImm(8, R10, -8, 0),
      bpf.alu64Imm('mov', R3, 8),
      bpf.call('get_stack'),
      bpf.exit(),
    ];
    for (const [name, insns, wrongFlags] of [
      ['get_stackid', stackId, [1n << 11n, 1n << 32n, 1n << 63n]],
      ['get_stack', stack, [1n << 9n, 1n << 10n, 1n << 12n, 1n << 32n]],
    ] as const) {
      using pair = new Pair([stacks], [insns], 'BPF_PROG_TYPE_RAW_TRACEPOINT', {
        environment: { ...createQuietEnvironment(), ...environment },
      });
      for (const flags of wrongFlags) {
        const { kernel, machine } = results(pair, flags, 0n);
        assert.deepEqual(machine, [kernel, kernel], `${name} with flags ${flags}`);
        assert.equal(kernel | 0, -22, `${name} with flags ${flags}`);
      }
      // The stacks differ, the kind of answer does not: an id or a length.
      const { kernel, machine } = results(pair, 0n, 0n);
      assert.ok(
        [kernel, ...machine].every((value) => (value | 0) >= 0),
        `${name}: ${kernel}, ${machine}`,
      );
      // More frames skipped than there are.
      const skipped = results(pair, 0xffn, 0n);
      assert.deepEqual(skipped.machine, [skipped.kernel, skipped.kernel], `${name} with all frames skipped`);
    }
  });
});
