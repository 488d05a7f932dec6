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

/** Whether processes of the one kind can use the other's code. */
export function isSameKind(a: CodeKind, b: CodeKind): boolean {
  return a.machine === b.machine && a.elfClass === b.elfClass;
}
