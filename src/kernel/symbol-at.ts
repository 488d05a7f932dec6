/** What a kernel address lies in. */
export interface SymbolAt {
  readonly name: string;
  /** Bytes from its start. */
  readonly offset: bigint;
  /** Absent for the kernel proper; `bpf` for progs and trampolines. */
  readonly module?: string;
}

/** Who knows the symbols that addresses lie in. */
export interface KernelSymbols extends Partial<Disposable> {
  /** @returns undefined for an address without a symbol. @throws KernelError */
  byAddress(address: bigint): SymbolAt | undefined;
}
