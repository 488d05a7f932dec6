import { readdirSync, readFileSync } from 'node:fs';
import { Btf } from '../btf/index.ts';
import { ElfFile } from '../elf/index.ts';

const BTF_DIR = '/sys/kernel/btf';

/**
 * The kernel's BTF, read at the first question.
 *
 * `override` is the path in BPFTRACE_BTF: a BTF file or an ELF file with a .BTF section; an empty file there means "no BTF".
 */
export class KernelBtf {
  readonly #override: string | undefined;
  #vmlinux: Btf | undefined;
  #looked = false;
  readonly #modules = new Map<string, Btf | undefined>();

  constructor(override: string | undefined) {
    this.#override = override;
  }

  /** @throws BtfError when there is a file and it is damaged. */
  vmlinux(): Btf | undefined {
    if (!this.#looked) {
      this.#looked = true;
      const bytes = readBytes(this.#override ?? `${BTF_DIR}/vmlinux`);
      this.#vmlinux = bytes && parseBtf(bytes);
    }
    return this.#vmlinux;
  }

  module(name: string): Btf | undefined {
    // With a BTF file of another kernel the running modules' ids mean nothing.
    if (this.#override !== undefined || !/^[\w-]+$/.test(name) || name === 'vmlinux') return undefined;
    if (this.#modules.has(name)) return this.#modules.get(name);
    const base = this.vmlinux();
    const bytes = base && readBytes(`${BTF_DIR}/${name}`);
    const btf = bytes && bytes.length > 0 ? Btf.parse(bytes, base) : undefined;
    this.#modules.set(name, btf);
    return btf;
  }

  modules(): readonly string[] {
    if (this.#override !== undefined) return [];
    try {
      return readdirSync(BTF_DIR).filter((name) => name !== 'vmlinux');
    } catch {
      return []; // a kernel without BTF
    }
  }
}

function parseBtf(bytes: Uint8Array): Btf | undefined {
  if (bytes.length === 0) return undefined;
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45;
  if (!isElf) return Btf.parse(bytes);
  const elf = new ElfFile(bytes);
  const section = elf.section('.BTF');
  return section && Btf.parse(elf.bytesOf(section));
}

function readBytes(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
