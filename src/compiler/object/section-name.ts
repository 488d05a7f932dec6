/** The section that tells libbpf what type a prog is of. Source: tools/lib/bpf/libbpf.c, section_defs. */
import type { Prog } from '../../program/index.ts';

const plain: Readonly<Partial<Record<Prog['type'], string>>> = {
  BPF_PROG_TYPE_KPROBE: 'kprobe',
  BPF_PROG_TYPE_TRACEPOINT: 'tracepoint',
  BPF_PROG_TYPE_RAW_TRACEPOINT: 'raw_tp',
  BPF_PROG_TYPE_PERF_EVENT: 'perf_event',
  BPF_PROG_TYPE_XDP: 'xdp',
  BPF_PROG_TYPE_SYSCALL: 'syscall',
};

/** Attach types with a section name of their own, and what the names in BTF of what they attach to begin with. */
const byAttachType: Readonly<Record<string, { readonly section: string; readonly prefix: string }>> = {
  BPF_TRACE_KPROBE_MULTI: { section: 'kprobe.multi', prefix: '' },
  BPF_TRACE_KPROBE_SESSION: { section: 'kprobe.session', prefix: '' },
  BPF_TRACE_UPROBE_MULTI: { section: 'uprobe.multi', prefix: '' },
  BPF_TRACE_UPROBE_SESSION: { section: 'uprobe.session', prefix: '' },
  BPF_TRACE_FENTRY: { section: 'fentry', prefix: '' },
  BPF_TRACE_FEXIT: { section: 'fexit', prefix: '' },
  BPF_TRACE_RAW_TP: { section: 'tp_btf', prefix: 'btf_trace_' },
  BPF_TRACE_ITER: { section: 'iter', prefix: 'bpf_iter_' },
};

export function sectionName(prog: Prog): string {
  const row = prog.expectedAttachType === undefined ? undefined : byAttachType[prog.expectedAttachType];
  const section = row?.section ?? plain[prog.type] ?? prog.type;
  const sleepable = prog.sleepable ? '.s' : '';
  if (!prog.attachBtf) return section + sleepable;
  const { name } = prog.attachBtf;
  const prefix = row?.prefix ?? '';
  return `${section}${sleepable}/${name.startsWith(prefix) ? name.slice(prefix.length) : name}`;
}
