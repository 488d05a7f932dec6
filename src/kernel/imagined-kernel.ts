import { readSync } from 'node:fs';
import { ByteWriter, errnos } from '../base/index.ts';
import { type BpfCommand, bpfCommands, mapTypes } from '../bpf/index.ts';
import { attr, callInstead, type Ffi, pageSize, readInstead, syscallNumbers } from './sys/index.ts';

/** Outside what a process may map, so that a real call that meets one later changes nothing. */
const FIRST_ADDRESS = 2 ** 47;
/** Larger than any descriptor that is open. */
const FIRST_FD = 1 << 20;

/** Commands that make something, and give a descriptor of it. */
const making: readonly BpfCommand[] = [
  'BPF_MAP_CREATE',
  'BPF_PROG_LOAD',
  'BPF_BTF_LOAD',
  'BPF_LINK_CREATE',
  'BPF_RAW_TRACEPOINT_OPEN',
];
/** They come to an end at once; a batch had as many entries as there was room for, all zeros. */
const ending: readonly BpfCommand[] = ['BPF_MAP_LOOKUP_BATCH', 'BPF_MAP_GET_NEXT_KEY'];

/**
 * Until it is disposed of, a kernel that is nowhere answers the system calls: it has and takes everything. No probe ever fires in it; a ring buffer
 * holds one record of each number, all zeros. For running what speaks to a kernel where there is none, or none that may be touched.
 */
export function imagineKernel(): Disposable {
  const parts = [callInstead(imaginedCalls()), readInstead((path) => Buffer.from(files[path] ?? '1\n'))];
  return {
    [Symbol.dispose]() {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}

const files: Readonly<Record<string, string>> = { '/proc/kallsyms': 'ffffffff81000000 T vfs_read\n' };

/** What is in a ring buffer's file from its second page on: see RingBuffer. A script has fewer records, and the last of them ends it. */
function ringBytes(): Uint8Array {
  const record = { count: 32, size: 64 };
  const pages = new ByteWriter();
  pages.u64(BigInt(record.count * (8 + record.size))).bytes(new Uint8Array(pageSize() - 8));
  for (let number = 0; number < record.count; number++) {
    pages
      .u32(record.size)
      .u32(0)
      .u32(number)
      .bytes(new Uint8Array(record.size - 4));
  }
  return pages.finish();
}

function imaginedCalls(): Ffi {
  const numbers = syscallNumbers('x64');
  const ring = ringBytes();
  const memory = new Map<bigint, Uint8Array>();
  let nextFd = FIRST_FD;
  let nextAddress = FIRST_ADDRESS;
  let errno = 0;

  const fail = (code: number): number => {
    errno = code;
    return -1;
  };
  const place = (bytes: Uint8Array): number => {
    nextAddress += bytes.length + 1;
    memory.set(BigInt(nextAddress), bytes);
    return nextAddress;
  };
  const answerBpf = (command: number, request: Uint8Array | undefined): number => {
    const isOneOf = (names: readonly BpfCommand[]): boolean =>
      names.some((name) => bpfCommands[name] === command);
    if (isOneOf(ending)) return fail(errnos.ENOENT.number);
    if (!isOneOf(making)) return 0;
    if (isOneOf(['BPF_MAP_CREATE']) && request !== undefined) {
      // That is how one asks whether there are such maps.
      const { map_type, value_size } = attr.mapCreateAttr.decode(request);
      if (map_type === mapTypes.BPF_MAP_TYPE_CGRP_STORAGE && value_size > 0xffff)
        return fail(errnos.E2BIG.number);
    }
    if (isOneOf(['BPF_LINK_CREATE']) && request !== undefined) {
      // That is how one asks whether there are such links.
      const { addrs } = attr.linkCreateParts.kprobe_multi.decode(request);
      if (addrs !== 0n && !memory.has(addrs)) return fail(errnos.EFAULT.number);
    }
    return nextFd++;
  };
  const answer = (number: number | bigint, ...args: (number | bigint)[]): number => {
    const [first, second, , , fd, offset] = args.map(Number) as (number | undefined)[];
    switch (number) {
      case numbers.bpf:
        return answerBpf(first ?? 0, memory.get(BigInt(second ?? 0)));
      case numbers.perf_event_open:
      case numbers.epoll_create1:
      case numbers.eventfd2:
        return nextFd++;
      case numbers.mmap: {
        const mapped = new Uint8Array(second ?? 0);
        // A file that is not of this kernel.
        if (fd !== undefined && fd >= 0 && fd < FIRST_FD) {
          readSync(fd, mapped, { position: offset ?? 0 });
          return place(mapped);
        }
        if (offset !== undefined && offset > 0)
          mapped.set(ring.subarray(offset - pageSize()).subarray(0, second));
        return place(mapped);
      }
      default:
        return 0;
    }
  };
  const async: Ffi['syscall']['async'] = (...args) => {
    const done = args.at(-1);
    if (typeof done === 'function') setImmediate(done, undefined, 0);
  };
  return {
    numbers,
    syscall: Object.assign(answer, { async }),
    native: {
      address: (bytes) => BigInt(place(bytes)),
      view: (address, length) => memory.get(BigInt(address))?.buffer.slice(0, length) as ArrayBuffer,
      errno: () => errno,
    },
  };
}
