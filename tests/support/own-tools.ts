import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CProgram } from './c-program.ts';
import { CrowdedServer } from './crowded-server.ts';
import { conversation, inFolder, numberOf, writeDirectly } from './loads.ts';
import { LoopDisk } from './loop-disk.ts';
import { exhaustMemory } from './memory-limit.ts';
import { missingNeed, type Need, program } from './needs.ts';
import { countOf, histogramTotal, row } from './output-patterns.ts';
import { type RunningTetrace, type RunResult, runTetrace, startTetrace } from './run-tetrace.ts';
import { secretConversation } from './secret-conversation.ts';
import { TmuxSession } from './tmux.ts';
import { interrupt, runProgram, waitForAttached } from './trace-load.ts';

/** A tool that comes along, with loads that know what they do: its rows have to tell that. */
export interface OwnTool {
  readonly needs: readonly Need[];
  readonly check: () => Promise<void>;
}

/** Runs a tool around a load, until it is ended as by Ctrl-C. It may not warn about anything. */
async function trace(
  words: readonly string[],
  load: (tracer: RunningTetrace) => Promise<void>,
): Promise<RunResult> {
  using tracer = startTetrace(['tools', ...words], { timeoutMs: 120_000 });
  if (words.includes('json')) await tracer.waitFor(/^\{"type": "attached_probes"/m);
  else await waitForAttached(tracer);
  await load(tracer);
  const result = await interrupt(tracer);
  assert.doesNotMatch(result.stderr, /WARNING|ERROR/);
  return result;
}

/** The rows of `-f json`, as objects. */
function rowsOf({ stdout }: RunResult): readonly Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly type: string; readonly data: Record<string, unknown> })
    .filter(({ type }) => type === 'value')
    .map(({ data }) => data);
}

/** An object of `-f json` that has these values among its own. */
function jsonRow(values: Readonly<Record<string, unknown>>): RegExp {
  const parts = Object.entries(values).map(
    ([name, value]) => `(?=.*"${name}": ${JSON.stringify(value)}[,}])`,
  );
  return new RegExp(`^\\{"type": "value"${parts.join('')}.*$`, 'm');
}

