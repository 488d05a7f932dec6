import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTetrace } from '../support/run-tetrace.ts';

const script = `
begin { @started = 1; @name = comm; printf("%d %s %s\\n", pid, comm, strftime("%H:%M:%S.%f", nsecs)); }
tracepoint:syscalls:sys_enter_openat { @opened[str(args.filename)] = count(); @at = hist(nsecs % 1000); @calls++; }
interval:ms:100 { print(@opened); clear(@opened); @ticks++; if (@ticks >= 3 && @calls > 0) { exit(3) } }
end { printf("%u %d\\n", rand % 100, nsecs % 7); }
`;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-record-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a recorded run of the embedded machine is replayed byte for byte', async () => {
  await inFolder(async (folder) => {
    const [path, output, again] = ['run.rec', 'first', 'second'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const recorded = await runTetrace([
      '--backend',
      'embedded',
      '-o',
      output,
      '--record',
      path,
      '-e',
      script,
      '-c',
      'sleep 60',
    ]);
    assert.equal(recorded.code, 3, recorded.stderr);
    for (const named of [[], ['-e', script]]) {
      const replayed = await runTetrace(['--replay', path, '-o', again, ...named]);
      assert.deepEqual(
        { code: replayed.code, stderr: replayed.stderr },
        // What the command's shell says of its end is not the tracer's.
        { code: 3, stderr: recorded.stderr.replace('Terminated\n', '') },
      );
      assert.equal(readFileSync(again, 'latin1'), readFileSync(output, 'latin1'));
    }
    assert.match(readFileSync(output, 'latin1'), /@at:/);
    const bytes = readFileSync(path);
    // What the progs were told is there as well.
    for (const kind of ['"kind":"event"', '"call":"task"', '"call":"read"'])
      assert.ok(bytes.includes(kind), kind);
  });
});

test('another script runs on the events of a recording', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'run.rec');
    const opens = 'tracepoint:syscalls:sys_enter_openat { printf("%s\\n", str(args.filename)); }';
    const command = 'cat /missing/file';
    const recorded = await runTetrace([
      '--backend',
      'embedded',
      '--record',
      path,
      '-e',
      opens,
      '-c',
      command,
    ]);
    assert.match(recorded.stdout, /^\/missing\/file$/m, recorded.stderr);
    const replay = (script: string) => runTetrace(['--replay', path, '-e', script]);

    // Arguments, task, time and parts of what was read; several blocks on one probe see one event.
    const other = await replay(`
      begin { @start = nsecs; }
      tracepoint:syscalls:sys_enter_openat /str(args.filename, 9) == "/missing"/ {
        printf("%s %d %d %d\\n", str(args.filename, 14), args.flags, pid == cpid, nsecs >= @start);
      }
      tracepoint:syscalls:sys_enter_openat { @[comm] = count(); @names[str(args.filename)] = count(); }
      interval:us:100 { @ticks++; }
      end { clear(@start); if (@ticks > 0) { printf("ticked\\n"); } clear(@ticks); }`);
    assert.equal(other.code, 0, other.stderr);
    assert.match(other.stdout, /^\/missing\/file 0 1 1$/m);
    assert.match(other.stdout, /^ticked$/m);
    const events = recorded.stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('/')).length;
    assert.match(other.stdout, new RegExp(`^@\\[cat\\]: ${events}$`, 'm'));
    assert.match(other.stdout, /^@names\[\/missing\/file\]: 1$/m);

    // The same progs ask the same questions, so they come to the same: only the text of the script is another.
    const same = await replay(`${opens} /* another script */`);
    assert.equal(same.stdout, recorded.stdout);

    const stopped = await replay(
      'tracepoint:syscalls:sys_enter_openat { printf("%d\\n", args.mode); @[kstack] = count(); }',
    );
    assert.deepEqual({ code: stopped.code, stdout: stopped.stdout }, { code: 255, stdout: '0\n' });
    assert.match(
      stopped.stderr,
      /ERROR: stdin:1:\d+-\d+: prog \S+ asks for the kernel stack, which was not recorded for tracepoint:syscalls:sys_enter_openat \(.*\), for "kstack"/,
    );
    assert.match(
      (await replay('tracepoint:syscalls:sys_enter_read { @ = count(); }')).stderr,
      /No matches for tracepoint syscalls:sys_enter_read.*the recording holds events of tracepoint:syscalls:sys_enter_openat/s,
    );
    assert.match(
      (await replay('profile:hz:9 { @ = count(); }')).stderr,
      /the recording holds no events of profile:hz:9/,
    );
    assert.match(
      (await runTetrace(['--replay', path, '--unsafe', '-e', 'begin { system("touch x") }'])).stderr,
      /runs a command with system\(\): touch x, and the recording is all there is/,
    );
  });
});

test('recordings that cannot be replayed are refused with a reason', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'run.rec');
    const recorded = await runTetrace([
      '--backend',
      'embedded',
      '--record',
      path,
      '-e',
      'begin { print(1); exit() }',
    ]);
    assert.equal(recorded.code, 0, recorded.stderr);
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runTetrace(args);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
      return stderr;
    };
    assert.match(await refused('--replay', join(folder, 'none')), /No such file or directory/);
    assert.match(await refused('--replay', path, '--record', path), /Cannot use both --record and --replay/);
    const bytes = readFileSync(path);
    const other = join(folder, 'other');
    writeFileSync(other, bytes.subarray(0, bytes.length - 5));
    assert.match(await refused('--replay', other), /promises 8 bytes, and only 3 are left/);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(other, bytes);
    assert.match(await refused('--replay', other), /ERROR: Cannot replay/);
    assert.match(
      await refused('--record', folder, '--backend', 'embedded', '-e', 'begin { }'),
      /Failed to open recording/,
    );
  });
});

test('a recording is for its owner alone, also where a file for all was before', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'run.rec');
    writeFileSync(path, 'before');
    chmodSync(path, 0o666);
    const { code, stderr } = await runTetrace([
      '--backend',
      'embedded',
      '--record',
      path,
      '-e',
      'begin { exit(); }',
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});
