/**
 * Recordings of the kernel hold the events: the same script, compiled anew for the embedded machine and run on them, comes to the same results.
 * That is a test of the machine and of the notes at once.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inFolder } from '../support/loads.ts';
import { missingNeed, type Need } from '../support/needs.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

interface RecordedScript {
  readonly script: string;
  readonly needs?: readonly Need[];
  readonly options?: readonly string[];
}

/**
 * Scripts about one process that print nothing before their end, or only from events: what user space does when is no event, and records of two
 * CPUs may stand in another order than the events they come from. Keys have at most 512 bytes, as kernels before 5.16 want it.
 */
const scripts: Readonly<Record<string, RecordedScript>> = {
  texts: {
    script: `tracepoint:syscalls:sys_enter_openat /pid == cpid/ {
        printf("%s %d %s %s\\n", comm, pid == cpid, str(args.filename), str(args.filename, 4));
        @[comm, str(args.filename, 400)] = count();
      }
      tracepoint:syscalls:sys_enter_execve /pid == cpid/ { join(args.argv); @argv[str(args.argv[0], 400)] = count(); }
      tracepoint:sched:sched_process_exec /pid == cpid/ { printf("%s %d\\n", str(args.filename), args.pid - cpid); }`,
  },
  numbers: {
    script: `tracepoint:raw_syscalls:sys_enter /pid == cpid/ {
        @id[args.id] = count(); @sum = sum(args.args[1]); @h = hist(args.args[2]); @last = nsecs; @r[rand % 4] = count();
        @who[uid, gid, tid, cpu, cgroup] = count();
      }
      tracepoint:raw_syscalls:sys_exit /pid == cpid/ { @ret = stats(args.ret); @bad[args.ret < 0] = lhist(args.ret, 0, 100, 10); }
      tracepoint:raw_syscalls:sys_exit /pid == cpid/ { @second = count(); }`,
  },
  'kernel types': {
    script: `tracepoint:syscalls:sys_enter_openat /pid == cpid/ {
        @[curtask.comm, curtask.real_parent.comm, curtask.group_leader.pid == cpid] = count();
        @exe[str(curtask.mm.exe_file.f_path.dentry.d_name.name, 64)] = count();
      }`,
  },
  stacks: {
    script: `tracepoint:syscalls:sys_enter_read /pid == cpid/ { @k[kstack(50)] = count(); @k3[kstack(3)] = count(); @u[ustack(4)] = count(); }`,
  },
  'user functions': {
    script: `uprobe:libc:setlocale { printf("%d <%s>\\n", arg0, str(arg1)); @[comm, reg("ip") != 0] = count(); }
      uretprobe:libc:setlocale { @done[retval != 0] = count(); }`,
  },
  samples: {
    script: `software:page-faults:1 /pid == cpid/ { @ip[reg("ip")] = count(); @n = count(); @t = max(nsecs); }`,
  },
  'typed arguments': {
    script: `rawtracepoint:sched_switch /pid == cpid/ {
        @[args.prev.comm, args.next.comm, args.prev.real_parent.comm] = count(); @p[args.preempt, args.prev.pid == pid] = count();
      }
      rawtracepoint:sys_enter /pid == cpid/ { @id[args.id] = count(); @regs = sum(args.regs.di); }`,
  },
  'functions by their types': {
    script: `fentry:vfs_read /pid == cpid/ {
        @start[tid] = nsecs; @asked = hist(args.count); @name[str(args.file.f_path.dentry.d_name.name, 64)] = count(); @[probe] = count();
      }
      fexit:vfs_read /@start[tid]/ { @got = hist(retval); @same = sum(args.count); delete(@start, tid); }`,
    needs: ['fentry'],
  },
  'kernel functions': {
    script: `kprobe:vfs_read /pid == cpid/ { @start[tid] = nsecs; @asked = hist(arg2); @[func] = count(); }
      kretprobe:vfs_read /@start[tid]/ { @ns = hist(nsecs - @start[tid]); @got = hist(retval); delete(@start, tid); }`,
    needs: ['kprobe'],
  },
  'kernel functions through trampolines': {
    script: `kprobe:vfs_read /pid == cpid/ { @at[kstack(50)] = count(); @near[kstack(2)] = count(); @self[kstack(1)] = count(); }
      kretprobe:vfs_read /pid == cpid/ { @from[kstack(50)] = count(); @caller[kstack(1)] = count(); }`,
    needs: ['fentry'],
    options: ['--no-feature', 'kprobe'],
  },
};