/** Uses a processor for a moment. */
const computing = ['sh', '-c', 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done'];

/** Tools by name. */
export const ownTools: Readonly<Record<string, OwnTool>> = {
  opensnoop: {
    needs: [],
    check: () =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, 'there'), '');
        const argv = ['cat', 'there', 'missing', '/etc/hostname'];
        const plain = await trace(['opensnoop'], async (tracer) => {
          const { pid } = await runProgram(argv, { cwd: folder });
          await tracer.waitFor(row(`${pid} cat 3 0 there`));
          await tracer.waitFor(row(`${pid} cat -1 2 missing`));
          await tracer.waitFor(row(`${pid} cat 3 0 /etc/hostname`));
        });
        assert.match(plain.stdout, row('PID COMM FD ERR PATH'));
        let pid = 0;
        const words = ['opensnoop', '--failed', '--comm=cat', '--timestamp'];
        const failed = await trace(words, async (tracer) => {
          ({ pid } = await runProgram(argv, { cwd: folder }));
          await tracer.waitFor(row(`<time> ${pid} cat -1 2 missing`));
        });
        assert.doesNotMatch(failed.stdout, / cat +\d/);
        const objects = await trace(['opensnoop', '-f', 'json', '--comm', 'cat'], async (tracer) => {
          ({ pid } = await runProgram(argv, { cwd: folder }));
          await tracer.waitFor(jsonRow({ pid, path: '/etc/hostname' }));
        });
        const [missing] = rowsOf(objects).filter((found) => found['path'] === 'missing');
        assert.deepEqual(
          { ...missing, time: '' },
          { time: '', pid, comm: 'cat', fd: -1, err: 2, path: 'missing' },
        );
      }),
  },
  execsnoop: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['execsnoop'], async (tracer) => {
        const { pid } = await runProgram(['env', 'true', 'two words', '3']);
        await tracer.waitFor(row(`env ${pid} ${process.pid} 0 env true two words 3`));
        await tracer.waitFor(row(`true ${pid} ${process.pid} 0 true two words 3`));
      });
      assert.match(stdout, row('PCOMM PID PPID RET ARGS'));
      const words = ['execsnoop', '--failed', `--ppid=${process.pid}`, '-f', 'json'];
      const objects = await trace(words, async (tracer) => {
        const { pid } = await runProgram(['env', '/missing/program']);
        await tracer.waitFor(jsonRow({ pcomm: 'env', pid, ret: -2, args: '/missing/program' }));
      });
      for (const { ppid } of rowsOf(objects)) assert.equal(ppid, process.pid);
    },
  },
  exitsnoop: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['exitsnoop'], async (tracer) => {
        const good = await runProgram(['sleep', '0.05']);
        await tracer.waitFor(row(`sleep ${good.pid} ${process.pid} ${good.pid} \\d+.\\d\\d 0`));
        const bad = await runProgram(['sh', '-c', 'exit 3']);
        await tracer.waitFor(row(`sh ${bad.pid} ${process.pid} ${bad.pid} \\d+.\\d\\d code 3`));
        const killed = await runProgram(['sh', '-c', 'kill -9 $$']);
        await tracer.waitFor(
          row(`sh ${killed.pid} ${process.pid} ${killed.pid} \\d+.\\d\\d signal 9 (Killed)`),
        );
      });
      assert.match(stdout, row('PCOMM PID PPID TID AGE(s) EXIT_CODE'));
      const objects = await trace(['exitsnoop', '-f', 'json', '--failed', '--comm=sh'], async (tracer) => {
        await runProgram(['sh', '-c', 'true']);
        const { pid } = await runProgram(['sh', '-c', 'sleep 0.2; exit 7']);
        await tracer.waitFor(jsonRow({ pid, code: 7, signal: 0 }));
      });
      const rows = rowsOf(objects).filter(({ ppid }) => ppid === process.pid);
      assert.equal(rows.length, 1);
      assert.ok(Number(rows[0]?.['age_ms']) >= 200);
    },
  },
  killsnoop: {
    needs: [],
    check: async () => {
      const load = ['sh', '-c', `kill -0 ${process.pid}; kill -URG 4194303; kill -HUP $$`];
      const { stdout } = await trace(['killsnoop'], async (tracer) => {
        const { pid } = await runProgram(load);
        await tracer.waitFor(row(`<time> ${pid} sh 0 ${process.pid} 0`));
        await tracer.waitFor(row(`<time> ${pid} sh 23 4194303 -3`));
        await tracer.waitFor(row(`<time> ${pid} sh 1 ${pid} 0`));
      });
      assert.match(stdout, row('TIME PID COMM SIG TPID RESULT'));
      const objects = await trace(['killsnoop', '-f', 'json', '--signal=23'], async (tracer) => {
        const { pid } = await runProgram(load);
        await tracer.waitFor(jsonRow({ pid, comm: 'sh', sig: 23, tpid: 4194303, result: -3 }));
      });
      for (const { sig } of rowsOf(objects)) assert.equal(sig, 23);
    },
  },
  syscount: {
    needs: [program('dd')],
    check: async () => {
      const load = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=5000', 'status=none'];
      const { stdout } = await trace(['syscount', '--comm=dd', '--latency'], async () => {
        await runProgram(load);
      });
      for (const name of ['read', 'write']) {
        const calls = countOf(stdout, `@calls[${name}]`);
        assert.ok(calls >= 5000 && calls < 5100, stdout);
        assert.ok(countOf(stdout, `@calls_us[${name}]`) > 0, stdout);
      }
      let pid = 0;
      const byProcess = await trace(['syscount', '--process', '--all', '-f', 'json'], async () => {
        ({ pid } = await runProgram(load));
      });
      const [, calls = ''] = new RegExp(`"${pid},dd": (\\d+)`).exec(byProcess.stdout) ?? [];
      assert.ok(Number(calls) >= 10_000 && Number(calls) < 10_500, byProcess.stdout);
    },
  },
  biolatency: {
    needs: [program('losetup')],
    check: async () => {
      let disk = '';
      const { stdout } = await trace(['biolatency', '--disks'], async () => {
        using loop = new LoopDisk();
        disk = numberOf(loop.device);
        await runProgram(writeDirectly(loop.device, 8));
      });
      assert.ok(histogramTotal(stdout, `@disk_usecs[7, ${disk}]`) >= 8, stdout);
      // It ends by itself.
      const interval = await runTetrace(['tools', 'biolatency', '--queued', '--milliseconds', '1', '1']);
      assert.equal(interval.code, 0, interval.stderr);
      assert.match(interval.stdout, /^\d\d:\d\d:\d\d$/m);
    },
  },
  biosnoop: {
    needs: [program('losetup')],
    check: async () => {
      const { stdout } = await trace(['biosnoop'], async (tracer) => {
        using disk = new LoopDisk();
        const { pid } = await runProgram(writeDirectly(disk.device, 3));
        for (const sector of [0, 128, 256]) {
          const columns = `\\d+.\\d{6} dd ${pid} 7,${numberOf(disk.device)} WS? ${sector} 65536 \\d+.\\d{3}`;
          await tracer.waitFor(row(columns));
        }
      });
      assert.match(stdout, row('TIME(s) COMM PID DISK T SECTOR BYTES LAT(ms)'));
      await trace(['biosnoop', '--queue', '-f', 'json', '--comm=dd'], async (tracer) => {
        using disk = new LoopDisk();
        const { pid } = await runProgram(writeDirectly(disk.device, 1));
        const minor = Number(numberOf(disk.device));
        await tracer.waitFor(jsonRow({ comm: 'dd', pid, major: 7, minor, sector: 0, bytes: 65536 }));
      });
    },
  },
  runqlat: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['runqlat'], async () => {
        await runProgram(['sleep', '0.05']);
      });
      assert.ok(histogramTotal(stdout, '@usecs') > 0, stdout);
      // One process alone: it is woken ten times, and begins once.
      const sleeper = spawn('sh', ['-c', 'read go; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.02; done'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const pid = sleeper.pid ?? 0;
      const one = await trace(['runqlat', '--pids', '--pid', String(pid), '--milliseconds'], async () => {
        sleeper.stdin.end('go\n');
        await new Promise((resolve) => sleeper.on('exit', resolve));
      });
      assert.ok(histogramTotal(one.stdout, `@process_msecs[${pid}]`) >= 10, one.stdout);
      assert.equal([...one.stdout.matchAll(/^@process_msecs/gm)].length, 1);
    },
  },
  runqlen: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['runqlen'], async () => {
        // Four at once on fewer processors, or on as many: there is something to be seen, and most often somebody waits.
        await Promise.all([1, 2, 3, 4].map(() => runProgram(computing)));
      });
      assert.ok(histogramTotal(stdout, '@runqlen') > 0, stdout);
      const byCpu = await runTetrace(['tools', 'runqlen', '--cpus', '1', '2']);
      assert.equal(byCpu.code, 0, byCpu.stderr);
      assert.equal([...byCpu.stdout.matchAll(/^\d\d:\d\d:\d\d$/gm)].length, 2);
      assert.ok(/^@cpu_runqlen\[\d+\]:$/m.test(byCpu.stdout), byCpu.stdout);
    },
  },
  profile: {
    needs: [program('gcc')],
    check: async () => {
      using victim = new CProgram(
        `
        #include <time.h>
        static volatile unsigned long sum;
        static void spin_here(void) { for (int i = 0; i < 1000000; i++) sum += i; }
        static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
        int main(void) { double start = now(); while (now() - start < 1) spin_here(); return 0; }`,
        ['-fno-omit-frame-pointer'],
      );
      const { stdout } = await trace(['profile', '--user', '--comm=program'], async () => {
        await runProgram([victim.path]);
      });
      // It has gone by the time its symbols are asked for, unless they were remembered.
      assert.match(stdout, /^@user\[\n(?: {8}\S+\n)+, program\]: \d+$/m);
      const ended = await runTetrace(['tools', 'profile', '--idle', '--kernel', '1']);
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stdout, /^@kernel\[/m);
    },
  },
  offcputime: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['offcputime', '--comm=sleep', '--kernel'], async () => {
        await runProgram(['sleep', '0.25']);
      });
      const stacks = [...stdout.matchAll(/^@kernel\[\n((?: {8}\S+\n)+), sleep\]: (\d+)$/gm)];
      const [, , us = ''] = stacks.find(([, stack = '']) => stack.includes('do_nanosleep')) ?? [];
      assert.ok(Number(us) >= 250_000 && Number(us) < 60_000_000, stdout);
    },
  },
  tcpconnect: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['tcpconnect'], async (tracer) => {
        const { port } = await conversation();
        await tracer.waitFor(row(`${process.pid} \\S+ 4 127.0.0.1 127.0.0.1 ${port}`));
      });
      assert.match(stdout, row('PID COMM IP SADDR DADDR DPORT'));
      const words = ['tcpconnect', '-f', 'json', '-p', String(process.pid)];
      await trace(words, async (tracer) => {
        const { port } = await conversation();
        await tracer.waitFor(jsonRow({ pid: process.pid, ip: 4, daddr: '127.0.0.1', dport: port }));
      });
    },
  },
  tcpaccept: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['tcpaccept'], async (tracer) => {
        const { port, from } = await conversation();
        await tracer.waitFor(row(`${process.pid} \\S+ 4 127.0.0.1 ${from} 127.0.0.1 ${port}`));
      });
      assert.match(stdout, row('PID COMM IP RADDR RPORT LADDR LPORT'));
      await trace(['tcpaccept', '-f', 'json'], async (tracer) => {
        const { port, from } = await conversation();
        await tracer.waitFor(jsonRow({ pid: process.pid, ip: 4, rport: from, lport: port }));
      });
    },
  },
  tcplife: {
    needs: [],
    check: async () => {
      const { stdout } = await trace(['tcplife', '--bytes'], async (tracer) => {
        const { port, from } = await conversation();
        // Five bytes there and seven back, and one for the end that came in or was acknowledged.
        await tracer.waitFor(
          row(`${process.pid} \\S+ 127.0.0.1 ${from} 127.0.0.1 ${port} [67] 8 \\d+.\\d\\d`),
        );
        await tracer.waitFor(row(`${process.pid} \\S+ 127.0.0.1 ${port} 127.0.0.1 ${from} 8 6 \\d+.\\d\\d`));
      });
      assert.match(stdout, row('PID COMM LADDR LPORT RADDR RPORT TX_B RX_B MS'));
      const kilobytes = await trace(['tcplife'], async (tracer) => {
        const { port, from } = await conversation();
        await tracer.waitFor(row(`${process.pid} \\S+ 127.0.0.1 ${from} 127.0.0.1 ${port} 0 0 \\d+.\\d\\d`));
      });
      assert.match(kilobytes.stdout, row('PID COMM LADDR LPORT RADDR RPORT TX_KB RX_KB MS'));
    },
  },
  tcpretrans: {
    needs: [program('gcc')],
    check: async () => {
      using server = new CrowdedServer();
      const { stdout } = await trace(['tcpretrans'], async (tracer) => {
        const port = await server.start();
        await tracer.waitFor(row(`<time> \\d+ 4 127.0.0.1:\\d+ R> 127.0.0.1:${port} SYN_SENT`));
      });
      assert.match(stdout, row('TIME PID IP LADDR:LPORT T> RADDR:RPORT STATE'));
    },
  },
  gethostlatency: {
    needs: [program('getent')],
    check: async () => {
      const { stdout } = await trace(['gethostlatency'], async (tracer) => {
        const { pid } = await runProgram(['getent', 'ahosts', 'localhost']);
        await tracer.waitFor(row(`<time> ${pid} getent \\d+.\\d{3} localhost`));
      });
      assert.match(stdout, row('TIME PID COMM LATms HOST'));
      await trace(['gethostlatency', '-f', 'json', '--comm=getent'], async (tracer) => {
        const { pid } = await runProgram(['getent', 'ahosts', 'localhost']);
        await tracer.waitFor(jsonRow({ pid, comm: 'getent', host: 'localhost' }));
      });
    },
  },
  bashreadline: {
    needs: [program('tmux'), program('bash')],
    check: async () => {
      const { stdout } = await trace(['bashreadline'], async (tracer) => {
        using terminal = new TmuxSession(['bash', '--norc', '--noprofile'], { env: { PS1: 'ready> ' } });
        await terminal.waitForScreen(/^ready>/m);
        terminal.sendText('echo "typed words"');
        terminal.sendKeys('Enter');
        await tracer.waitFor(row(`<time> ${terminal.pid()} echo "typed words"`));
      });
      assert.match(stdout, row('TIME PID COMMAND'));
    },
  },
  sslsnoop: {
    needs: [program('openssl'), { library: 'libssl.so' }],
    check: async () => {
      const { stdout } = await trace(['sslsnoop', '--comm=openssl'], async (tracer) => {
        const client = await secretConversation('one secret');
        await tracer.waitFor(
          row(
            `WRITE/SEND \\d+.\\d{6} openssl ${client} 11\n----- DATA -----\none secret\\\\x0a\n----- END DATA -----`,
          ),
        );
        await tracer.waitFor(
          row(
            `READ/RECV \\d+.\\d{6} openssl ${client} 11\n----- DATA -----\nterces eno\\\\x0a\n----- END DATA -----`,
          ),
        );
      });
      assert.match(stdout, row('FUNC TIME(s) COMM PID LEN'));
      const objects = await trace(['sslsnoop', '--no-data', '-f', 'json'], async (tracer) => {
        const client = await secretConversation('another');
        await tracer.waitFor(jsonRow({ func: 'READ/RECV', pid: client, len: 8 }));
      });
      for (const found of rowsOf(objects)) assert.ok(!('data' in found));
    },
  },
  oomkill: {
    needs: ['memory limits'],
    check: async () => {
      const { stdout } = await trace(['oomkill'], async (tracer) => {
        const pid = await exhaustMemory();
        await tracer.waitFor(
          row(`<time> sh ${pid} sh ${pid} \\d+.\\d\\d \\d+.\\d\\d \\d+.\\d\\d \\d+/\\d+ \\d+`),
        );
      });
      assert.match(stdout, row('TIME FCOMM FPID TCOMM TPID LOADAVG'));
    },
  },
  nodegc: {
    needs: [program('node')],
    check: async () => {
      const load = ['node', '--expose-gc', '-e', 'for (let i = 0; i < 3; i++) gc(); gc({ type: "minor" })'];
      const { stdout } = await trace(['nodegc'], async (tracer) => {
        const { pid } = await runProgram(load);
        await tracer.waitFor(row(`<time> ${pid} node scavenge \\d+.\\d{3} [^\\n]*`));
        const full = row(`<time> ${pid} node mark-compact \\d+.\\d{3} [^\\n]*`).source;
        await tracer.waitFor(new RegExp(`(?:${full}\\s*){3}`, 'm'));
      });
      assert.match(stdout, row('TIME PID COMM TYPE MS REASON'));
      const histogram = await trace(['nodegc', '--histogram'], async () => {
        await runProgram(load);
      });
      assert.ok(histogramTotal(histogram.stdout, '@usecs[mark-compact]') >= 3, histogram.stdout);
    },
  },
  funclatency: {
    needs: [program('gcc')],
    check: async () => {
      using victim = new CProgram(`
        #include <unistd.h>
        void take_a_while(int depth) { if (depth > 1) take_a_while(depth - 1); else usleep(20000); }
        int main(void) { take_a_while(3); return 0; }`);
      const words = ['funclatency', `${victim.path}:take_*`, '--milliseconds'];
      const { stdout } = await trace(words, async () => {
        await runProgram([victim.path]);
      });
      // Each call of the three took the 20 ms that the innermost slept.
      const name = `@user_msecs[uretprobe:${victim.path}:take_a_while]`;
      assert.equal(histogramTotal(stdout, name), 3, stdout);
      assert.doesNotMatch(stdout, /^\[(?:0|1|2, 4|4, 8|8, 16)[\])] /m);
      if (missingNeed('kprobe') !== undefined) return;
      const kernel = await trace(['funclatency', 'vfs_read', '--comm=dd'], async () => {
        await runProgram(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=100', 'status=none']);
      });
      const calls = histogramTotal(kernel.stdout, '@nsecs[vfs_read]');
      assert.ok(calls >= 100 && calls < 120, kernel.stdout);
    },
  },
  capable: {
    needs: ['kprobe', program('chroot')],
    check: async () => {
      const { stdout } = await trace(['capable', '--comm=chroot'], async (tracer) => {
        const { pid } = await runProgram(['chroot', '/', 'true']);
        await tracer.waitFor(row(`<time> 0 ${pid} chroot 18 CAP_SYS_CHROOT 1`));
      });
      assert.match(stdout, row('TIME UID PID COMM CAP NAME AUDIT'));
      await trace(['capable', '--cap=18', '-f', 'json'], async (tracer) => {
        const { pid } = await runProgram(['chroot', '/', 'true']);
        await tracer.waitFor(
          jsonRow({ uid: 0, pid, comm: 'chroot', cap: 18, name: 'CAP_SYS_CHROOT', audit: 1 }),
        );
      });
    },
  },
  vfsstat: {
    needs: ['kprobe', program('dd')],
    check: async () => {
      const words = ['vfsstat', '--comm=dd', '-f', 'json', '--interval=2'];
      const objects = await trace(words, async (tracer) => {
        await runProgram(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=3000', 'status=none']);
        const lines = tracer.stdout().split('"reads"').length;
        await tracer.waitFor(new RegExp(`(?:"reads"[^]*){${lines}}`));
      });
      const rows = rowsOf(objects);
      for (const name of ['reads', 'writes']) {
        // Per second, over intervals of two; each of them may lose a half.
        const calls = 2 * rows.reduce((sum, found) => sum + Number(found[name]), 0);
        assert.ok(calls >= 2980 && calls < 3100, objects.stdout);
      }
      const text = await runTetrace(['tools', 'vfsstat', '1', '1']);
      assert.match(text.stdout, row('TIME READ/s WRITE/s FSYNC/s OPEN/s CREATE/s'));
      assert.match(text.stdout, row('<time> \\d+ \\d+ \\d+ \\d+ \\d+'));
    },
  },
  cachestat: {
    needs: ['kprobe', program('losetup')],
    check: async () => {
      const objects = await trace(['cachestat', '-f', 'json'], async (tracer) => {
        using disk = new LoopDisk();
        // The first time its pages come from the disk, later they are there.
        for (let round = 0; round < 4; round++) {
          await runProgram(['dd', `if=${disk.device}`, 'of=/dev/null', 'bs=4k', 'count=1024', 'status=none']);
        }
        const lines = tracer.stdout().split('"hits"').length;
        await tracer.waitFor(new RegExp(`(?:"hits"[^]*){${lines}}`));
      });
      const rows = rowsOf(objects);
      const sum = (name: string): number => rows.reduce((total, found) => total + Number(found[name]), 0);
      // Later kernels keep several pages as one and count them as one.
      assert.ok(sum('misses') >= 8, objects.stdout);
      assert.ok(sum('hits') >= 1000, objects.stdout);
      const text = await runTetrace(['tools', 'cachestat', '1', '1']);
      assert.match(text.stdout, row('TIME HITS MISSES DIRTIES HITRATIO'));
      assert.match(text.stdout, row('<time> \\d+ \\d+ \\d+ \\d+.\\d\\d%'));
    },
  },
};
