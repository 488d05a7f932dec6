import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk that is a file, 16 MiB unless told otherwise, real to the block layer. Disposing takes it away. */
export class LoopDisk implements Disposable {
  /** For example /dev/loop0. */
  readonly device: string;
  readonly #folder: string;

  /** @throws Error when this kernel has no loop devices left, or none at all. */
  constructor(mebibytes = 16) {
    // Where it is a module, nobody has asked for it yet.
    if (!existsSync('/dev/loop-control')) execFileSync('modprobe', ['loop'], { stdio: 'ignore' });
    // /dev/shm is memory everywhere, so that only this disk's requests are made by writing to it.
    this.#folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tetrace-disk-'));
    try {
      const file = join(this.#folder, 'disk');
      writeFileSync(file, '');
      truncateSync(file, mebibytes * 2 ** 20);
      this.device = execFileSync('losetup', ['-f', '--show', file], { encoding: 'utf8' }).trim();
    } catch (error) {
      rmSync(this.#folder, { recursive: true });
      throw error;
    }
  }

  [Symbol.dispose](): void {
    execFileSync('losetup', ['-d', this.device]);
    rmSync(this.#folder, { recursive: true });
  }
}
