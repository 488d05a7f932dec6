import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requireRoot } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

/** Scripts that together ask for everything that a recording has to hold. */
const scripts: Readonly<Record<string, string>> = {
  maps: 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); @h = hist(args.id); @s = stats(args.id) } interval:ms:200 { print(@); clear(@); @n++; if (@n == 3) { exit() } }',
  symbols:
    'profile:hz:99 { @[kstack(3)] = count(); printf("%s\\n", ksym(kaddr("do_nanosleep"))) } interval:ms:500 { exit() }',
  time: 'begin { time("%H:%M:%S\\n"); printf("%s\\n", strftime("%H:%M:%S.%f", nsecs)); } interval:ms:200 { exit() }',
  outside:
    'begin { system("echo $$; date +%N"); cat("/proc/sys/kernel/random/uuid"); printf("%s %s\\n", username, comm); exit(7) }',
  errors: 'begin { @a[1] = 1; delete(@a, 2); print(@a[3]); $z = (uint64)pid - pid; print(1 / $z); exit() }',
};

describe('a recorded run of the kernel', () => {
  for (const [name, script] of Object.entries(scripts)) {
    it(`is replayed byte for byte: ${name}`, async (t) => {
      if (!requireRoot(t)) return;
      const folder = mkdtempSync(join(tmpdir(), 'tetrace-record-'));
      try {
        const path = join(folder, 'run.rec');
        const recorded = await runTetrace(['--unsafe', '--record', path, '-e', script]);
        assert.notEqual(recorded.stdout, '', recorded.stderr);
        const replayed = await runTetrace(['--replay', path]);
        assert.equal(replayed.stdout, recorded.stdout);
        assert.equal(replayed.code, recorded.code);
        // What the compiler said of the script is no part of the run.
        assert.ok(recorded.stderr.endsWith(replayed.stderr) && replayed.stderr !== '', replayed.stderr);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
