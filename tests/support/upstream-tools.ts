import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { CProgram } from './c-program.ts';
import { CrowdedServer } from './crowded-server.ts';
import {
  conversation,
  droppedConnection,
  inFolder,
  numberOf,
  onOwnDisk,
  sendOnUnixSocket,
  writeDirectly,
} from './loads.ts';
import { LoopDisk } from './loop-disk.ts';
import { exhaustMemory } from './memory-limit.ts';
import { missingNeed, type Need, program } from './needs.ts';
import { countOf, histogramTotal, row } from './output-patterns.ts';
import { RaidDisk } from './raid-disk.ts';
import { type RunningTetrace, type RunResult, startTetrace } from './run-tetrace.ts';
import { secretConversation } from './secret-conversation.ts';
import { readSwappedMemory } from './swapped-memory.ts';
import { TmuxSession } from './tmux.ts';
import { interrupt, runProgram, waitForAttached } from './trace-load.ts';

/** A tool of bpftrace's repository, with what makes it print rows and the truth about them. */
export interface UpstreamTool {
  readonly needs?: readonly Need[];
  /** Kernels on which it cannot compile, and why; upstream's own cannot either. */
  readonly unfit?: () => string | undefined;
  /** Made before the tool starts, for example a kernel module that its probes are in. */
  readonly prepare?: () => void;
  /** Lets it print to a file; `load` then cannot wait for rows. */
  readonly toFile?: boolean;
  /** Given to the script. */
  readonly words?: readonly string[];
  /** Makes things happen while the tool runs, and waits for the rows that tell. */
  readonly load?: (tracer: RunningTetrace) => Promise<void>;
  /** Looks at everything that was printed. */
  readonly atEnd?: (stdout: string) => void;
}

const loadModule = (name: string): void => {
  execFileSync('modprobe', [name], { stdio: 'ignore' });
};

