import { execFileSync } from 'node:child_process';
import { LoopDisk } from './loop-disk.ts';

/** A disk of the md driver, /dev/md7: a mirror of one. Disposing takes it away. Needs `losetup` and `mdadm`. */
export class RaidDisk implements Disposable {
  readonly device = '/dev/md7';
  readonly #disk = new LoopDisk();

  constructor() {
    try {
      const kind = ['--level=1', '--force', '--raid-devices=1'];
      execFileSync('mdadm', ['--build', this.device, ...kind, this.#disk.device], { stdio: 'ignore' });
    } catch (error) {
      this.#disk[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    execFileSync('mdadm', ['--stop', this.device], { stdio: 'ignore' });
    this.#disk[Symbol.dispose]();
  }
}
