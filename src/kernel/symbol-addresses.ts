import { viewOf } from '../base/index.ts';
import {
  alu64,
  alu64Imm,
  call,
  encodeInsns,
  exit,
  jumpImm,
  load,
  R0,
  R1,
  R2,
  R3,
  R4,
  R6,
  R10,
  store,
  storeImm,
} from '../bpf/index.ts';
import { bpfCall } from './bpf-call.ts';
import { loadProg } from './prog.ts';
import { attr, pinZeros } from './sys/index.ts';

/** Bytes of a name with its NUL that fit the prog's stack. */
const MAX_NAME = 256;
/** Offsets on the prog's stack. */
const stack = { name: -MAX_NAME, address: -MAX_NAME - 8 } as const;
/** Offsets in what the prog runs on: where the name is, which the answer replaces, and its length with the NUL. */
const ctx = { name: 0, address: 0, length: 8, size: 16 } as const;

/**
 * The addresses of kernel symbols, asked of the kernel by a prog: some 20,000 instructions a name, where /proc/kallsyms is 9 MB of text. Linux 6.2:
 * older kernels compare each of their symbols with each name.
 *
 * @param names as kallsyms_lookup_name() takes them: `module:name`, or `name`, which is the first of several that are called so.
 * @returns in the order of the names; 0n for one that is unknown, hidden (kernel.kptr_restrict), or too long to be asked for.
 * @throws KernelError where progs may not ask: without CAP_BPF and CAP_PERFMON.
 */
export function symbolAddresses(names: readonly string[]): readonly bigint[] {
  using prog = loadProg({
    name: 'symbol',
    type: 'BPF_PROG_TYPE_SYSCALL',
    license: 'GPL',
    // Progs of this type are not taken otherwise.
    isSleepable: true,
    insns: encodeInsns([
      alu64('mov', R6, R1),
      alu64('mov', R1, R10),
      alu64Imm('add', R1, stack.name),
      alu64Imm('mov', R2, MAX_NAME),
      load(8, R3, R6, ctx.name),
      call('copy_from_user'),
      storeImm(8, R10, stack.address, 0),
      load(8, R2, R6, ctx.length),
      jumpImm('gt', R2, MAX_NAME, 6),
      alu64('mov', R1, R10),
      alu64Imm('add', R1, stack.name),
      alu64Imm('mov', R3, 0),
      alu64('mov', R4, R10),
      alu64Imm('add', R4, stack.address),
      call('kallsyms_lookup_name'),
      load(8, R1, R10, stack.address),
      store(8, R6, ctx.address, R1),
      alu64Imm('mov', R0, 0),
      exit(),
    ]),
  });
  const name = pinZeros(MAX_NAME);
  const run = pinZeros(ctx.size);
  const view = viewOf(run.bytes);
  const request = attr.testRunAttr.encode({
    prog_fd: prog.fd.raw,
    ctx_in: run.address,
    ctx_size_in: ctx.size,
  });
  return names.map((text) => {
    const bytes = Buffer.from(`${text}\0`, 'latin1');
    if (bytes.length > MAX_NAME) return 0n;
    name.bytes.set(bytes);
    view.setBigUint64(ctx.name, name.address, true);
    view.setBigUint64(ctx.length, BigInt(bytes.length), true);
    bpfCall('BPF_PROG_TEST_RUN', request, [name, run]);
    return view.getBigUint64(ctx.address, true);
  });
}
