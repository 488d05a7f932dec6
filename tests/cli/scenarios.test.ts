/** Scripts run on scenarios; what docs/scenarios.md shows is true. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type DocBlock, docBlocks } from '../support/doc-blocks.ts';
import { projectRoot } from '../support/paths.ts';
import { type RunResult, runTetrace } from '../support/run-tetrace.ts';

const page = docBlocks(readFileSync(join(projectRoot, 'docs', 'scenarios.md'), 'utf8'));
const examples = page.flatMap((block, index): { scenario: DocBlock; script: string; output: string }[] => {
  const [script, output] = page.slice(index + 1);
  if (block.language !== 'scenario' || script?.language !== 'script' || output?.language !== 'output')
    return [];
  return [{ scenario: block, script: script.text, output: output.text }];
});

async function runOn(scenario: string, script: string, ...options: string[]): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-scenario-'));
  try {
    const path = join(folder, 'x.scenario');
    writeFileSync(path, scenario);
    const result = await runTetrace(['-q', ...options, '--scenario', path, '-e', script]);
    return { ...result, stderr: result.stderr.replaceAll(path, 'x.scenario') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a pattern gets the events of all the places that it stands on', async () => {
  const scenario = `task cat pid 100
1ms cat kprobe:vfs_read arg0=1
2ms cat kprobe:vfs_write arg0=2
3ms cat kretprobe:vfs_read retval=7
4ms cat uprobe:/bin/x:foo arg0=4
5ms cat uprobe:/bin/x:bar arg0=5
6ms end
`;
  const script = `kprobe:vfs_* { printf("%s %d\\n", func, arg0); } kprobe:vfs_read { printf("alone %d\\n", arg0); }
kretprobe:vfs_* { printf("%d\\n", retval); } uprobe:/bin/x:f* { printf("user %d\\n", arg0); }`;
  const { stdout, stderr, code } = await runOn(scenario, script);
  assert.deepEqual(stdout.trimEnd().split('\n'), ['alone 1', 'vfs_read 1', 'vfs_write 2', '7', 'user 4']);
  assert.deepEqual({ stderr, code }, { stderr: '', code: 0 });
});

test('a pattern gets the events of its own offset, with the module or without', async () => {
  const scenario = `task cat pid 100
1ms cat kprobe:vfs_read arg0=1
2ms cat kprobe:vfs_read+4 arg0=2
3ms cat kprobe:vmlinux:vfs_read arg0=3
4ms cat uprobe:/bin/x:foo arg0=4
5ms end
`;
  const script = `kprobe:vfs_r*+4 { printf("behind %d\\n", arg0); } kprobe:vmlinux:vfs_r* { printf("entry %d\\n", arg0); }
uprobe:/bin/x:f*+4 { printf("user\\n"); }`;
  const { stdout, stderr, code } = await runOn(scenario, script, '--unsafe');
  assert.deepEqual(stdout.trimEnd().split('\n'), ['entry 1', 'behind 2', 'entry 3']);
  assert.deepEqual({ stderr, code }, { stderr: '', code: 0 });
});

describe('docs/scenarios.md', () => {
  test('has examples', () => assert.equal(examples.length, 2));
  for (const { scenario, script, output } of examples) {
    test(`line ${scenario.line}`, async () => {
      const result = await runOn(scenario.text, script);
      assert.equal(result.stderr, '');
      assert.equal(result.stdout.trimEnd(), output.trimEnd());
      assert.equal(result.code, 0);
    });
  }
});

const every = `
wall 2024-02-29T12:00:00Z
user 1000 alice
tracer pid 77 comm "watcher"
task cat   pid 100 uid 1000 gid 5 cgroup 9
task other pid 200 tid 201 comm "a thread" ppid 100
tracepoint my:event const char *name, __data_loc char[] text, unsigned long list[3], u8 small
0.5s other tracepoint:syscalls:sys_enter_execve filename="/bin/ls" argv=["ls", "-l", 0]
+1ms cat tracepoint:my:event name="in the kernel" text="dynamic" list=[1,2,0xffffffffffffffff] small=255
+1ms cat uprobe:/bin/bash:readline arg0="$ " ustack=[readline, main+4]
+1ms cat usdt:/bin/x:app:start arg0=5 arg1="five"
+1ms cat tracepoint:raw_syscalls:sys_enter id=openat
+1ms cat profile:hz:99 kstack=[idle]
`;

test('events of every kind carry what they are given', async () => {
  const { stdout, stderr, code } = await runOn(
    every,
    `begin { printf("%s %d %s\\n", comm, pid, strftime("%H:%M:%S", nsecs)); }
     tracepoint:syscalls:sys_enter_execve { printf("%s %d/%d under %d: ", comm, pid, tid, curtask.parent.pid); join(args.argv); }
     tracepoint:my:event { printf("%s|%s|%d|%d|%d\\n", str(args.name), str(args.text), args.list[1], args.list[2], args.small); }
     uprobe:/bin/bash:readline { printf("%s%s%s\\n", username, str(arg0), ustack); }
     usdt:/bin/x:app:start { printf("%d %s %s\\n", arg0, str(arg1), probe); }
     tracepoint:raw_syscalls:sys_enter { printf("%s %d %d\\n", syscall_name(args.id), cgroup, gid); }
     profile:hz:99 { printf("%s\\n", kstack); exit(3); }`,
  );
  assert.equal(stderr, '');
  assert.deepEqual(
    stdout
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
    [
      `watcher 77 ${new Date(Date.UTC(2024, 1, 29, 12)).toTimeString().slice(0, 8)}`,
      'a thread 200/201 under 100: ls -l',
      'in the kernel|dynamic|2|-1|255',
      'alice$',
      'readline+0',
      'main+4',
      '5 five usdt:/bin/x:app:start',
      'openat 9 5',
      'idle+0',
    ],
  );
  assert.equal(code, 3);
});

test('what cannot be done is said', async () => {
  const one = 'task a pid 1\n1s a kprobe:f\n';
  const told = async (scenario: string, script: string, ...options: string[]): Promise<string> => {
    const { code, stderr } = await runOn(scenario, script, ...options);
    assert.notEqual(code, 0);
    return stderr;
  };
  assert.match(
    await told('task a pid 1\n1s b kprobe:f\n', 'begin { }'),
    /^ERROR: x\.scenario:2: there is no task b, only a/,
  );
  assert.match(await told(one, 'kprobe:g { }'), /kprobe:g.*HINT: the scenario holds events of kprobe:f/s);
  assert.match(
    await told(one, 'kprobe:f { system("ls") }', '--unsafe'),
    /the script runs a command with system\(\): ls/,
  );
  assert.match(await told(one, 'begin { }', '-c', 'ls'), /Cannot use both --scenario and -c/);
  assert.match(
    (await runTetrace(['--scenario', '/missing', '-e', 'begin { }'])).stderr,
    /failed to open scenario '\/missing': No such file/,
  );
});
