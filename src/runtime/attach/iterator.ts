import { isAbsolute, join } from 'node:path';
import { attachIterator as attachLink, pinObject } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';

const BPFFS = '/sys/fs/bpf';

/** The link stays unread: the tracer walks it, or whoever reads the file it is pinned to. */
export const attachIterator: Attach<'iter'> = (probe, { prog, pid }) => {
  const link = attachLink(prog, pid === undefined ? {} : { pid });
  const [fd] = link.fds;
  try {
    if (probe.pin !== undefined && fd)
      pinObject(fd, isAbsolute(probe.pin) ? probe.pin : join(BPFFS, probe.pin));
  } catch (error) {
    link[Symbol.dispose]();
    throw error;
  }
  return { attachments: [link], places: 1 };
};
