import { bpfCall, bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import { attr, checked, pin, pinZeros } from './sys/index.ts';

/**
 * Loads BTF (of a prog or a map) into the kernel. Linux 4.18.
 *
 * @throws KernelError, with the kernel's reason as detail.
 */
export function loadBtf(btf: Uint8Array): Fd {
  const bytes = pin(btf);
  const request = { btf: bytes.address, btf_size: btf.length };
  const result = bpfResult('BPF_BTF_LOAD', attr.btfLoadAttr.encode(request), bytes);
  if (result >= 0) return new Fd(result);
  const log = pinZeros(64 * 1024);
  const withLog = attr.btfLoadAttr.encode({
    ...request,
    btf_log_buf: log.address,
    btf_log_size: log.bytes.length,
    btf_log_level: 1,
  });
  const second = bpfResult('BPF_BTF_LOAD', withLog, [bytes, log]);
  const end = log.bytes.indexOf(0);
  const reason = new TextDecoder().decode(log.bytes.subarray(0, end < 0 ? undefined : end)).trim();
  return new Fd(checked('bpf(BPF_BTF_LOAD)', second < 0 ? result : second, reason.split('\n').at(-1)));
}

/** A BTF that the kernel holds: its id, and the name of the module it describes ('vmlinux' for the kernel proper, '' for progs). */
interface KernelBtfObject {
  readonly id: number;
  readonly name: string;
  readonly isKernel: boolean;
}

/** The BTF behind a descriptor. @throws KernelError */
function btfObjectInfo(fd: Fd): KernelBtfObject {
  const name = pinZeros(64);
  const info = pin(attr.btfInfo.encode({ name: name.address, name_len: name.bytes.length }));
  const request = attr.infoAttr.encode({
    bpf_fd: fd.raw,
    info_len: attr.btfInfo.size,
    info: info.address,
  });
  bpfCall('BPF_OBJ_GET_INFO_BY_FD', request, [name, info]);
  const { id, kernel_btf } = attr.btfInfo.decode(info.bytes);
  const end = name.bytes.indexOf(0);
  return { id, name: new TextDecoder().decode(name.bytes.subarray(0, end)), isKernel: kernel_btf !== 0 };
}

/**
 * The descriptor of a module's BTF, which progs that attach to the module's functions or call its kfuncs name. Linux 5.11.
 *
 * @returns undefined when no such module has BTF. @throws KernelError
 */
export function openModuleBtf(module: string): Fd | undefined {
  let id = 0;
  for (;;) {
    const request = attr.getIdAttr.encode({ start_id: id });
    if (bpfResult('BPF_BTF_GET_NEXT_ID', request) < 0) return undefined;
    id = attr.getIdAttr.decode(request).next_id;
    const raw = bpfResult('BPF_BTF_GET_FD_BY_ID', attr.getIdAttr.encode({ start_id: id }));
    // It may be gone again already.
    if (raw < 0) continue;
    const fd = new Fd(raw);
    let isWanted = false;
    try {
      const info = btfObjectInfo(fd);
      isWanted = info.isKernel && info.name === module;
      if (isWanted) return fd;
    } finally {
      if (!isWanted) fd[Symbol.dispose]();
    }
  }
}
