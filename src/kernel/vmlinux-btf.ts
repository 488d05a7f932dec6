import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { Btf } from '../btf/index.ts';
import { KernelError, Mapping } from './sys/index.ts';

const BTF_DIRECTORY = '/sys/kernel/btf';

/**
 * The kernel's own BTF, mapped rather than read where that works: only pages that are looked at are loaded.
 *
 * @param path another file to take it from; it must hold plain BTF.
 * @returns undefined when there is none (no file, or an empty one).
 * @throws BtfError when the file holds something else; KernelError when it cannot be read.
 */
export function openVmlinuxBtf(path = `${BTF_DIRECTORY}/vmlinux`): Btf | undefined {
  const bytes = readOrMap(path);
  return bytes === undefined || bytes.length === 0 ? undefined : Btf.parse(bytes);
}

/**
 * A module's BTF, split from `base`. Linux 5.11.
 *
 * @returns undefined when there is no such module, or it has none.
 * @throws BtfError when what the kernel shows is damaged; KernelError when it cannot be read.
 */
export function openModuleBtfTypes(module: string, base: Btf): Btf | undefined {
  if (module.includes('/') || module === 'vmlinux') return undefined;
  const bytes = readOrMap(`${BTF_DIRECTORY}/${module}`);
  return bytes === undefined || bytes.length === 0 ? undefined : Btf.parse(bytes, base);
}

/** Modules that have BTF, in alphabetical order. */
export function modulesWithBtf(): string[] {
  if (!existsSync(BTF_DIRECTORY)) return [];
  return readdirSync(BTF_DIRECTORY)
    .filter((name) => name !== 'vmlinux')
    .sort();
}

function readOrMap(path: string): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    const wrapped = KernelError.fromNode(`open ${path}`, error);
    if (wrapped.is('ENOENT', 'ENOTDIR')) return undefined;
    throw wrapped;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > 0) {
      // Linux 6.16 maps these files; older kernels refuse. The mapping is given back with the last view of it.
      return new Uint8Array(new Mapping(fd, size, { private: true }).buffer, 0, size);
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw KernelError.fromNode(`read ${path}`, error);
  } finally {
    closeSync(fd);
  }
  try {
    return readFileSync(path);
  } catch (error) {
    throw KernelError.fromNode(`read ${path}`, error);
  }
}
