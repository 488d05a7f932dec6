import { attachIterator as attachLink, pinObject } from '../../kernel/index.ts';
import type { Attach } from './attach.ts';

/** The link stays unread: the tracer walks it, or whoever reads the file it is pinned to. */
export const attachIterator: Attach<'iter'> = (probe, { prog, pid }) => {
  const link = attachLink(prog, pid === undefined ? {} : { pid });
  const [fd] = link.fds;
  try {
    if (probe.pin !== undefined && fd) pinObject(fd, probe.pin);
  } catch (error) {
    link[Symbol.dispose]();
    throw error;
  }
  return { attachments: [link], places: 1 };
};
