import { viewOf } from '../base/index.ts';
import {
  alu64,
  alu64Imm,
  call,
  encodeInsns,
  exit,
  ldMapValue,
  load,
  R0,
  R1,
  R2,
  R3,
  R4,
  R10,
  store,
  storeImm,
} from '../bpf/index.ts';
import type { BtfId } from '../btf/index.ts';
import { createMap } from './map.ts';
import { loadProg } from './prog.ts';
import { attachTracing } from './tracing.ts';

/**
 * Whether the kernel stack that a tracing prog takes begins with the prog once. Some kernels begin with the caller of the helper, which is
 * the prog, and come across it again as they unwind. Source: arch/x86/kernel/unwind_orc.c, __unwind_start(), where `<` became `<=`.
 *
 * @param target a function that BPF_PROG_TEST_RUN calls
 * @throws KernelError
 */
export function hasSingleProgFrame(target: BtfId): boolean {
  using frames = createMap(
    { name: 'probe', type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 16, maxEntries: 1 },
    1,
  );
  using prog = loadProg({
    name: 'probe',
    type: 'BPF_PROG_TYPE_TRACING',
    expectedAttachType: 'BPF_TRACE_FENTRY',
    attachBtf: { id: target },
    license: 'GPL',
    insns: encodeInsns([
      storeImm(8, R10, -16, 0),
      storeImm(8, R10, -8, 0),
      alu64('mov', R2, R10),
      alu64Imm('add', R2, -16),
      alu64Imm('mov', R3, 16),
      alu64Imm('mov', R4, 0),
      call('get_stack'),
      ldMapValue(R1, frames.fd.raw, 0),
      load(8, R2, R10, -16),
      store(8, R1, 0, R2),
      load(8, R2, R10, -8),
      store(8, R1, 8, R2),
      alu64Imm('mov', R0, 0),
      exit(),
    ]),
  });
  using _attachment = attachTracing(prog);
  prog.testRun();
  const found = frames.lookup(new Uint8Array(4));
  if (found === undefined) throw new Error('an array without its only entry');
  const view = viewOf(found);
  return view.getBigUint64(0, true) !== view.getBigUint64(8, true);
}
