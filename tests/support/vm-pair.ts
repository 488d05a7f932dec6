import assert from 'node:assert/strict';
import { type Insn, ldMapFd, ldMapValue } from '../../src/bpf/index.ts';
import {
  type BpfMap,
  createMap,
  type Prog,
  possibleCpuCount,
  ResourceStack,
} from '../../src/kernel/index.ts';
import type { BpfMapSpec } from '../../src/program/index.ts';
import type { Machine, MachineOptions } from '../../src/vm/index.ts';
import { loadRawProg } from './raw-prog.ts';
import { engines, handMadeMachine, mapLoadOf, mapRelocs } from './vm-program.ts';

/** The same maps and progs in the kernel and in a machine per engine. Map loads in `progs` hold the map's index instead of a descriptor. */
export class Pair implements Disposable {
  readonly maps: readonly BpfMap[];
  readonly progs: readonly Prog[];
  readonly machines: readonly { readonly engine: string; readonly machine: Machine }[];
  readonly #resources = new ResourceStack();

  constructor(
    specs: readonly BpfMapSpec[],
    progs: readonly (readonly Insn[])[],
    type: 'BPF_PROG_TYPE_SYSCALL' | 'BPF_PROG_TYPE_RAW_TRACEPOINT' = 'BPF_PROG_TYPE_SYSCALL',
    options: Partial<MachineOptions> = {},
  ) {
    this.maps = specs.map((spec) => this.#resources.use(createMap(spec, possibleCpuCount())));
    this.progs = progs.map((insns) =>
      this.#resources.use(loadRawProg(withDescriptors(insns, this.maps), type)),
    );
    this.machines = engines.map((engine) => ({
      engine,
      machine: handMadeMachine(
        progs.map((insns, index) => ({
          type,
          insns,
          relocs: mapRelocs(insns),
          maps: index === 0 ? specs : [],
        })),
        { engine, cpus: possibleCpuCount(), ...options },
      ),
    }));
  }

  /**
   * Runs a prog in the kernel, then in the machines on the CPU that the kernel chose, which the prog leaves in the last 8 bytes of its ctx.
   * The ctx must then be the same everywhere; it is returned.
   */
  run(prog: number, ctx: Uint8Array, note = ''): DataView {
    const expected = this.progs[prog]!.testRun({ ctx }).ctx;
    const view = new DataView(expected.buffer, expected.byteOffset, expected.byteLength);
    const cpu = Number(view.getBigUint64(expected.length - 8, true));
    for (const { engine, machine } of this.machines) {
      const run = machine.run(prog, { ctx, cpu });
      const found = run.ok ? machine.readCtx() : machine.describe(run.fault);
      assert.deepEqual(found, new Uint8Array(expected), `prog ${prog} (${engine}) ${note}`);
    }
    return view;
  }

  [Symbol.dispose](): void {
    this.#resources[Symbol.dispose]();
  }
}

/** The instructions as the kernel loads them: with the maps' descriptors in place of their indexes. */
export function withDescriptors(insns: readonly Insn[], maps: readonly BpfMap[]): Insn[] {
  return insns.map((insn) => {
    const load = mapLoadOf(insn);
    if (load === undefined) return insn;
    const fd = maps[load.map]!.fd.raw;
    return load.offset === undefined ? ldMapFd(insn.dst, fd) : ldMapValue(insn.dst, fd, load.offset);
  });
}
