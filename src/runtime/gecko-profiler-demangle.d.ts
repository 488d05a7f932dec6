/** The glue around the package's WebAssembly module; its own types cover the entry for bundlers only. */
declare module 'gecko-profiler-demangle/index_bg.js' {
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
  export function __wbindgen_init_externref_table(): void;
  /** A mangled name of C++ or Rust as it is written; other texts may come out as anything. */
  export function demangle_any(name: string): string;
}
