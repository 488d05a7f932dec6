import { closeSync, openSync } from 'node:fs';
import { ByteWriter } from '../base/index.ts';
import { systemErrorText } from './system-error.ts';
import { OutputError, writeWhole } from './write-whole.ts';

/** Nanosecond timestamps. Source: pcap-savefile(5). */
const PCAP_NANOSECOND_MAGIC = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const SNAP_LENGTH = 65535;

/** A capture file of Ethernet packets, truncated when it is opened. */
export class PcapFile implements Disposable {
  #fd: number;
  readonly #what: string;

  /** @throws OutputError when the file cannot be made or written, as `append` does. */
  constructor(path: string) {
    this.#what = `"${path}"`;
    this.#fd = openNew(path);
    const header = new ByteWriter(24)
      .u32(PCAP_NANOSECOND_MAGIC)
      .u16(2)
      .u16(4)
      .u32(0)
      .u32(0)
      .u32(SNAP_LENGTH)
      .u32(LINKTYPE_ETHERNET);
    try {
      writeWhole(this.#fd, header.finish(), this.#what);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** `originalLength`: how long the packet was on the wire, when less of it was captured. */
  append(unixNs: bigint, data: Uint8Array, originalLength: number): void {
    const record = new ByteWriter(16 + data.length)
      .u32(Number((unixNs / 1_000_000_000n) & 0xffff_ffffn))
      .u32(Number(unixNs % 1_000_000_000n))
      .u32(data.length)
      .u32(originalLength)
      .bytes(data);
    writeWhole(this.#fd, record.finish(), this.#what);
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new OutputError(`Failed to open "${path}" for packets: ${systemErrorText(error)}`, {
      cause: error,
    });
  }
}
