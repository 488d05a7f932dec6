import { errnos } from '../base/index.ts';
import { attachTypes } from '../bpf/index.ts';
import { Attachment } from './attachment.ts';
import { bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import { openPerfEvent, type PerfEventAttr, type PerfScope } from './perf-event.ts';
import type { Prog } from './prog.ts';
import { attr, checked, ioctl, isKernelError, KernelError, perfIoctls } from './sys/index.ts';

/**
 * Attaches a prog to an open perf event and switches the event on: by a BPF link (Linux 5.15), else by PERF_EVENT_IOC_SET_BPF.
 *
 * Takes over `event`: it is closed when attaching fails and when the attachment is disposed of.
 *
 * @param cookie what bpf_get_attach_cookie() returns; needs a link.
 * @throws KernelError
 */
export function attachToPerfEvent(event: Fd, prog: Prog, cookie = 0n): Attachment {
  const fds = [event];
  try {
    const request = attr.linkCreateAttr.encode({
      prog_fd: prog.fd.raw,
      target_fd: event.raw,
      attach_type: attachTypes.BPF_PERF_EVENT,
    });
    attr.linkCreateParts.perf_event.encodeInto(request, 0, { bpf_cookie: cookie });
    const link = bpfResult('BPF_LINK_CREATE', request);
    if (link >= 0) {
      fds.push(new Fd(link));
    } else if (link === -errnos.EINVAL.number) {
      if (cookie !== 0n) {
        throw new KernelError('bpf(BPF_LINK_CREATE)', -link, { detail: 'attach cookies need Linux 5.15' });
      }
      checked(
        'ioctl(PERF_EVENT_IOC_SET_BPF)',
        ioctl(event.raw, perfIoctls.PERF_EVENT_IOC_SET_BPF, prog.fd.raw),
      );
    } else {
      throw new KernelError('bpf(BPF_LINK_CREATE)', -link, { detail: 'a link on a perf event' });
    }
    checked('ioctl(PERF_EVENT_IOC_ENABLE)', ioctl(event.raw, perfIoctls.PERF_EVENT_IOC_ENABLE));
    return new Attachment(fds, link >= 0 ? [event] : []);
  } catch (error) {
    new Attachment(fds)[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens the same perf event in each of these scopes and attaches a prog to it. Threads that have ended are left out.
 *
 * @throws KernelError: ESRCH when all of them have ended. `what` names the event in its text; nothing stays open then.
 */
export function attachToPerfEvents(
  prog: Prog,
  fields: PerfEventAttr,
  scopes: readonly PerfScope[],
  what: string,
): Attachment {
  const fds: Fd[] = [];
  const linkedEvents: Fd[] = [];
  let gone: KernelError | undefined;
  try {
    for (const scope of scopes) {
      const where = scope.cpu === -1 ? '' : ` on CPU ${scope.cpu}`;
      try {
        const one = attachToPerfEvent(openPerfEvent(fields, scope, what + where), prog);
        fds.push(...one.fds);
        linkedEvents.push(...one.linkedEvents);
      } catch (error) {
        if (!isKernelError(error, 'ESRCH')) throw error;
        gone = error;
      }
    }
    if (gone !== undefined && fds.length === 0) throw gone;
    return new Attachment(fds, linkedEvents);
  } catch (error) {
    new Attachment(fds)[Symbol.dispose]();
    throw error;
  }
}
