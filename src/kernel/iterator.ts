import { errnos } from '../base/index.ts';
import { attachTypes } from '../bpf/index.ts';
import { Attachment } from './attachment.ts';
import { bpfCall } from './bpf-call.ts';
import { Fd } from './fd.ts';
import type { Prog } from './prog.ts';
import { attr, checked, pin, pinText, read } from './sys/index.ts';

/**
 * Makes the link of an iterator prog (expected attach type BPF_TRACE_ITER). Linux 5.8.
 *
 * @param options.map the map to walk, for iterators over map elements.
 * @param options.pid only the tasks of this process, for iterators over tasks (Linux 6.1).
 * @throws KernelError
 */
export function attachIterator(
  prog: Prog,
  options: { readonly map?: Fd; readonly pid?: number } = {},
): Attachment {
  const request = attr.linkCreateAttr.encode({
    prog_fd: prog.fd.raw,
    attach_type: attachTypes.BPF_TRACE_ITER,
  });
  let info: ReturnType<typeof pin> | undefined;
  if (options.map !== undefined || options.pid !== undefined) {
    // union bpf_iter_link_info: u32 map_fd; or u32 tid, pid, pid_fd.
    const bytes = new Uint8Array(new ArrayBuffer(16));
    const view = new DataView(bytes.buffer);
    if (options.map !== undefined) view.setUint32(0, options.map.raw, true);
    else if (options.pid !== undefined) view.setUint32(4, options.pid, true);
    info = pin(bytes);
    attr.linkCreateParts.iter.encodeInto(request, 0, {
      iter_info: info.address,
      iter_info_len: bytes.length,
    });
  }
  return new Attachment([new Fd(bpfCall('BPF_LINK_CREATE', request, info))]);
}

/**
 * Walks an iterator once: the bytes its prog writes with bpf_seq_write(), in pieces, until the end. Each piece is a copy.
 *
 * @throws KernelError
 */
export function* readIterator(link: Attachment): Generator<Uint8Array> {
  const linkFd = link.fds[0];
  if (linkFd === undefined) throw new Error('an iterator link has one descriptor');
  using walk = new Fd(bpfCall('BPF_ITER_CREATE', attr.iterCreateAttr.encode({ link_fd: linkFd.raw })));
  const piece = new Uint8Array(new ArrayBuffer(64 * 1024));
  for (;;) {
    const count = read(walk.raw, piece);
    // The kernel pauses after many objects without output, and asks to be read again.
    if (count === -errnos.EAGAIN.number || count === -errnos.EINTR.number) continue;
    if (checked('read(iterator)', count) === 0) return;
    yield piece.slice(0, count);
  }
}

/** Keeps a link (or map, or prog) under a path of the BPF file system, beyond the life of this process. @throws KernelError */
export function pinObject(fd: Fd, path: string): void {
  const pinned = pinText(path);
  bpfCall('BPF_OBJ_PIN', attr.objAttr.encode({ pathname: pinned.address, bpf_fd: fd.raw }), pinned);
}
