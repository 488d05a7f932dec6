import { u32 } from '../base/index.ts';
import { type BpfCommand, progTypes } from '../bpf/index.ts';
import { Btf, BtfError } from '../btf/index.ts';
import { bpfCall, bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import { bpfObjectIds } from './object-ids.ts';
import { attr, isKernelError, pin, pinZeros } from './sys/index.ts';

/** A BPF prog that is loaded, whoever did it, with BTF: its functions can be traced. */
interface LoadedProg {
  readonly id: number;
  /** Traces BPF progs or kernel functions itself; trampolines stand on such progs only once, if at all. */
  readonly isTracing: boolean;
  readonly btf: Btf;
  /** Ids of its functions in that BTF; the prog itself is the first. */
  readonly functions: readonly number[];
}

/** More than a prog can have. Source: include/linux/bpf_verifier.h, BPF_MAX_SUBPROGS (256), with room. */
const MAX_FUNCTIONS = 4096;

/** The progs that are loaded now and have BTF, by id. None where they may not be looked at. @throws KernelError */
export function loadedProgs(): LoadedProg[] {
  let ids: readonly number[];
  try {
    ids = bpfObjectIds('prog');
  } catch (error) {
    if (isKernelError(error, 'EPERM', 'EINVAL')) return [];
    throw error;
  }
  return ids.flatMap((id) => loadedProg(id) ?? []);
}

/** The descriptor of a prog; undefined when it is gone. */
export function openProg(id: number): Fd | undefined {
  return openById('BPF_PROG_GET_FD_BY_ID', id);
}

/** One prog that is loaded; undefined when it has no BTF, or is gone. @throws KernelError */
export function loadedProg(id: number): LoadedProg | undefined {
  using fd = openProg(id);
  if (!fd) return undefined;
  const plain = progInfoOf(fd, {});
  if (plain.btf_id === 0 || plain.nr_func_info === 0 || plain.nr_func_info > MAX_FUNCTIONS) return undefined;
  const btf = progBtf(plain.btf_id);
  if (!btf) return undefined;
  const recordSize = plain.func_info_rec_size;
  const records = pinZeros(plain.nr_func_info * recordSize);
  const asked = {
    nr_func_info: plain.nr_func_info,
    func_info_rec_size: recordSize,
    func_info: records.address,
  };
  const { nr_func_info: count } = progInfoOf(fd, asked, records);
  const view = new DataView(records.bytes.buffer, records.bytes.byteOffset, records.bytes.byteLength);
  // struct bpf_func_info: where it begins, and its type.
  const functions = Array.from({ length: Math.min(count, plain.nr_func_info) }, (_unused, index) =>
    view.getUint32(index * recordSize + u32.size, true),
  );
  const isTracing =
    plain.type === progTypes.BPF_PROG_TYPE_TRACING || plain.type === progTypes.BPF_PROG_TYPE_EXT;
  return { id, isTracing, btf, functions };
}

function openById(command: BpfCommand, id: number): Fd | undefined {
  const raw = bpfResult(command, attr.getIdAttr.encode({ start_id: id }));
  return raw < 0 ? undefined : new Fd(raw);
}

function progInfoOf(
  fd: Fd,
  asked: Parameters<typeof attr.progInfo.encode>[0],
  held?: unknown,
): ReturnType<typeof attr.progInfo.decode> {
  const info = pin(attr.progInfo.encode(asked));
  const request = { bpf_fd: fd.raw, info_len: attr.progInfo.size, info: info.address };
  bpfCall('BPF_OBJ_GET_INFO_BY_FD', attr.infoAttr.encode(request), [info, held]);
  return attr.progInfo.decode(info.bytes);
}

/** undefined: it is gone, or damaged. */
function progBtf(id: number): Btf | undefined {
  using fd = openById('BPF_BTF_GET_FD_BY_ID', id);
  if (!fd) return undefined;
  const ask = (info: ReturnType<typeof pin>, held?: unknown): number => {
    const request = { bpf_fd: fd.raw, info_len: attr.btfInfo.size, info: info.address };
    bpfCall('BPF_OBJ_GET_INFO_BY_FD', attr.infoAttr.encode(request), [info, held]);
    return attr.btfInfo.decode(info.bytes).btf_size;
  };
  const bytes = pinZeros(ask(pin(attr.btfInfo.encode({}))));
  ask(pin(attr.btfInfo.encode({ btf: bytes.address, btf_size: bytes.bytes.length })), bytes);
  try {
    return Btf.parse(bytes.bytes);
  } catch (error) {
    if (error instanceof BtfError) return undefined;
    throw error;
  }
}
