import { invariant, present, viewOf } from '../base/index.ts';
import {
  type Attachment,
  isKernelError,
  type KernelFeature,
  type Prog as KernelProg,
  onlineCpus,
  type ResourceStack,
  readIterator,
  stopAll,
} from '../kernel/index.ts';
import type { AttachOutcome, Loaded, Missed, Program } from '../program/index.ts';
import { attachProbe } from './attach/index.ts';
import { closeLater } from './close-later.ts';
import type { KernelMaps } from './kernel-maps.ts';
import type { RecordSource } from './record-source.ts';
import { planThreads, startThreads } from './thread-pool.ts';

/** As many u64 arguments as a raw tracepoint can have: what a begin or end prog finds as its context. Source: MAX_BPF_FUNC_ARGS. */
const RAW_TRACEPOINT_CTX_BYTES = 12 * 8;
/** The smallest packet that an XDP prog is run on: an Ethernet header. */
const XDP_DATA_BYTES = 14;

interface LoadedParts {
  readonly program: Program;
  readonly maps: KernelMaps;
  readonly progs: readonly KernelProg[];
  readonly records: RecordSource;
  /** Everything that was made, to be released in reverse. */
  readonly resources: ResourceStack;
  readonly pid: number | undefined;
  readonly possibleCpus: number;
  readonly hasFeature: (feature: KernelFeature) => boolean;
  /** The process ends when this is disposed of: what the kernel closes by itself then may stay open. */
  readonly processEnds: boolean;
}

/** A Program in the kernel. */
export class LoadedProgram implements Loaded {
  readonly maps: KernelMaps;
  readonly #parts: LoadedParts;
  readonly #attachments = new Map<number, readonly Attachment[]>();
  #attachmentCount = 0;
  #onlineCpus: readonly number[] | undefined;

  constructor(parts: LoadedParts) {
    this.#parts = parts;
    this.maps = parts.maps;
  }

  attach(index: number): AttachOutcome {
    const probe = present(
      this.#parts.program.probes[index],
      'a probe that is attached is one of the program',
    );
    this.#onlineCpus ??= onlineCpus();
    try {
      const { attachments, places } = attachProbe(probe, {
        prog: this.#prog(probe.prog),
        pid: this.#parts.pid,
        onlineCpus: this.#onlineCpus,
        hasFeature: this.#parts.hasFeature,
      });
      this.#attachments.set(index, attachments);
      this.#attachmentCount += attachments.length;
      return { ok: true, functions: places };
    } catch (error) {
      if (!isKernelError(error)) throw error;
      return { ok: false, message: error.message, errno: error.errno };
    }
  }

  /** Links are closed side by side: each waits tens of milliseconds for the kernel to be done with its prog. */
  async detach(): Promise<void> {
    const attachments = [...this.#attachments.values()].flat();
    if (attachments.length === 0) return;
    planThreads(attachments.length);
    startThreads();
    await stopAll(attachments);
  }

  run(index: number, repeat = 1): { readonly retval: number; readonly durationNs: bigint } {
    const prog = this.#prog(index);
    switch (prog.spec.type) {
      case 'BPF_PROG_TYPE_RAW_TRACEPOINT':
        return prog.testRun({ ctx: new Uint8Array(RAW_TRACEPOINT_CTX_BYTES) });
      case 'BPF_PROG_TYPE_XDP':
        return prog.testRun({ data: new Uint8Array(XDP_DATA_BYTES), repeat });
      default:
        return prog.testRun();
    }
  }

  drain(onRecord: (record: Uint8Array) => boolean | undefined): number {
    return this.#parts.records.drain(onRecord);
  }
  wait(timeoutMs: number): Promise<void> {
    planThreads(this.#attachmentCount);
    return this.#parts.records.wait(timeoutMs);
  }

  lost(): bigint {
    const { lost } = this.#parts.program;
    let sum = this.#parts.records.lost;
    if (!lost) return sum;
    const value = viewOf(this.maps.readArray(lost.map));
    for (let cpu = 0; cpu < this.#parts.possibleCpus; cpu++) {
      const at = lost.offset + cpu * lost.stride;
      invariant(at + 8 <= value.byteLength, 'there is a row of losses for every possible CPU');
      sum += value.getBigUint64(at, true);
    }
    return sum;
  }

  /**
   * Counted is what trampolines miss (Linux 5.12), raw tracepoints (6.1), kprobes and tracepoints (6.7); never samples of perf events. What
   * an older kernel does not fill in stays 0.
   *
   * Source: kernel/bpf/syscall.c, bpf_prog_get_info_by_fd(); the callers of bpf_prog_inc_misses_counter().
   */
  missed(): readonly Missed[] {
    const { program, progs } = this.#parts;
    return progs.flatMap((prog, index) => {
      const events = prog.info().recursion_misses;
      if (events === 0n) return [];
      return { probes: program.probes.flatMap((probe, at) => (probe.prog === index ? at : [])), events };
    });
  }

  *readIterator(probe: number): Generator<Uint8Array> {
    for (const link of this.#attachments.get(probe) ?? []) yield* readIterator(link);
  }

  [Symbol.dispose](): void {
    const attachments = [...this.#attachments.values()].flat().reverse();
    this.#attachments.clear();
    if (this.#parts.processEnds) {
      closeLater(attachments.flatMap(({ linkedEvents }) => linkedEvents));
    } else {
      for (const attachment of attachments) attachment[Symbol.dispose]();
    }
    this.#parts.resources[Symbol.dispose]();
  }

  #prog(index: number): KernelProg {
    return present(this.#parts.progs[index], 'a probe names a prog of its program');
  }
}