/** All 39, by the name of their file without `.bt`. */
export const upstreamTools: Readonly<Record<string, UpstreamTool>> = {
  bashreadline: {
    needs: [program('tmux'), program('bash')],
    load: async (tracer) => {
      using terminal = new TmuxSession(['bash', '--norc', '--noprofile'], { env: { PS1: 'ready> ' } });
      await terminal.waitForScreen(/^ready>/m);
      terminal.sendText('echo "typed words"');
      terminal.sendKeys('Enter');
      await tracer.waitFor(row(`<time> ${terminal.pid()} echo "typed words"`));
    },
  },
  biolatency: {
    needs: [program('losetup')],
    load: () => writeToDisk(8),
    atEnd: (stdout) => assert.ok(histogramTotal(stdout, '@usecs') >= 8, stdout),
  },
  // Newer kernels have made these functions part of others; without any it ends by itself.
  'biolatency-kp': release().startsWith('5.10.')
    ? {
        needs: [program('losetup')],
        load: () => writeToDisk(8),
        atEnd: (stdout) => assert.ok(histogramTotal(stdout, '@usecs') >= 8, stdout),
      }
    : {},
  biosnoop: {
    needs: [program('losetup')],
    load: async (tracer) => {
      using disk = new LoopDisk();
      const { pid } = await runProgram(writeDirectly(disk.device, 3));
      await tracer.waitFor(row(`\\d+ 7 ${numberOf(disk.device)} dd ${pid} \\d+`));
    },
    atEnd: (stdout) => assert.ok([...stdout.matchAll(/^\d+ +7 +\d+ +dd +\d+ +\d+$/gm)].length >= 3, stdout),
  },
  biostacks: {
    needs: [program('losetup')],
    load: () => writeToDisk(4),
    atEnd: (stdout) =>
      assert.match(stdout, /^@usecs\[\n(?: {8}\S+\n)+ {8}entry_SYSCALL_64_after_hwframe\+\d+\n\]:\n\[/m),
  },
  bitesize: {
    needs: [program('losetup')],
    load: () => writeToDisk(4),
    atEnd: (stdout) => assert.ok(histogramTotal(stdout, '@[dd]') >= 4, stdout),
  },
  capable: {
    needs: ['kprobe', program('chroot')],
    load: async (tracer) => {
      const { pid } = await runProgram(['chroot', '/', 'true']);
      await tracer.waitFor(row(`<time> 0 ${pid} chroot 18 CAP_SYS_CHROOT \\d+`));
    },
  },
  cpuwalk: {
    load: computeForAWhile,
    atEnd: (stdout) => assert.ok(histogramTotal(stdout, '@cpu') > 0, stdout),
  },
  dcsnoop: {
    needs: ['kprobe'],
    load: (tracer) =>
      inFolder(async (folder) => {
        const { pid } = await runProgram(['cat', join(folder, 'missing')]);
        await tracer.waitFor(row(`\\d+ ${pid} cat M missing`));
      }),
  },
  execsnoop: {
    load: async (tracer) => {
      const { pid } = await runProgram(['env', 'true', 'two words', '3']);
      await tracer.waitFor(row(`<time> ${pid} ${process.pid} true two words 3`));
    },
  },
  gethostlatency: {
    needs: [program('getent')],
    load: async (tracer) => {
      const { pid } = await runProgram(['getent', 'ahosts', 'localhost']);
      await tracer.waitFor(row(`<time> ${pid} getent \\d+ localhost`));
    },
  },
  killsnoop: {
    load: async (tracer) => {
      const { pid } = await runProgram([
        'sh',
        '-c',
        `kill -0 ${process.pid}; kill -URG 4194303; kill -HUP $$`,
      ]);
      await tracer.waitFor(row(`<time> ${pid} sh N/A ${process.pid} 0`));
      await tracer.waitFor(row(`<time> ${pid} sh SIGURG 4194303 -3`));
      await tracer.waitFor(row(`<time> ${pid} sh SIGHUP ${pid} 0`));
    },
  },
  loads: {
    needs: ['all kernel symbols'],
    load: async (tracer) => {
      const [, shown = ''] = await tracer.waitFor(
        /^\d\d:\d\d:\d\d load averages: (\d+\.\d{3}) \d+\.\d{3} \d+\.\d{3}$/m,
      );
      const [real = ''] = readFileSync('/proc/loadavg', 'utf8').split(' ');
      assert.ok(Math.abs(Number(shown) - Number(real)) < 0.5, `${shown} and ${real}`);
    },
  },
  mdflush: {
    needs: ['kprobe', program('losetup'), program('mdadm')],
    prepare: () => ['md_mod', 'raid1'].forEach(loadModule),
    load: async (tracer) => {
      using disk = new RaidDisk();
      const words = ['if=/dev/zero', `of=${disk.device}`, 'bs=4k', 'count=1', 'conv=fsync'];
      const { pid } = await runProgram(['dd', ...words]);
      await tracer.waitFor(row(`<time> ${pid} dd md7`));
    },
  },
  naptime: {
    load: async (tracer) => {
      const { pid } = await runProgram(['sleep', '0.25']);
      const comm = readFileSync('/proc/self/comm', 'utf8').trim();
      await tracer.waitFor(row(`<time> ${process.pid} ${comm} ${pid} sleep 0.250`));
    },
  },
  oomkill: {
    needs: ['kprobe', 'memory limits'],
    load: async (tracer) => {
      const pid = await exhaustMemory();
      const triggered = `Triggered by PID ${pid} ("sh"), CGROUP \\d+ ("[^"]*"), OOM kill of PID ${pid} ("sh")`;
      await tracer.waitFor(row(`<time> ${triggered}, \\d+ pages, loadavg: \\S+ \\S+ \\S+ \\d+/\\d+ \\d+`));
    },
  },
  opensnoop: {
    load: (tracer) =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, 'there'), '');
        const { pid } = await runProgram(['cat', 'there', 'missing', '/etc/hostname'], { cwd: folder });
        await tracer.waitFor(row(`${pid} cat 3 0 ${folder}/there`));
        await tracer.waitFor(row(`${pid} cat -1 2 ${folder}/missing`));
        await tracer.waitFor(row(`${pid} cat 3 0 /etc/hostname`));
      }),
  },
  pidpersec: {
    load: async (tracer) => {
      await runProgram(['true']);
      await tracer.waitFor(/^\d\d:\d\d:\d\d PIDs\/sec: @: [1-9]\d*$/m);
    },
  },
  runqlat: {
    load: async () => {
      await runProgram(['sleep', '0.05']);
    },
    atEnd: (stdout) => assert.ok(histogramTotal(stdout, '@usecs') > 0, stdout),
  },
  runqlen: {
    unfit: () =>
      isOlderThan(6, 14)
        ? "this kernel's struct cfs_rq has nr_running where newer ones have nr_queued"
        : undefined,
    load: computeForAWhile,
    atEnd: (stdout) => assert.ok(histogramTotal(stdout, '@runqlen') > 0, stdout),
  },
  setuids: {
    needs: [program('setpriv')],
    load: async (tracer) => {
      const simple = await runProgram(['true'], { uid: 65534 });
      await tracer.waitFor(row(`<time> ${simple.pid} \\S+ 0 setuid uid=65534 (0)`));
      const triple = await runProgram(['setpriv', '--reuid=65533', '--clear-groups', 'true']);
      await tracer.waitFor(
        row(`<time> ${triple.pid} setpriv 0 setresuid ruid=65533 euid=65533 suid=65533 (0)`),
      );
    },
  },
  ssllatency: {
    needs: [program('openssl'), { library: 'libssl.so' }, { library: 'libcrypto.so' }],
    load: async () => {
      await secretConversation('one secret');
    },
    // Client and server write once and read once each. Both have ended, so that functions may have become addresses.
    atEnd: (stdout) => {
      const counts = [...stdout.matchAll(/^@stat\[.*\]: \{ \.count = (\d+),/gm)].map(([, count]) =>
        Number(count),
      );
      assert.ok(counts.reduce((sum, count) => sum + count, 0) >= 4, stdout);
    },
  },
  sslsnoop: {
    needs: [program('openssl'), { library: 'libssl.so' }, { library: 'libcrypto.so' }],
    load: async (tracer) => {
      const client = await secretConversation('one secret');
      await tracer.waitFor(row(`\\d+ ${client} openssl \\d+ 11 SSL_write`));
      await tracer.waitFor(row(`\\d+ ${client} openssl \\d+ 11 SSL_read`));
    },
  },
  statsnoop: {
    load: async (tracer) => {
      const fileSystem = await runProgram(['stat', '-f', '/proc']);
      await tracer.waitFor(row(`${fileSystem.pid} stat 0 /proc`));
      const missing = await runProgram(['stat', '/missing/file']);
      await tracer.waitFor(row(`${missing.pid} stat 2 /missing/file`));
    },
  },
  swapin: {
    needs: ['kprobe', program('zramctl'), program('mkswap'), program('gcc')],
    load: async (tracer) => {
      const pid = await readSwappedMemory();
      await tracer.waitFor(new RegExp(`^@\\[program, ${pid}\\]: [1-9]\\d*$`, 'm'));
    },
  },
  syncsnoop: {
    load: (tracer) =>
      inFolder(async (folder) => {
        const file = join(folder, 'file');
        writeFileSync(file, 'x');
        const whole = await runProgram(['sync', file]);
        await tracer.waitFor(row(`<time> ${whole.pid} sync tracepoint:syscalls:sys_enter_fsync`));
        const data = await runProgram(['sync', '-d', file]);
        await tracer.waitFor(row(`<time> ${data.pid} sync tracepoint:syscalls:sys_enter_fdatasync`));
      }),
  },
  syscount: {
    needs: [program('dd')],
    words: ['--', '--sysname'],
    load: async () => {
      await runProgram(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=50000', 'status=none']);
    },
    atEnd: (stdout) => {
      assert.ok(countOf(stdout, '@syscallname[write]') >= 50_000, stdout);
      assert.ok(countOf(stdout, '@syscallname[read]') >= 50_000, stdout);
      const calls = countOf(stdout, '@process[dd]');
      assert.ok(calls >= 100_000 && calls < 100_500, stdout);
    },
  },
  tcpaccept: {
    needs: ['kprobe'],
    load: async (tracer) => {
      const { port, from } = await conversation();
      await tracer.waitFor(row(`<time> ${process.pid} \\S+ 127.0.0.1 ${from} 127.0.0.1 ${port} \\d+/511`));
    },
  },
  tcpconnect: {
    needs: ['kprobe'],
    load: async (tracer) => {
      const { port, from } = await conversation();
      await tracer.waitFor(row(`<time> ${process.pid} \\S+ 127.0.0.1 ${from} 127.0.0.1 ${port}`));
    },
  },
  tcpdrop: {
    needs: [program('unshare'), program('ip'), program('tc'), program('bash')],
    unfit: () => (isOlderThan(5, 17) ? 'this kernel does not say why it drops packets' : undefined),
    load: async (tracer) => {
      const pid = await droppedConnection(9);
      await tracer.waitFor(row(`<time> ${pid} bash 127.0.0.1:\\d+ 127.0.0.1:9 SYN_SENT`));
    },
    atEnd: (stdout) => assert.match(stdout, /SYN_SENT +\n\n(?: +\S+\+\d+\n)+ +tcp_v4_connect\+\d+\n/),
  },
  tcplife: {
    needs: ['kprobe'],
    load: async (tracer) => {
      const { port, from } = await conversation();
      await tracer.waitFor(row(`\\d+ \\S+ 127.0.0.1 ${from} 127.0.0.1 ${port} 0 0 \\d+`));
    },
  },
  tcpretrans: {
    needs: ['kprobe', program('gcc')],
    load: async (tracer) => {
      using server = new CrowdedServer();
      const port = await server.start();
      await tracer.waitFor(row(`<time> \\d+ 127.0.0.1:\\d+ 127.0.0.1:${port} SYN_SENT`));
    },
  },
  tcpsynbl: {
    // The second function is in a module on some kernels.
    needs: ['kprobe'],
    load: async () => {
      await conversation();
    },
    atEnd: (stdout) => assert.ok(histogramTotal(stdout, '@backlog[511]') > 0, stdout),
  },
  threadsnoop: {
    needs: [program('gcc')],
    load: async (tracer) => {
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
      const child = spawn(victim.path, { stdio: ['pipe', 'ignore', 'ignore'] });
      try {
        await tracer.waitFor(row(`<time> ${child.pid} program begin_here`));
      } finally {
        child.stdin.end();
      }
    },
  },
  undump: {
    needs: ['kprobe'],
    // Pipes between Node.js and its children are Unix sockets too: what is printed would be news again.
    toFile: true,
    load: () => inFolder((folder) => sendOnUnixSocket(join(folder, 'socket'), 'hello\x01')),
    atEnd: (stdout) => assert.match(stdout, row(`<time> \\S+ ${process.pid} 6 hello\\\\x01`)),
  },
  vfscount: {
    needs: ['kprobe'],
    load: copyBytes,
    atEnd: (stdout) => assert.ok(countOf(stdout, '@[vfs_write]') >= 1000, stdout),
  },
  vfsstat: {
    needs: ['kprobe'],
    load: async (tracer) => {
      await copyBytes();
      await tracer.waitFor(/^\d\d:\d\d:\d\d\n(?:@\[\w+\]: \d+\n)+/m);
      await tracer.waitFor(/^@\[vfs_write\]: \d{4,}$/m);
    },
  },
  writeback: {
    needs: [program('losetup'), program('mkfs.ext4')],
    load: (tracer) =>
      onOwnDisk(async (folder, device) => {
        writeFileSync(join(folder, 'file'), 'x'.repeat(100_000));
        await runProgram(['sync', '-f', folder]);
        await tracer.waitFor(row(`<time> 7:${numberOf(device)} \\d+ sync \\d+.\\d{3}`));
      }),
  },
  xfsdist: {
    needs: ['kprobe', program('losetup'), program('mkfs.xfs')],
    prepare: () => loadModule('xfs'),
    load: () =>
      onOwnDisk(async (folder) => {
        const words = [`of=${join(folder, 'file')}`, 'bs=4k', 'count=20', 'conv=fsync'];
        await runProgram(['dd', 'if=/dev/zero', ...words]);
      }, 'xfs'),
    atEnd: (stdout) => {
      assert.ok(histogramTotal(stdout, '@us[xfs_file_write_iter]') >= 20, stdout);
      assert.ok(histogramTotal(stdout, '@us[xfs_file_fsync]') >= 1, stdout);
    },
  },
};

/** Why a tool cannot run here; undefined when it can. */
export function obstacleTo({ needs = [], unfit }: UpstreamTool): string | undefined {
  return needs.map(missingNeed).find((reason) => reason !== undefined) ?? unfit?.();
}

/** Runs a tool with its load; its header, its rows and its end have to be right. The result is what it printed. */
export async function runTool(
  path: string,
  tool: UpstreamTool,
  given: readonly string[] = [],
): Promise<string> {
  tool.prepare?.();
  return await inFolder(async (folder) => {
    const file = join(folder, 'output');
    const options = [...given, ...(tool.toFile ? ['-o', file] : [])];
    using tracer = startTetrace([path, ...options, ...(tool.words ?? [])], { timeoutMs: 120_000 });
    const result = await whileAttached(tracer, tool);
    assert.equal(result.code, 0, result.stderr);
    assert.doesNotMatch(result.stderr, /ERROR/);
    const stdout = tool.toFile ? readFileSync(file, 'latin1') : result.stdout;
    const printed = stdout.replace(/\s+/g, ' ');
    for (const text of headerOf(readFileSync(path, 'utf8'))) {
      assert.ok(printed.includes(text), `${text}\n${printed}`);
    }
    tool.atEnd?.(stdout);
    return stdout;
  });
}

/** A tool none of whose functions exist here ends by itself, when it says that they may be missing. */
async function whileAttached(tracer: RunningTetrace, tool: UpstreamTool): Promise<RunResult> {
  const attached = waitForAttached(tracer).then(() => undefined);
  const early = await Promise.race([attached, tracer.ended]);
  if (early !== undefined) return early;
  if (tool.load !== undefined) await tool.load(tracer);
  else if (tracer.child.exitCode !== null) return tracer.ended;
  return interrupt(tracer);
}

/**
 * The texts that a script's first printf shows: its format when that holds no conversions, else its literal arguments.
 *
 * So the headers that are looked for come from the checkout, and none of its text stands here.
 */
function headerOf(script: string): string[] {
  const [, format = '', rest = ''] =
    /^BEGIN\s*\{[\s\S]*?printf\("((?:[^"\\]|\\.)*)"((?:[^;"]|"(?:[^"\\]|\\.)*")*)\);/m.exec(script) ?? [];
  const texts = format.includes('%')
    ? [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text)
    : [format];
  return texts.map((text) => text.replaceAll('\\n', ' ').trim()).filter((text) => text !== '');
}

async function writeToDisk(blocks: number): Promise<void> {
  using disk = new LoopDisk();
  await runProgram(writeDirectly(disk.device, blocks));
}

async function computeForAWhile(): Promise<void> {
  await runProgram(['sh', '-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done']);
}

async function copyBytes(): Promise<void> {
  await runProgram(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=3000', 'status=none']);
}

function isOlderThan(major: number, minor: number): boolean {
  const [ourMajor = 0, ourMinor = 0] = release().split('.').map(Number);
  return ourMajor < major || (ourMajor === major && ourMinor < minor);
}
