import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CProgram } from './c-program.ts';
import {
  conversation,
  inFolder,
  numberOf,
  onOwnDisk,
  refusedConnection,
  sendOnUnixSocket,
  writeDirectly,
} from './loads.ts';
import { LoopDisk } from './loop-disk.ts';
import { type Need, program } from './needs.ts';
import { countOf, histogramTotal, row } from './output-patterns.ts';
import { projectRoot } from './paths.ts';
import { runTetrace, startTetrace } from './run-tetrace.ts';
import { TmuxSession } from './tmux.ts';
import { interrupt, runProgram, traceLoad, waitForAttached } from './trace-load.ts';

/**
 * Scripts of our own that together use every construct that bpftrace's tools use, each with something that makes it print, and the truth
 * about that. They are the same on every kernel that has what they need.
 */
export interface OwnScript {
  /** In tests/scripts. */
  readonly file: string;
  readonly needs: readonly Need[];
  /** Runs it and asserts what it printed. */
  readonly check: (script: string) => Promise<void>;
}

/** A script's path; also of those that take parameters. */
export function scriptPath(file: string): string {
  return join(projectRoot, 'tests', 'scripts', file);
}

export const ownScripts: readonly OwnScript[] = [
  {
    file: 'path-opens.bt',
    needs: [],
    check: async (script) => {
      await inFolder(async (folder) => {
        writeFileSync(join(folder, 'there'), '');
        const argv = ['cat', 'there', 'missing', '/etc/hostname'];
        const plain = await traceLoad([script], async (tracer) => {
          const { pid } = await runProgram(argv, { cwd: folder });
          await tracer.waitFor(row(`${pid} cat 3 0 ${folder}/there`));
          await tracer.waitFor(row(`${pid} cat -1 2 ${folder}/missing`));
          await tracer.waitFor(row(`${pid} cat 3 0 /etc/hostname`));
        });
        assert.match(plain.stdout, row('PID COMM FD ERROR PATH'));
        await traceLoad([script, '--', '--words', '--depth=9'], async (tracer) => {
          const { pid } = await runProgram(argv, { cwd: folder });
          await tracer.waitFor(row(`${pid} cat -1 No such file or directory ${folder}/missing`));
        });
      });
    },
  },
  {
    file: 'signals.bt',
    needs: [],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        const { pid } = await runProgram([
          'sh',
          '-c',
          `kill -0 ${process.pid}; kill -URG 4194303; kill -HUP $$`,
        ]);
        await tracer.waitFor(row(`<time> ${pid} sh (a test) ${process.pid} 0`));
        await tracer.waitFor(row(`<time> ${pid} sh 23 4194303 -3`));
        await tracer.waitFor(row(`<time> ${pid} sh HUP ${pid} 0`));
      });
    },
  },
  {
    file: 'starts.bt',
    needs: [],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        const { pid } = await runProgram(['env', 'true', 'two words', '3']);
        await tracer.waitFor(row(`<time> ${pid} ${process.pid} env true two words 3`));
        await tracer.waitFor(row(`<time> ${pid} ${process.pid} true two words 3`));
      });
    },
  },
  {
    file: 'naps.bt',
    needs: [],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        const { pid } = await runProgram(['sleep', '0.25']);
        const comm = readFileSync('/proc/self/comm', 'utf8').trim();
        await tracer.waitFor(row(`${process.pid} ${comm} ${pid} sleep 0.250`));
      });
    },
  },
  {
    file: 'load.bt',
    needs: ['all kernel symbols'],
    check: async (script) => {
      await traceLoad([script, '100'], async (tracer) => {
        const [, ...shown] = await tracer.waitFor(/^\d\d:\d\d:\d\d (\d+\.\d{3}) (\d+\.\d{3}) (\d+\.\d{3})$/m);
        const real = readFileSync('/proc/loadavg', 'utf8').split(' ');
        // The kernel changes them every five seconds, by at most a twelfth of the difference to what runs now.
        for (const [index, value] of shown.entries()) {
          assert.ok(Math.abs(Number(value) - Number(real[index])) < 0.5, `${shown} and ${real}`);
        }
      });
    },
  },
  {
    file: 'calls-by-name.bt',
    needs: [program('dd')],
    check: async (script) => {
      // The whole machine's calls count; the command sees to it that its own stand out.
      const command = 'dd if=/dev/zero of=/dev/null bs=1 count=50000 status=none';
      const named = await runTetrace([script, '-c', command, '--', '--names']);
      assert.match(named.stdout, /^Calls by name\n(?:@by_name\[\w+\]: \d+\n){5}Calls by program$/m);
      assert.ok(countOf(named.stdout, '@by_name[write]') >= 50_000, named.stdout);
      assert.ok(countOf(named.stdout, '@by_name[read]') >= 50_000, named.stdout);
      const numbered = await runTetrace([script, '-c', command]);
      assert.ok(countOf(numbered.stdout, '@by_number[0]') >= 50_000, numbered.stdout);
      assert.ok(countOf(numbered.stdout, '@by_number[1]') >= 50_000, numbered.stdout);
      const calls = countOf(numbered.stdout, '@by_program[dd]');
      assert.ok(calls >= 100_000 && calls < 100_500, numbered.stdout);
    },
  },
  {
    file: 'wait-for-cpu.bt',
    needs: [],
    check: async (script) => {
      const { stdout } = await traceLoad([script], async () => {
        await runProgram(['sleep', '0.05']);
      });
      assert.ok(histogramTotal(stdout, '@us') > 0, stdout);
    },
  },
  {
    file: 'queue-length.bt',
    needs: [],
    check: async (script) => {
      const { stdout } = await traceLoad([script], async () => {
        await runProgram(['sh', '-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done']);
      });
      const samples = histogramTotal(stdout, '@waiting');
      assert.ok(samples > 0, stdout);
      assert.equal(histogramTotal(stdout, '@processor'), samples);
    },
  },
  {
    file: 'disk-requests.bt',
    needs: [program('losetup')],
    check: async (script) => {
      const { stdout } = await traceLoad([script], async (tracer) => {
        using disk = new LoopDisk();
        const { pid } = await runProgram(writeDirectly(disk.device, 4));
        const wanted = row(`\\d+ 7 ${numberOf(disk.device)} dd ${pid} \\d+`);
        await tracer.waitFor(new RegExp(`(?:${wanted.source}\\s*){4}`, 'm'));
      });
      assert.ok(histogramTotal(stdout, '@bytes[dd]') >= 4, stdout);
      // The stack that made the request ends where the system call came in.
      assert.match(stdout, /^@us\[\n(?: {8}\S+\n)+ {8}entry_SYSCALL_64_after_hwframe\+\d+\n\]:\n\[/m);
    },
  },
  {
    file: 'bio-latency.bt',
    needs: [program('losetup')],
    check: async (script) => {
      let wanted = /never/;
      const { stdout } = await traceLoad([script], async () => {
        using disk = new LoopDisk();
        await runProgram(writeDirectly(disk.device, 8));
        wanted = new RegExp(`^@devices\\[7, ${numberOf(disk.device)}\\]: (\\d+)$`, 'm');
      });
      const requests = Number(wanted.exec(stdout)?.[1]);
      assert.ok(requests >= 8, stdout);
      assert.ok(histogramTotal(stdout, '@us') >= requests, stdout);
    },
  },
  {
    file: 'host-lookups.bt',
    needs: [program('getent')],
    check: async (script) => {
      const { stdout } = await traceLoad([script], async (tracer) => {
        const byName = await runProgram(['getent', 'ahosts', 'localhost']);
        await tracer.waitFor(row(`<time> ${byName.pid} getent \\d+ localhost`));
        const byAddress = await runProgram(['getent', 'hosts', '127.0.0.1']);
        await tracer.waitFor(row(`<time> ${byAddress.pid} getent \\d+ 127.0.0.1`));
      });
      assert.match(stdout, /^@slowest: \d+$/m);
    },
  },
  {
    file: 'function-latency.bt',
    needs: [program('gcc')],
    check: async (script) => {
      // It stays until its symbols have been read.
      using victim = new CProgram(`
        #include <unistd.h>
        int work_well(int x) { usleep(25000); return x; }
        int work_badly(int x) { usleep(1000); return x - x; }
        int main(void) {
          char c;
          for (int i = 1; i <= 3; i++) work_well(i);
          work_badly(1);
          while (read(0, &c, 1) > 0) {}
          return 0;
        }`);
      using tracer = startTetrace([script, victim.path], { timeoutMs: 120_000 });
      await waitForAttached(tracer);
      const child = spawn(victim.path, { stdio: ['pipe', 'ignore', 'ignore'] });
      await tracer.waitFor(/^work_badly +\d+ ms after the start, returned 0$/m);
      const { stdout } = await interrupt(tracer);
      child.stdin.end();
      for (const returned of [1, 2, 3]) {
        assert.match(stdout, new RegExp(`^work_well +\\d+ ms after the start, returned ${returned}$`, 'm'));
      }
      assert.equal(histogramTotal(stdout, '@good[work_well]'), 3);
      assert.equal(histogramTotal(stdout, '@bad[work_badly]'), 1);
      const [, average, total] =
        /^@good_stats\[work_well\]: \{ \.count = 3, \.average = (\d+), \.total = (\d+) \}$/m.exec(stdout) ??
        [];
      assert.ok(Number(average) >= 25_000, stdout);
      assert.equal(Number(average), Math.trunc(Number(total) / 3));
      assert.match(stdout, /^@bad_stats\[work_badly\]: \{ \.count = 1, /m);
    },
  },
  {
    file: 'new-threads.bt',
    needs: [program('gcc')],
    check: async (script) => {
      using victim = new CProgram(
        `
        #include <pthread.h>
        #include <unistd.h>
        static void *begin_here(void *x) { return x; }
        int main(void) {
          pthread_t t; char c;
          pthread_create(&t, 0, begin_here, 0);
          pthread_join(t, 0);
          while (read(0, &c, 1) > 0) {}
          return 0;
        }`,
        ['-pthread'],
      );
      await traceLoad([script], async (tracer) => {
        // It stays until its symbols have been read.
        const child = spawn(victim.path, { stdio: ['pipe', 'ignore', 'ignore'] });
        try {
          await tracer.waitFor(row(`<time> ${child.pid} program begin_here`));
        } finally {
          child.stdin.end();
        }
      });
    },
  },
  {
    file: 'lines-read.bt',
    needs: [program('tmux'), program('bash')],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        using terminal = new TmuxSession(['bash', '--norc', '--noprofile'], { env: { PS1: 'ready> ' } });
        await terminal.waitForScreen(/^ready>/m);
        terminal.sendText('echo "typed words"');
        terminal.sendKeys('Enter');
        await tracer.waitFor(row(`<time> ${terminal.pid()} echo "typed words"`));
      });
    },
  },
  {
    file: 'user-changes.bt',
    needs: [program('setpriv')],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        const simple = await runProgram(['true'], { uid: 65534 });
        await tracer.waitFor(row(`${simple.pid} \\S+ 0 setuid(65534) = 0`));
        const triple = await runProgram(['setpriv', '--reuid=65533', '--clear-groups', 'true']);
        await tracer.waitFor(row(`${triple.pid} setpriv 0 setresuid(65533, 65533, 65533) = 0`));
      });
    },
  },
  {
    file: 'stat-calls.bt',
    needs: [],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        const fileSystem = await runProgram(['stat', '-f', '/proc']);
        await tracer.waitFor(row(`${fileSystem.pid} stat 0 /proc`));
        const missing = await runProgram(['stat', '/missing/file']);
        await tracer.waitFor(row(`${missing.pid} stat 2 /missing/file`));
      });
    },
  },
  {
    file: 'sync-calls.bt',
    needs: [],
    check: async (script) => {
      await inFolder(async (folder) => {
        const file = join(folder, 'file');
        writeFileSync(file, 'x');
        await traceLoad([script], async (tracer) => {
          const whole = await runProgram(['sync', file]);
          await tracer.waitFor(row(`<time> ${whole.pid} sync tracepoint:syscalls:sys_enter_fsync`));
          const data = await runProgram(['sync', '-d', file]);
          await tracer.waitFor(row(`<time> ${data.pid} sync tracepoint:syscalls:sys_enter_fdatasync`));
        });
      });
    },
  },
  {
    file: 'writeback-time.bt',
    needs: [program('losetup'), program('mkfs.ext4')],
    check: async (script) => {
      await onOwnDisk(async (folder, device) => {
        await traceLoad([script], async (tracer) => {
          writeFileSync(join(folder, 'file'), 'x'.repeat(100_000));
          await runProgram(['sync', '-f', folder]);
          await tracer.waitFor(row(`<time> 7:${numberOf(device)} \\d+ sync \\d+.\\d{3}`));
        });
      });
    },
  },
  {
    file: 'dropped-packets.bt',
    needs: [],
    check: async (script) => {
      const { stdout } = await traceLoad([script], async (tracer) => {
        await refusedConnection('127.0.0.1');
        await tracer.waitFor(/^.* 127\.0\.0\.1 -> 127\.0\.0\.1 +no socket +\n\n/m);
      });
      assert.match(stdout, /^ {8}tcp_v4_rcv\+\d+$/m);
    },
  },
  {
    file: 'forks.bt',
    needs: [],
    check: async (script) => {
      await traceLoad([script, '100'], async (tracer) => {
        await runProgram(['true']);
        await tracer.waitFor(
          new RegExp(
            `^\\d\\d:\\d\\d:\\d\\d new processes: @: \\d+\\n(?:@by\\[.*\\n)*@by\\[.*, ${process.pid}\\]: 1$`,
            'm',
          ),
        );
      });
    },
  },
  {
    file: 'where-it-runs.bt',
    needs: [],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        await runProgram(['true']);
        const [, path = ''] = await tracer.waitFor(
          /^true runs in control group \d+ \((.*)\)\n\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+\/\d+ \d+$/m,
        );
        const mounted = readFileSync('/proc/self/mounts', 'utf8').includes(' cgroup2 ');
        assert.equal(path.includes('unified:/'), mounted, path);
      });
    },
  },
  {
    file: 'tcp-life.bt',
    needs: ['kprobe'],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        const { port, from } = await conversation();
        // Bytes that came in, and one for the end.
        await tracer.waitFor(row(`\\d+ \\S+ 127.0.0.1 ${from} 127.0.0.1 ${port} \\d+ 8 \\d+`));
        await tracer.waitFor(row(`\\d+ \\S+ 127.0.0.1 ${port} 127.0.0.1 ${from} \\d+ 6 \\d+`));
      });
    },
  },
  {
    file: 'accepted.bt',
    needs: ['kprobe'],
    check: async (script) => {
      const { stdout } = await traceLoad([script], async (tracer) => {
        const { port, from } = await conversation();
        await tracer.waitFor(row(`\\S+ 127.0.0.1:${port} from 127.0.0.1:${from}`));
      });
      // Node.js listens with a backlog of 511.
      assert.ok(histogramTotal(stdout, '@queued[511]') > 0, stdout);
    },
  },
  {
    file: 'socket-messages.bt',
    needs: ['kprobe'],
    check: async (script) => {
      await inFolder(async (folder) => {
        // Pipes between Node.js and its children are such sockets too: what is printed goes to a file, or it would be news again.
        const output = join(folder, 'output');
        await traceLoad([script, '-o', output], () => sendOnUnixSocket(join(folder, 'socket'), 'hello\x01'));
        assert.match(readFileSync(output, 'latin1'), row(`\\S+ ${process.pid} 6 hello\\\\x01`));
      });
    },
  },
  {
    file: 'vfs-calls.bt',
    needs: ['kprobe', program('dd')],
    check: async (script) => {
      const { stdout } = await runTetrace(
        [script, '-c', 'dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none'],
        { timeoutMs: 120_000 },
      );
      for (const name of ['vfs_write', 'vfs_read']) {
        const calls = countOf(stdout, `@[${name}]`);
        assert.ok(calls >= 1000 && calls < 3000, stdout);
      }
      assert.ok(countOf(stdout, '@[vfs_open]') > 0, stdout);
    },
  },
  {
    file: 'names-looked-up.bt',
    needs: ['kprobe'],
    check: async (script) => {
      await inFolder(async (folder) => {
        await traceLoad([script], async (tracer) => {
          const { pid } = await runProgram(['cat', join(folder, 'missing')]);
          await tracer.waitFor(row(`${pid} cat on the way: tmp/\\S+/missing`));
          await tracer.waitFor(row(`${pid} cat looked up: missing`));
        });
      });
    },
  },
  {
    file: 'capability-checks.bt',
    needs: ['kprobe', program('chroot')],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        const { pid } = await runProgram(['chroot', '/', 'true']);
        await tracer.waitFor(row(`<time> 0 ${pid} chroot 18 CAP_SYS_CHROOT \\d+`));
      });
    },
  },
  {
    file: 'file-latency.bt',
    needs: ['kprobe', program('dd')],
    check: async (script) => {
      const { stdout } = await runTetrace(
        [script, '-c', 'dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none'],
        { timeoutMs: 120_000 },
      );
      assert.ok(histogramTotal(stdout, '@us[vfs_write]') >= 1000, stdout);
      assert.ok(histogramTotal(stdout, '@us[vfs_read]') >= 1000, stdout);
    },
  },
  {
    file: 'disk-names.bt',
    needs: ['kprobe', program('losetup')],
    check: async (script) => {
      await traceLoad([script], async (tracer) => {
        using disk = new LoopDisk();
        const { pid } = await runProgram(writeDirectly(disk.device, 1));
        await tracer.waitFor(row(`<time> ${pid} dd ${disk.device.slice('/dev/'.length)}`));
      });
    },
  },
];
