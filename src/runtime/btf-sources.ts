import { statSync } from 'node:fs';
import { Btf } from '../btf/index.ts';
import { ElfFile } from '../elf/index.ts';
import { modulesWithBtf, openModuleBtfTypes, openVmlinuxBtf } from '../kernel/index.ts';
import { readWhole } from './plain-file.ts';

/** The kernel's BTF, opened at the first question, or a file in its place. */
export class BtfSources {
  readonly #override: { readonly btf: Btf | undefined } | undefined;
  #running: { readonly btf: Btf | undefined } | undefined;
  readonly #modules = new Map<string, Btf | undefined>();

  /**
   * @param override the path in BPFTRACE_BTF: a BTF file or an ELF file with a .BTF section; an empty file there means "no BTF".
   * @throws UnreadableBtfError for that file: whoever names one is told, whether or not the script asks for types.
   */
  constructor(override: string | undefined) {
    this.#override = override === undefined ? undefined : { btf: openOverride(override) };
  }

  /** What scripts see. */
  vmlinux(): Btf | undefined {
    return this.#override === undefined ? this.running() : this.#override.btf;
  }

  /** The running kernel's, whose ids its verifier takes. */
  running(): Btf | undefined {
    this.#running ??= { btf: openVmlinuxBtf() };
    return this.#running.btf;
  }

  /** Of a module; none with an override, which knows nothing of the running modules. */
  module(name: string): Btf | undefined {
    if (this.#override !== undefined) return undefined;
    if (!this.#modules.has(name)) {
      const base = this.running();
      this.#modules.set(name, base && openModuleBtfTypes(name, base));
    }
    return this.#modules.get(name);
  }

  modules(): readonly string[] {
    return this.#override === undefined ? modulesWithBtf() : [];
  }
}

/** The file of BPFTRACE_BTF is absent, unreadable or no BTF. */
export class UnreadableBtfError extends Error {}

function openOverride(path: string): Btf | undefined {
  try {
    return readOverride(path);
  } catch (cause) {
    throw new UnreadableBtfError(`BTF: failed to parse BTF from ${path}`, { cause });
  }
}

function readOverride(path: string): Btf | undefined {
  if (statSync(path).size === 0) return undefined;
  const { bytes } = readWhole(path);
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45;
  if (!isElf) return Btf.parse(bytes);
  const elf = new ElfFile(bytes);
  const section = elf.section('.BTF');
  return section && Btf.parse(elf.bytesOf(section));
}
