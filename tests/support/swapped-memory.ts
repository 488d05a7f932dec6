import { execFileSync } from 'node:child_process';
import { CProgram } from './c-program.ts';
import { runProgram } from './trace-load.ts';

/** Writes a mebibyte, asks for it to be paged out until it is, and reads it again. MADV_PAGEOUT is 21. */
const source = `
  #include <string.h>
  #include <sys/mman.h>
  #include <unistd.h>
  int main(void) {
    size_t size = 1 << 20;
    volatile char *at = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char resident[256];
    int left = 256;
    memset((void *)at, 1, size);
    for (int i = 0; left > 0 && i < 100; i++, usleep(10000)) {
      if (madvise((void *)at, size, 21) || mincore((void *)at, size, resident)) return 1;
      left = 0;
      for (int page = 0; page < 256; page++) left += resident[page] & 1;
    }
    for (size_t i = 0; i < size; i += 4096) at[i];
    return left > 0 ? 2 : 0;
  }`;

/**
 * Lets a program (`program`) have pages read from a swap disk of its own; the result is its pid. The disk is compressed memory (zram), which
 * has written a page when the kernel gives it one, so that the page is really gone. Needs `zramctl`, `mkswap` and gcc.
 */
export async function readSwappedMemory(): Promise<number> {
  using victim = new CProgram(source);
  execFileSync('modprobe', ['zram'], { stdio: 'ignore' });
  const device = execFileSync('zramctl', ['--find', '--size', '16M'], { encoding: 'utf8' }).trim();
  try {
    execFileSync('mkswap', ['-q', device], { stdio: 'ignore' });
    execFileSync('swapon', [device]);
    try {
      const { pid, code } = await runProgram([victim.path]);
      if (code !== 0) throw new Error(`its pages were not swapped out: exit code ${code}`);
      return pid;
    } finally {
      execFileSync('swapoff', [device]);
    }
  } finally {
    execFileSync('zramctl', ['--reset', device]);
  }
}
