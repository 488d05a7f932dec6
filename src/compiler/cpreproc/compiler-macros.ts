import type { Arch } from '../../program/index.ts';

/** Sizes in bytes, and what `<stddef.h>` and `<stdint.h>` build their types of, on 64-bit Linux. Source: the System V ABI supplements. */
const lp64: Readonly<Record<string, string>> = {
  __LP64__: '1',
  _LP64: '1',
  __CHAR_BIT__: '8',
  __SIZEOF_SHORT__: '2',
  __SIZEOF_INT__: '4',
  __SIZEOF_LONG__: '8',
  __SIZEOF_LONG_LONG__: '8',
  __SIZEOF_POINTER__: '8',
  __SIZEOF_SIZE_T__: '8',
  __SIZE_TYPE__: 'unsigned long',
  __PTRDIFF_TYPE__: 'long',
  __WCHAR_TYPE__: 'int',
  __WINT_TYPE__: 'unsigned int',
  __INTPTR_TYPE__: 'long',
  __UINTPTR_TYPE__: 'unsigned long',
  __INTMAX_TYPE__: 'long',
  __UINTMAX_TYPE__: 'unsigned long',
  __INT8_TYPE__: 'signed char',
  __INT16_TYPE__: 'short',
  __INT32_TYPE__: 'int',
  __INT64_TYPE__: 'long',
  __UINT8_TYPE__: 'unsigned char',
  __UINT16_TYPE__: 'unsigned short',
  __UINT32_TYPE__: 'unsigned int',
  __UINT64_TYPE__: 'unsigned long',
  __SCHAR_MAX__: '127',
  __SHRT_MAX__: '32767',
  __INT_MAX__: '2147483647',
  __LONG_MAX__: '9223372036854775807L',
  __LONG_LONG_MAX__: '9223372036854775807LL',
};

const common: Readonly<Record<string, string>> = {
  __STDC__: '1',
  __STDC_HOSTED__: '1',
  __STDC_VERSION__: '201710L',
  __linux__: '1',
  __unix__: '1',
  __ELF__: '1',
  __ORDER_LITTLE_ENDIAN__: '1234',
  __ORDER_BIG_ENDIAN__: '4321',
  __BYTE_ORDER__: '1234',
  ...lp64,
};

const byArch: Readonly<Record<Arch, Readonly<Record<string, string>>>> = {
  x86_64: { __x86_64__: '1', __x86_64: '1' },
  aarch64: { __aarch64__: '1' },
};

/**
 * The macros that headers expect a C compiler to define. Those of a particular compiler are not among them: headers then do
 * without attributes, built-in functions and assembler.
 */
export function compilerMacros(arch: Arch): Readonly<Record<string, string>> {
  return { ...common, ...byArch[arch] };
}
