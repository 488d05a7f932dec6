import { binaryString, errnos } from '../../base/index.ts';
import type { Core } from '../core.ts';
import type { AddressSpace } from '../environment.ts';
import type { HelperCall } from './call.ts';

/** `any`: user addresses read the process, all others the kernel. */
type Space = AddressSpace | 'any';

/**
 * Helpers that read addresses which may not be memory: a failure is a number, the bytes asked for are zeroed, and no fault happens. The
 * prog's own memory counts as the kernel's. Source: kernel/trace/bpf_trace.c, mm/maccess.c.
 */
export const memoryCalls = {
  probe_read: (core) => core.return(probeRead(core, 'any')),
  probe_read_kernel: (core) => core.return(probeRead(core, 'kernel')),
  probe_read_user: (core) => core.return(probeRead(core, 'user')),
  probe_read_str: (core) => core.return(probeReadString(core, 'any')),
  probe_read_kernel_str: (core) => core.return(probeReadString(core, 'kernel')),
  probe_read_user_str: (core) => core.return(probeReadString(core, 'user')),
  copy_from_user: (core) => core.return(probeRead(core, 'user')),

  probe_write_user(core) {
    const size = core.size(3, 'probe_write_user');
    const from = core.locate(2, size, 'read');
    const write = core.environment.write;
    if (write === undefined) return core.return(-errnos.EPERM.number);
    const bytes = core.memory.bytes.slice(from, from + size);
    core.return(write.call(core.environment, core.value(1), bytes) ? 0 : -errnos.EFAULT.number);
  },

  /** bpf_strncmp(s1, s1 size, constant s2). */
  strncmp(core) {
    const size = core.size(2, 'strncmp');
    const at = core.locate(1, size, 'read');
    let other = 0;
    for (let index = 0; index < size; index++) {
      const a = core.memory.bytes[at + index]!;
      const b = core.memory.bytes[core.memory.locate(core.low(3) + other, core.high(3), 1, 'read')]!;
      if (a !== b) return core.return(a < b ? -1 : 1);
      if (a === 0) break;
      other++;
    }
    core.return(0);
  },

  d_path(core) {
    const size = core.size(3, 'd_path');
    const at = core.locate(2, size, 'write');
    if (size === 0) return core.return(0);
    const path = core.environment.path?.(core.value(1));
    if (path === undefined) return core.return(-errnos.EFAULT.number);
    if (path.length + 1 > size) return core.return(-errnos.ENAMETOOLONG.number);
    for (let index = 0; index < path.length; index++) core.memory.bytes[at + index] = path.charCodeAt(index);
    core.memory.bytes[at + path.length] = 0;
    core.return(path.length + 1);
  },

  this_cpu_ptr: (core) => perCpuPointer(core, core.cpu),
  per_cpu_ptr(core) {
    const cpu = core.low(2) >>> 0;
    if (cpu >= core.cpuCount) return core.return(0);
    perCpuPointer(core, cpu);
  },
} as const satisfies Record<string, HelperCall>;

function perCpuPointer(core: Core, cpu: number): void {
  const base = core.value(1);
  core.returnBig(core.environment.perCpuAddress?.(base, cpu) ?? base);
}

/** R1: where to, R2: how many bytes, R3: the address. 0, or a negative errno and zeros. */
function probeRead(core: Core, space: Space): number {
  const size = core.size(2, 'probe_read');
  const at = core.locate(1, size, 'write');
  const into = core.memory.bytes.subarray(at, at + size);
  const answer = readBytes(core, core.low(3), core.high(3), space, into);
  if (answer === size) return 0;
  into.fill(0);
  return answer < 0 ? answer : -errnos.EFAULT.number;
}

/** As probeRead, up to a NUL, which is always there in the end; the length with it. */
function probeReadString(core: Core, space: Space): number {
  const size = core.size(2, 'probe_read_str');
  const at = core.locate(1, size, 'write');
  if (size === 0) return 0;
  const buffer = core.buffer(size);
  const answer = readBytes(core, core.low(3), core.high(3), space, buffer, true);
  const end = answer <= 0 ? -1 : buffer.subarray(0, answer).indexOf(0);
  const target = core.memory.bytes.subarray(at, at + size);
  if (end >= 0) {
    target.set(buffer.subarray(0, end + 1));
    return end + 1;
  }
  if (answer === size) {
    target.set(buffer);
    target[size - 1] = 0;
    return size;
  }
  target.fill(0);
  return answer < 0 ? answer : -errnos.EFAULT.number;
}

/** Reads as much of `into` as there is at an address: the number of bytes, or a negative errno when the space has no such address. */
function readBytes(
  core: Core,
  low: number,
  high: number,
  space: Space,
  into: Uint8Array,
  isText = false,
): number {
  const region = core.memory.regionOf(high);
  if (region !== 0) {
    if (space === 'user') return -errnos.EFAULT.number;
    const available = core.memory.availableFrom(region, low);
    const length = Math.min(available, into.length);
    const from = core.memory.start(region) + (low >>> 0);
    into.set(core.memory.bytes.subarray(from, from + length));
    return length;
  }
  // A user address has its 16 upper bits clear, a kernel address has them set.
  const top = high >> 16;
  const isUser = top === 0;
  if (space === 'user' && !isUser) return -errnos.EFAULT.number;
  if (space === 'kernel' && top !== -1) return -errnos.ERANGE.number;
  if (!isUser && top !== -1) return -errnos.ERANGE.number;
  core.charge(OUTSIDE_COST);
  const address = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return core.environment.read(isUser ? 'user' : 'kernel', address, into, isText);
}

/** What a question to the environment costs, in instructions. */
const OUTSIDE_COST = 50;

/** A NUL-terminated text of at most 512 bytes, as a binary string; '' when it cannot be read. */
export function readString(core: Core, address: bigint, space: Space): string {
  const buffer = core.buffer(512);
  const low = Number(BigInt.asIntN(32, address));
  const high = Number(BigInt.asIntN(32, address >> 32n));
  const length = readBytes(core, low, high, space, buffer, true);
  if (length <= 0) return '';
  const end = buffer.subarray(0, length).indexOf(0);
  return binaryString(buffer.subarray(0, end < 0 ? length : end));
}
