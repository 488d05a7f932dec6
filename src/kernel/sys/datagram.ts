import { syscall } from './ffi.ts';
import { close } from './files.ts';

/** Sources: include/linux/socket.h, uapi/linux/un.h; `type` takes O_CLOEXEC as SOCK_CLOEXEC. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const UNIX_PATH_MAX = 108;

const ENAMETOOLONG = 36;

/**
 * Sends one datagram to a socket of this machine, without waiting: unix(7).
 *
 * @param address a path, or `@` and an abstract name.
 * @returns the number of bytes sent, or the negated errno.
 */
export function sendDatagram(address: string, bytes: Uint8Array): number {
  const name = Buffer.from(address);
  // An abstract name begins with a NUL, a path ends with one.
  const isAbstract = address.startsWith('@');
  if (isAbstract) name[0] = 0;
  const size = 2 + name.length + (isAbstract ? 0 : 1);
  if (size > 2 + UNIX_PATH_MAX) return -ENAMETOOLONG;
  const sockaddr = new Uint8Array(size);
  new DataView(sockaddr.buffer).setUint16(0, AF_UNIX, true);
  sockaddr.set(name, 2);
  const fd = syscall('socket', [AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0]);
  if (fd < 0) return fd;
  try {
    return syscall('sendto', [fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, sockaddr, size]);
  } finally {
    close(fd);
  }
}
