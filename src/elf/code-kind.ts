import type { ElfClass } from './layouts.ts';

/** For which processes a file has code. An `ElfFile` is one. */
export interface CodeKind {
  /** EM_*. */
  readonly machine: number;
  readonly elfClass: ElfClass;
}

/** The code of 64-bit processes. Source: uapi/linux/elf-em.h. */
export const codeKinds = {
  x86_64: { machine: 62, elfClass: 64 },
  aarch64: { machine: 183, elfClass: 64 },
} as const satisfies Record<string, CodeKind>;

/** As uname(1) has them. Source: uapi/linux/elf-em.h. */
const machineNames: Readonly<Record<number, string>> = {
  3: 'i386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x86_64',
  183: 'aarch64',
  243: 'riscv',
  258: 'loongarch',
};

/** The kind in words: `x86_64`, `i386 (32 bits)`. */
export function kindText({ machine, elfClass }: CodeKind): string {
  const name = machineNames[machine] ?? `machine ${machine}`;
  return elfClass === 64 ? name : `${name} (32 bits)`;
}

/** Whether processes of the one kind can use the other's code. */
export function isSameKind(a: CodeKind, b: CodeKind): boolean {
  return a.machine === b.machine && a.elfClass === b.elfClass;
}
