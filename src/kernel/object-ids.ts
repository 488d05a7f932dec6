import { errnos } from '../base/index.ts';
import type { BpfCommand } from '../bpf/index.ts';
import { bpfResult } from './bpf-call.ts';
import { attr, KernelError } from './sys/index.ts';

const nextIdCommands = {
  prog: 'BPF_PROG_GET_NEXT_ID',
  map: 'BPF_MAP_GET_NEXT_ID',
  /** Linux 5.8. */
  link: 'BPF_LINK_GET_NEXT_ID',
} as const satisfies Record<string, BpfCommand>;

/** What the kernel numbers. */
export type BpfObjectKind = keyof typeof nextIdCommands;

/** The ids of all BPF objects of a kind that the kernel has now, ascending. @throws KernelError without CAP_SYS_ADMIN */
export function bpfObjectIds(kind: BpfObjectKind): number[] {
  const ids: number[] = [];
  for (let id = 0; ; ) {
    const request = attr.getIdAttr.encode({ start_id: id });
    const result = bpfResult(nextIdCommands[kind], request);
    if (result === -errnos.ENOENT.number) return ids;
    if (result < 0) throw new KernelError(`bpf(${nextIdCommands[kind]})`, -result);
    id = attr.getIdAttr.decode(request).next_id;
    ids.push(id);
  }
}
