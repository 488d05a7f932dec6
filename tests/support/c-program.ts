import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A C program, compiled by gcc without optimising, so that its functions are there as written. Disposing removes it. */
export class CProgram implements Disposable {
  readonly path: string;
  readonly #folder: string;

  /** @throws Error with gcc's messages when it does not compile. */
  constructor(source: string, flags: readonly string[] = []) {
    this.#folder = mkdtempSync(join(tmpdir(), 'tetrace-c-'));
    this.path = join(this.#folder, 'program');
    writeFileSync(join(this.#folder, 'program.c'), source);
    try {
      execFileSync('gcc', ['-O0', '-g', '-o', this.path, ...flags, join(this.#folder, 'program.c')], {
        stdio: 'pipe',
      });
    } catch (error) {
      rmSync(this.#folder, { recursive: true });
      throw error;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
