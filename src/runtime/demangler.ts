import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as bindings from 'gecko-profiler-demangle/index_bg.js';
import { BoundedCache } from '../base/index.ts';

/** What names of C++ (_Z, on some systems with more underscores) and of Rust (_R, or as those of C++) begin with. */
const mangled = /^_{1,3}[ZR]/;
/** Names remembered. */
const MAX_NAMES = 65_536;
/** Longer names are shown as they are: what they stand for can be longer still, by far. */
const MAX_NAME_LENGTH = 4096;

/** Names of C++ and Rust as they are written in the source. The library is loaded for the first mangled name. */
export class Demangler {
  readonly #known = new BoundedCache<string, string>(MAX_NAMES);
  #isLoaded = false;

  /** The name, where it is mangled; else, and when it is damaged, what was given. */
  demangle(name: string): string {
    if (!mangled.test(name) || name.length > MAX_NAME_LENGTH) return name;
    return this.#known.getOrMake(name, () => this.#ask(name));
  }

  #ask(name: string): string {
    if (!this.#isLoaded) {
      load();
      this.#isLoaded = true;
    }
    try {
      return bindings.demangle_any(name);
    } catch (error) {
      // A trap: the name made the library run out of stack or memory. Its instance is not to be used again.
      if (!(error instanceof Error && (error.name === 'RuntimeError' || error.name === 'RangeError')))
        throw error;
      this.#isLoaded = false;
      return name;
    }
  }
}

/** Half a megabyte, compiled in some 10 ms. */
function load(): void {
  const path = createRequire(import.meta.filename).resolve('gecko-profiler-demangle/index_bg.wasm');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {
    './index_bg.js': { __wbindgen_init_externref_table: bindings.__wbindgen_init_externref_table },
  });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
}
