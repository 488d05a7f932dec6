import { countSlots, encodeInsns, type Insn, operationOf, type ProgType } from '../../src/bpf/index.ts';
import { buildProgBtf } from '../../src/btf/index.ts';
import { loadBtf, loadProg, type Prog } from '../../src/kernel/index.ts';

/** Loads instructions that nothing has to be put into any more. @throws ProgLoadError when the verifier refuses. */
export function loadRawProg(insns: readonly Insn[], type: ProgType): Prog {
  // The kernel follows callbacks only in progs with BTF.
  const funcs = funcStarts(insns).map((insn) => ({
    name: `func${insn}`,
    insn,
    params: [],
    linkage: 'static' as const,
  }));
  const btf = buildProgBtf(funcs, []);
  using fd = loadBtf(btf.btf);
  return loadProg({
    type,
    insns: encodeInsns(insns),
    license: 'GPL',
    isSleepable: type === 'BPF_PROG_TYPE_SYSCALL',
    btf: { fd, funcInfo: btf.funcInfo, lineInfo: btf.lineInfo },
  });
}

const PSEUDO_FUNC = 4;

/** Slots at which functions start: 0, and what calls and addresses of functions point to. */
function funcStarts(insns: readonly Insn[]): number[] {
  const starts = new Set([0]);
  let next = 0;
  for (const insn of insns) {
    next += countSlots([insn]);
    const operation = operationOf(insn);
    if (operation?.kind === 'call-subprog') starts.add(next + operation.off);
    if (operation?.kind === 'ld-imm64' && operation.pseudo === PSEUDO_FUNC)
      starts.add(next - 1 + Number(BigInt.asIntN(32, operation.value)));
  }
  return [...starts].sort((a, b) => a - b);
}
