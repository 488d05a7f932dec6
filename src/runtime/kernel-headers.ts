/** Header trees of a kernel that the environment names (BPFTRACE_KERNEL_SOURCE). */
import { accessSync, constants } from 'node:fs';
import type { Arch, KernelHeaders } from '../program/index.ts';

/** What the kernel calls its folders for an architecture. */
const kernelArch: Readonly<Record<Arch, string>> = { x86_64: 'x86', aarch64: 'arm64' };

/** The headers, with the folders in the order of the kernel's own build. Source: LINUXINCLUDE and USERINCLUDE in the kernel's Makefile. */
export function namedKernelHeaders(
  environment: Readonly<Record<string, string | undefined>>,
  arch: Arch,
): (KernelHeaders & { readonly dirs: readonly string[] }) | undefined {
  const source = environment['BPFTRACE_KERNEL_SOURCE'];
  if (source === undefined) return undefined;
  const build = environment['BPFTRACE_KERNEL_BUILD'] ?? source;
  const { ARCH } = environment;
  const archFolder = `arch/${ARCH ?? kernelArch[arch]}/include`;
  const kconfig = `${source}/include/linux/kconfig.h`;
  return {
    dirs: [
      `${source}/${archFolder}`,
      `${build}/${archFolder}/generated`,
      `${source}/include`,
      `${build}/include`,
      `${source}/${archFolder}/uapi`,
      `${build}/${archFolder}/generated/uapi`,
      `${source}/include/uapi`,
      `${build}/include/generated/uapi`,
    ],
    first: isReadable(kconfig) ? [kconfig] : [],
    defines: {
      ...clangMacros,
      __KERNEL__: '1',
      __BPF_TRACING__: '1',
      __HAVE_BUILTIN_BSWAP16__: '1',
      __HAVE_BUILTIN_BSWAP32__: '1',
      __HAVE_BUILTIN_BSWAP64__: '1',
      KBUILD_MODNAME: '"bpftrace"',
      ...(ARCH === undefined ? {} : { [`__TARGET_ARCH_${ARCH}`]: '1' }),
    },
  };
}

/** The kernel's headers refuse a compiler that they do not know, and ask clang for what it can do with `__has_…` alone. */
const clangMacros: Readonly<Record<string, string>> = {
  __clang__: '1',
  __clang_major__: '19',
  __clang_minor__: '1',
  __clang_patchlevel__: '0',
  __GNUC__: '4',
  __GNUC_MINOR__: '2',
  __GNUC_PATCHLEVEL__: '1',
};

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