const load = `#!/bin/sh
for i in 1 2 3 4 5; do ls /etc > /dev/null; cat /etc/hostname /missing 2> /dev/null; done
exec cat /etc/passwd /etc/group
`;

describe('a recording of the kernel, run again', () => {
  for (const [name, { script, needs = [], options = [] }] of Object.entries(scripts)) {
    test(name, async (t) => {
      if (!requireRoot(t)) return;
      for (const need of needs) {
        const missing = missingNeed(need);
        if (!skipUnless(t, missing === undefined, missing ?? '')) return;
      }
      await inFolder(async (folder) => {
        const [recording, output, again, command] = ['rec', 'first', 'second', 'load.sh'].map((file) =>
          join(folder, file),
        ) as [string, string, string, string];
        writeFileSync(command, load, { mode: 0o755 });
        const recorded = await runTetrace(
          ['--no-warnings', ...options, '--record', recording, '-o', output, '-c', command, '-e', script],
          { timeoutMs: 120_000 },
        );
        assert.equal(recorded.code, 0, recorded.stderr);
        const other = `${script} /* another script */`;
        const rerun = await runTetrace(['--no-warnings', '--replay', recording, '-o', again, '-e', other]);
        assert.deepEqual({ code: rerun.code, stderr: rerun.stderr }, { code: 0, stderr: recorded.stderr });
        assert.equal(readFileSync(again, 'latin1'), readFileSync(output, 'latin1'));
        assert.notEqual(readFileSync(output, 'latin1').trim(), '');
      });
    });
  }

  test('has texts of tracepoints whole, and misses no event of a busy process', async (t) => {
    if (!requireRoot(t)) return;
    await inFolder(async (folder) => {
      const [recording, command] = [join(folder, 'rec'), join(folder, 'load.sh')];
      const deep = join(folder, ...['a', 'b', 'c', 'd'].map((name) => name.repeat(200)));
      mkdirSync(deep, { recursive: true });
      copyFileSync('/bin/true', join(deep, 'true'));
      writeFileSync(
        command,
        `#!/bin/sh\n${deep}/true\nexec dd if=/dev/zero of=/dev/null bs=1 count=30000 2> /dev/null\n`,
        { mode: 0o755 },
      );
      const calls = 'tracepoint:raw_syscalls:sys_enter /comm == "dd"/ { @ = count(); }';
      const execs = 'tracepoint:sched:sched_process_exec { @name = (int64)args.pid; }';
      const recorded = await runTetrace(
        ['-q', '--record', recording, '-c', command, '-e', `${calls} ${execs}`],
        { timeoutMs: 300_000 },
      );
      assert.equal(recorded.code, 0, recorded.stderr);
      const other = `config = { max_strlen = 1000 } ${calls}
        tracepoint:sched:sched_process_exec /args.pid == pid && comm == "true"/ { printf("%s\\n", str(args.filename)); }`;
      const rerun = await runTetrace(['-q', '--replay', recording, '-e', other], { timeoutMs: 300_000 });
      assert.equal(rerun.stderr, '');
      assert.ok(rerun.stdout.startsWith(`${deep}/true\n`), rerun.stdout);
      const counted = /^@: \d+$/m;
      assert.equal(counted.exec(rerun.stdout)?.[0], counted.exec(recorded.stdout)?.[0]);
    });
  });

  test('says what it cannot tell', async (t) => {
    if (!requireRoot(t)) return;
    await inFolder(async (folder) => {
      const recording = join(folder, 'rec');
      const script = 'tracepoint:syscalls:sys_enter_openat { @ = count(); }';
      const recorded = await runTetrace(['--record', recording, '-e', script, '-c', 'cat /etc/hostname']);
      assert.equal(recorded.code, 0, recorded.stderr);
      const { code, stdout, stderr } = await runTetrace([
        '--replay',
        recording,
        '-e',
        'tracepoint:syscalls:sys_enter_openat { printf("%d\\n", args.flags & 0); printf("%s\\n", str(args.filename)); }',
      ]);
      assert.deepEqual({ code, stdout }, { code: 255, stdout: '0\n' });
      assert.match(
        stderr,
        /reads 1024 bytes of the process's memory at 0x[0-9a-f]+, which was not recorded for tracepoint:syscalls:sys_enter_openat .*for "str\(args\.filename\)"/,
      );
    });
  });
});
