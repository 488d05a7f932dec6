import {
  alu64Imm,
  call,
  encodeInsns,
  exit,
  ldMapValue,
  mapFlags,
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
} from '../bpf/index.ts';
import { bpfCall } from './bpf-call.ts';
import { type BpfMap, createMap } from './map.ts';
import { loadProg } from './prog.ts';
import { ResourceStack } from './resource-stack.ts';
import type { KernelSymbols, SymbolAt } from './symbol-at.ts';
import { attr } from './sys/index.ts';

/** How the kernel writes an address that it has a name for. Source: kernel/kallsyms.c, __sprint_symbol(). */
const FORMAT = Buffer.from('%pS\0', 'latin1');
const named = /^(.+)\+0x([0-9a-f]+)\/0x[0-9a-f]+(?: \[(.+)\])?$/;

/**
 * What BPF names: /proc/kallsyms calls its module `bpf`, the look-up does not. Source: kernel/bpf/core.c, bpf_prog_ksym_set_name();
 * trampoline.c, dispatcher.c, bpf_struct_ops.c.
 */
const namedByBpf = /^bpf_(?:prog_[0-9a-f]{16}(?:_.*)?|trampoline_\d+|dispatcher_[a-z]+|_.+)$/;

/** Offsets in what the prog and this process share: the address, then the text, of KSYM_SYMBOL_LEN bytes at most. */
const shared = { address: 0, text: 8, size: 1024 } as const;

/** Answers that are kept: stacks ask for the same addresses again and again, and each question is a system call that a script may trace. */
const MOST_KEPT = 65_536;

/**
 * The symbols that kernel addresses lie in, asked of the kernel by a prog: a few microseconds each, where /proc/kallsyms is 9 MB of text to
 * read and sort. Linux 5.14, for bpf_snprintf() and progs that are system calls.
 */
export class SymbolNames implements KernelSymbols, Disposable {
  readonly #resources: ResourceStack;
  readonly #memory: Buffer;
  readonly #request: Uint8Array;
  readonly #kept = new Map<bigint, SymbolAt | undefined>();

  /** @throws KernelError where such a prog is not taken: by an older kernel, or without CAP_BPF and CAP_PERFMON. */
  constructor() {
    using building = new ResourceStack();
    const memory = building.use(arrayOf(shared.size, mapFlags.BPF_F_MMAPABLE));
    const format = building.use(arrayOf(FORMAT.length, mapFlags.BPF_F_RDONLY_PROG));
    format.update(new Uint8Array(4), FORMAT);
    format.freeze();
    const prog = building.use(
      loadProg({
        name: 'symbol',
        type: 'BPF_PROG_TYPE_SYSCALL',
        license: 'GPL',
        // Progs of this type are not taken otherwise.
        isSleepable: true,
        insns: encodeInsns([
          ldMapValue(R1, memory.fd.raw, shared.text),
          alu64Imm('mov', R2, shared.size - shared.text),
          ldMapValue(R3, format.fd.raw, 0),
          ldMapValue(R4, memory.fd.raw, shared.address),
          alu64Imm('mov', R5, 8),
          call('snprintf'),
          alu64Imm('mov', R0, 0),
          exit(),
        ]),
      }),
    );
    this.#request = attr.testRunAttr.encode({ prog_fd: prog.fd.raw });
    this.#memory = Buffer.from(building.use(memory.map()).buffer);
    this.#resources = building.move();
  }

  /** @returns undefined for an address that lies in no symbol. @throws KernelError */
  byAddress(address: bigint): SymbolAt | undefined {
    if (this.#kept.has(address)) return this.#kept.get(address);
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    const found = this.#ask(address);
    this.#kept.set(address, found);
    return found;
  }

  #ask(address: bigint): SymbolAt | undefined {
    this.#memory.writeBigUInt64LE(BigInt.asUintN(64, address), shared.address);
    bpfCall('BPF_PROG_TEST_RUN', this.#request);
    const text = this.#memory.toString('latin1', shared.text, this.#memory.indexOf(0, shared.text));
    const parts = named.exec(text);
    if (parts === null) return undefined;
    const [, name = '', offset = '', module = namedByBpf.test(name) ? 'bpf' : undefined] = parts;
    return { name, offset: BigInt(`0x${offset}`), ...(module === undefined ? {} : { module }) };
  }

  [Symbol.dispose](): void {
    this.#resources[Symbol.dispose]();
  }
}

function arrayOf(valueSize: number, flags: number): BpfMap {
  return createMap(
    { name: 'symbol', type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize, maxEntries: 1, flags },
    1,
  );
}
